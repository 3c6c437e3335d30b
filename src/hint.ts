/**
 * Hints: something that was seen says of a relay that somebody, an event or a group
 * may be there.
 *
 * @module
 */

import { isPubkey } from "./pubkeys.ts";
import type { HintSource } from "./types.ts";

/** One hint, as it was seen. */
export interface Hint {
  /** What it is about: a pubkey, or a key made by {@link hintKey}. */
  readonly about: string;
  /** The relay, as it was seen: no policy has looked at it. */
  readonly url: string;
  /** Where it comes from. */
  readonly source: HintSource;
  /** The author of the event that it is about, where that is known. */
  readonly author?: string;
}

/** A source of hints: how one kind of thing that is seen is read for them. */
export interface HintReader<Seen> {
  /** The source of each hint that it gives. */
  readonly source: HintSource;
  /**
   * The hints in what was seen. Strangers wrote it: whatever it holds, nothing is
   * thrown, the time is linear in its length, and hints are distinct and few (at most 8
   * about each person, event and group). URLs have 1 to 256 characters.
   */
  readonly read: (seen: Seen) => Hint[];
}

/**
 * The key of an event (by its id) or of a group (by its id, NIP-29). The key of a
 * person is the pubkey itself.
 */
export function hintKey(lane: "id" | "group", id: string): string {
  return `${lane}:${id}`;
}

/**
 * Whether something can be what a hint is about: a pubkey, or the key of an event or of a
 * group, whose id has 1 to 100 characters and is text that a database can hold.
 */
export function isHintKey(value: unknown): value is string {
  if (typeof value !== "string") return false;
  if (value.startsWith("group:")) return /^group:[^\0]{1,100}$/.test(value) && value.isWellFormed();
  return isPubkey(isEventKey(value) ? value.slice(3) : value);
}

/** Whether a key is that of an event. */
export function isEventKey(key: string): boolean {
  return key.startsWith("id:");
}
