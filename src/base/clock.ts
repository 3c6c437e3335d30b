/**
 * Time as an option: code that waits is handed a clock, so that tests and simulations never
 * sleep.
 *
 * The room `base` has what knows nothing of Nostr: time, waiting, queues, bounded memories,
 * JSON.
 *
 * @module
 */

import { onAbort } from "./abortable.ts";

/** Tells the time, and sets timers. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `run` once after `ms` milliseconds; the function it returns cancels that. */
  after(ms: number, run: () => void): () => void;
}

/** The longest time that a timer of the machine can be set to; a longer one would run at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** The clock of the machine. A timer runs after 24 days at the latest. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** Waits for `ms` milliseconds, or until the signal is aborted, which is no error. */
export async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  const release = onAbort(signal, resolve);
  await promise;
  release();
  cancel();
}

/** Resolves once sockets and timers that are ready have run, about a millisecond later. */
export function nextTurn(clock: Clock = systemClock): Promise<void> {
  return new Promise((resolve) => void clock.after(0, resolve));
}
