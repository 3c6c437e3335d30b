/**
 * Cuts events into runs that a database can write as if one by one. Pure.
 *
 * @module
 */

import type { PreparedEvent } from "./prepared_event.ts";

/** The outcome of an event; `ignored` means that it, or a newer version, was stored before. */
export type Outcome = "stored" | "ignored" | "deleted";

/** Most events in one run. */
const MAX_EVENTS_PER_RUN = 500;

/**
 * Cuts events into runs that can be written together as if one by one: a run holds
 * no two versions of an event, and a deletion (kind 5) or a vanishing (kind 62) has a
 * run of its own.
 */
export function* runsOf(
  events: Iterable<PreparedEvent>,
): Generator<PreparedEvent[]> {
  let current: PreparedEvent[] = [];
  let keys = new Set<string>();
  for (const event of events) {
    const { id, kind } = event.row;
    const key = event.address ?? id;
    const alone = kind === 5 || kind === 62;
    const full = alone || current.length === MAX_EVENTS_PER_RUN || keys.has(key) ||
      keys.has(id);
    if (full && current.length > 0) {
      yield current;
      current = [];
      keys = new Set();
    }
    if (alone) {
      yield [event];
      continue;
    }
    current.push(event);
    keys.add(key).add(id);
  }
  if (current.length > 0) yield current;
}
