/**
 * The notes by which other processes, or tabs, hear of lists that were stored. Pure.
 *
 * @module
 */

import { DELETION_KIND, LIST_KINDS, VANISH_KIND } from "../nostr/kinds.ts";
import type { PreparedEvent } from "./prepared_event.ts";

/** Whose lists may have changed, by a kind that is stored. */
const NOTED_KINDS: ReadonlySet<number> = new Set([...LIST_KINDS, DELETION_KIND, VANISH_KIND]);

/** The records of the topic `stored` for events that were stored. */
export function storedNotes(events: readonly PreparedEvent[]): ReadonlyMap<string, string> {
  return new Map(
    events.filter(({ row }) => NOTED_KINDS.has(row.kind))
      .map(({ row }) => [`${row.kind}:${row.pubkey}`, `${row.created_at}`]),
  );
}
