/**
 * Finds out which lists a deletion request (NIP-09) or a request to vanish (NIP-62) deletes.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { deletionTargets } from "../nostr/deletion_targets.ts";
import { DELETION_KIND, LIST_KINDS, VANISH_KIND } from "../nostr/kinds.ts";

/** Filters for whatever may have deleted any of these lists; there must be at least one. */
export function deletionFilters(lists: readonly NostrEvent[]): NostrFilter[] {
  const authors = [...new Set(lists.map(({ pubkey }) => pubkey))];
  const since = lists.reduce((least, list) => Math.min(least, list.created_at), Infinity);
  return [
    { kinds: [DELETION_KIND], authors, "#a": [...new Set(lists.map(addressOf))], since },
    { kinds: [DELETION_KIND], authors, "#e": [...new Set(lists.map(({ id }) => id))] },
    { kinds: [VANISH_KIND], authors, since },
  ];
}

/**
 * Indexes deletion requests and requests to vanish; other events among them are ignored.
 *
 * @returns Finds the event that deletes a list. It must be by the list's author, and names
 * the list by its id, or is not older than the list and names its address or all events.
 */
export function indexDeletions(
  deletions: readonly NostrEvent[],
): (list: NostrEvent) => NostrEvent | undefined {
  const byId = new Map<string, NostrEvent>();
  /** The latest that deletes all versions of an address, or of an author, up to its own time. */
  const byScope = new Map<string, NostrEvent>();
  const addScope = (scope: string, deletion: NostrEvent) => {
    const latest = byScope.get(scope);
    if (!latest || latest.created_at < deletion.created_at) byScope.set(scope, deletion);
  };
  for (const deletion of deletions) {
    const { kind, pubkey } = deletion;
    if (kind === VANISH_KIND) addScope(pubkey, deletion);
    if (kind !== DELETION_KIND) continue;
    const { ids, addresses } = deletionTargets(deletion);
    for (const id of ids) byId.set(`${id} ${pubkey}`, deletion);
    for (const address of addresses) addScope(addressOf(address), deletion);
  }
  return (list) => {
    const named = byId.get(`${list.id} ${list.pubkey}`);
    if (named) return named;
    return [byScope.get(list.pubkey), byScope.get(addressOf(list))]
      .find((deletion) => deletion && list.created_at <= deletion.created_at);
  };
}

/** Filters for the lists that an event deletes; empty if it deletes none. */
export function deletedListFilters(event: NostrEvent): NostrFilter[] {
  const { kind, pubkey, created_at: until } = event;
  const authors = [pubkey];
  if (kind === VANISH_KIND) return [{ kinds: [...LIST_KINDS], authors, until }];
  if (kind !== DELETION_KIND) return [];
  const { ids, addresses } = deletionTargets(event);
  const kinds = LIST_KINDS.filter((kind) => addresses.some((address) => address.kind === kind));
  return [
    ...ids.length > 0 ? [{ kinds: [...LIST_KINDS], authors, ids: [...ids] }] : [],
    ...kinds.length > 0 ? [{ kinds, authors, until }] : [],
  ];
}

/** The address of a replaceable event: `kind:pubkey:`. */
function addressOf({ kind, pubkey }: Pick<NostrEvent, "kind" | "pubkey">): string {
  return `${kind}:${pubkey}:`;
}
