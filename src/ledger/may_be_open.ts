/**
 * Tells a stored publication that is done from others, without reading all of it. Pure.
 *
 * @module
 */

/** For how long a list counts that is found after an event was published. */
export const LATE_INBOX_MS = 86_400_000;

/** How often an outbox that knows of no others looks whether others over one database publish. */
export const LOOK_ALONE_INTERVAL_MS = 15_000;

/** Whether there may be anything left to do for a publication, as a store has it. */
export function mayBeOpen(text: string, now: number): boolean {
  const [, at] = /^\{"at":([\d.]+),/.exec(text) ?? [];
  // Nobody but the ledger says what is wrong with other texts; an empty one was removed.
  if (at === undefined) return text !== "";
  if (Math.abs(now - Number(at)) < LATE_INBOX_MS) return true;
  return OPEN_TARGET.test(text);
}

/** A target that waits; a quotation mark within an event has a backslash before it. */
const OPEN_TARGET = /"(?:pending|sign-in)",\d/;
