/**
 * Lets everything else have its turn of the event loop.
 *
 * @module
 */

import { type Clock, systemClock } from "./clock.ts";

/** Resolves once sockets and timers that are ready were served, about a millisecond later. */
export function nextTurn(clock: Clock = systemClock): Promise<void> {
  return new Promise((resolve) => void clock.after(0, resolve));
}
