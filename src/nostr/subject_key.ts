/**
 * Keys of subjects: one map holds what is known about people, events and groups.
 *
 * @module
 */

import { isPubkey } from "./pubkeys.ts";

/**
 * The key of an event or of a group (NIP-29), by its id. The key of a person is the pubkey.
 */
export function subjectKey(role: "id" | "group", id: string): string {
  return `${role}:${id}`;
}

/**
 * Whether a value is the key of a subject: a pubkey, or the key of an event or of a group. The
 * id of a group has 1 to 100 characters, and is text that a database can hold.
 */
export function isSubjectKey(value: unknown): value is string {
  if (typeof value !== "string") return false;
  if (isGroupKey(value)) return /^group:[^\0]{1,100}$/.test(value) && value.isWellFormed();
  return isPubkey(isEventKey(value) ? value.slice(3) : value);
}

/** Whether a key is the key of a group. */
export function isGroupKey(key: string): boolean {
  return key.startsWith("group:");
}

/** Whether a key is the key of an event. */
export function isEventKey(key: string): boolean {
  return key.startsWith("id:");
}
