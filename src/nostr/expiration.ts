/**
 * Tells when events expire (NIP-40). An expired event is as good as none.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { EventRefusedError } from "./errors.ts";

/** A time in Unix seconds, as a tag has it. */
const SECONDS = /^[0-9]{1,15}$/;

/** When an event expires, in Unix seconds, by its earliest valid tag; `undefined` if never. */
export function expiresAt({ tags }: Pick<NostrEvent, "tags">): number | undefined {
  let earliest: number | undefined;
  for (const tag of tags) {
    if (!Array.isArray(tag) || tag[0] !== "expiration" || !SECONDS.test(tag[1])) continue;
    earliest = Math.min(Number(tag[1]), earliest ?? Infinity);
  }
  return earliest;
}

/**
 * Whether an event has expired.
 *
 * @param now In Unix seconds.
 */
export function isExpired(event: Pick<NostrEvent, "tags">, now: number): boolean {
  const end = expiresAt(event);
  return end !== undefined && end <= now;
}

/**
 * Refuses an event that has expired.
 *
 * @param now In Unix seconds.
 * @throws {EventRefusedError} If it has.
 */
export function checkNotExpired(event: NostrEvent, now: number): void {
  if (!isExpired(event, now)) return;
  const detail = `${event.id} expired at ${expiresAt(event)}, and it is ${Math.floor(now)}`;
  throw new EventRefusedError("expired", event, detail);
}
