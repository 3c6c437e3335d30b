/**
 * Keys of what is looked for: people, events and groups.
 *
 * @module
 */

import { isPubkey } from "./pubkeys.ts";

/**
 * The key of an event (by its id) or of a group (by its id, NIP-29). The key of a
 * person is the pubkey itself.
 */
export function subjectKey(lane: "id" | "group", id: string): string {
  return `${lane}:${id}`;
}

/**
 * Whether something can be what a hint is about: a pubkey, or the key of an event or of a
 * group, whose id has 1 to 100 characters and is text that a database can hold.
 */
export function isSubjectKey(value: unknown): value is string {
  if (typeof value !== "string") return false;
  if (value.startsWith("group:")) return /^group:[^\0]{1,100}$/.test(value) && value.isWellFormed();
  return isPubkey(isEventKey(value) ? value.slice(3) : value);
}

/** Whether a key is that of an event. */
export function isEventKey(key: string): boolean {
  return key.startsWith("id:");
}
