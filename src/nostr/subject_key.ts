/**
 * Keys of subjects: one map holds what is known about people, events and groups.
 *
 * @module
 */

import { coordinatePubkey } from "./coordinate.ts";
import { isPubkey } from "./pubkeys.ts";

/**
 * The key of an event by its id, of an event by its coordinate (`kind:pubkey:d`, NIP-01), or of a
 * group by its id (NIP-29). The key of a person is the pubkey.
 */
export function subjectKey(role: "id" | "address" | "group", id: string): string {
  return `${role}:${id}`;
}

/** The key of an event by what a tag calls it: its id or its coordinate. */
export function eventKey(value: string): string {
  return subjectKey(value.includes(":") ? "address" : "id", value);
}

/**
 * Whether a value is the key of a subject: a pubkey, or the key of an event or of a group. The
 * id of a group has 1 to 100 characters, what follows the pubkey in a coordinate at most 200, and
 * both are text that a database can hold.
 */
export function isSubjectKey(value: unknown): value is string {
  if (typeof value !== "string") return false;
  if (isGroupKey(value)) return /^group:[^\0]{1,100}$/.test(value) && value.isWellFormed();
  if (isAddressKey(value)) {
    return /^address:\d{1,5}:[0-9a-f]{64}:[^\0]{0,200}$/.test(value) && value.isWellFormed();
  }
  return isPubkey(isEventKey(value) ? value.slice(3) : value);
}

/** Whether a key is the key of a group. */
export function isGroupKey(key: string): boolean {
  return key.startsWith("group:");
}

/** Whether a key is the key of an event by its coordinate. */
export function isAddressKey(key: string): boolean {
  return key.startsWith("address:");
}

/** The author that the key of an event by its coordinate names, not checked. */
export function addressAuthor(key: string): string | undefined {
  return isAddressKey(key) ? coordinatePubkey(key.slice("address:".length)) : undefined;
}

/** Whether a key is the key of an event by its id. */
export function isEventKey(key: string): boolean {
  return key.startsWith("id:");
}
