/**
 * Events with made-up signatures, for code that does not verify them.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { START } from "../../testing/test_clock.ts";

/** Authors: as many as any test needs. */
export const AUTHORS: readonly string[] = Array.from({ length: 40 }, (_, i) => hex(i + 1));

let count = 0;

/** A new event: a note by the first author at {@link START}, unless the draft says otherwise. */
export function note(draft: Partial<NostrEvent> = {}): NostrEvent {
  return {
    id: hex(++count),
    pubkey: AUTHORS[0],
    created_at: START,
    kind: 1,
    tags: [],
    content: "",
    sig: "0".repeat(128),
    ...draft,
  };
}

/** As many notes as `length` says, each a second older than the one before. */
export function notes(length: number, draft: Partial<NostrEvent> = {}): NostrEvent[] {
  const { created_at = START } = draft;
  return Array.from({ length }, (_, i) => note({ ...draft, created_at: created_at - i }));
}

/** A number as 64 hex digits. */
function hex(number: number): string {
  return number.toString(16).padStart(64, "0");
}
