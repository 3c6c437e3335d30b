/**
 * Brings events into the form in which IndexedDB keeps them. Pure.
 *
 * @module
 */

import { isAddressableKind } from "nostr-tools/kinds";
import { deletionTargets } from "../nostr/deletion_targets.ts";
import { DELETION_KIND, LIST_KINDS, VANISH_KIND } from "../nostr/kinds.ts";
import type { IdbEvent, Mark } from "./idb_schema.ts";
import type { PreparedEvent } from "./prepared_event.ts";

/** Kinds that go last when there are too many events: profiles, follows, lists, deletions. */
const LASTING_KINDS: ReadonlySet<number> = new Set([
  0,
  3,
  ...LIST_KINDS,
  DELETION_KIND,
  VANISH_KIND,
]);

/** The row of an event. */
export function idbEvent({ event, row, address, tags }: PreparedEvent): IdbEvent {
  const { id, kind, pubkey, content, created_at, sig } = event;
  const age = -created_at;
  const marks = marksOf(event);
  return {
    // Without what else the object may carry, such as a mark that it is verified.
    event: { id, kind, pubkey, content, created_at, tags: JSON.parse(row.tags), sig },
    age,
    rank: LASTING_KINDS.has(kind) ? 0 : 1,
    ...isAddressableKind(kind) ? { address } : {},
    tags: tags.map(([name, value]) => [name, value, age]),
    ...marks.length > 0 ? { marks } : {},
  };
}

/** What an event says about others of its author. */
function marksOf({ kind, pubkey, created_at, tags }: PreparedEvent["event"]): Mark[] {
  if (kind === VANISH_KIND) return [[pubkey, "v", created_at]];
  if (kind !== DELETION_KIND) return [];
  const { ids, addresses } = deletionTargets({ pubkey, tags });
  return [
    ...ids.map((id) => [pubkey, "e", id] as const),
    ...addresses.map(({ kind, d }) => [pubkey, "a", `${kind}:${pubkey}:${d}`, created_at] as const),
  ];
}
