/**
 * What an event takes out of the queue: older versions, and what it deletes. Pure.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isAddressableKind, isReplaceableKind } from "nostr-tools/kinds";
import { deletionTargets } from "../nostr/deletion_targets.ts";
import { DELETION_KIND, VANISH_KIND } from "../nostr/kinds.ts";
import { placeText, vanishesFrom } from "../nostr/vanish_requests.ts";

/** What all versions of a replaceable event share; `undefined` for other events. */
export function addressOf({ kind, pubkey, tags }: NostrEvent): string | undefined {
  if (isReplaceableKind(kind)) return `${kind}:${pubkey}:`;
  if (!isAddressableKind(kind)) return undefined;
  const [, name = ""] = tags.find(([tag]) => tag === "d") ?? [];
  return `${kind}:${pubkey}:${name}`;
}

/** Where a deletion takes effect, if `deletion` concerns `event` (NIP-09, NIP-62). */
export function deletedAt(
  deletion: NostrEvent,
  event: NostrEvent,
): ((url: string) => boolean) | undefined {
  if (deletion.pubkey !== event.pubkey || deletion.id === event.id) return undefined;
  if (deletion.kind === VANISH_KIND) {
    if (event.kind === VANISH_KIND || event.created_at > deletion.created_at) return undefined;
    return (url) => vanishesFrom(deletion, [placeText(url)]);
  }
  // A deletion of a deletion has no effect (NIP-09).
  if (deletion.kind !== DELETION_KIND) return undefined;
  if (event.kind === DELETION_KIND || event.kind === VANISH_KIND) return undefined;
  return isDeleted(deletion, event) ? () => true : undefined;
}

function isDeleted(deletion: NostrEvent, event: NostrEvent): boolean {
  const { ids, addresses } = deletionTargets(deletion);
  if (ids.includes(event.id)) return true;
  if (event.created_at > deletion.created_at) return false;
  const address = addressOf(event);
  return addresses.some(({ kind, pubkey, d }) => `${kind}:${pubkey}:${d}` === address);
}
