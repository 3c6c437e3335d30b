/**
 * Time as an option: what waits is handed a clock, so that tests and simulations
 * never sleep.
 *
 * @module
 */

/** Tells the time, and wakes. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `run` once, after `ms` milliseconds; what it returns cancels that. */
  after(ms: number, run: () => void): () => void;
}

/** The longest that a timer of the machine can be set to; what is longer would run at once. */
const LONGEST = 2 ** 31 - 1;

/** The clock of the machine. A timer runs after 24 days at the latest. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, LONGEST));
    return () => clearTimeout(timer);
  },
};

/** Waits for so many milliseconds; less if the signal is aborted, which is no error. */
export async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => resolve();
  const cancel = clock.after(ms, wake);
  signal.addEventListener("abort", wake, { once: true });
  await promise;
  signal.removeEventListener("abort", wake);
  cancel();
}

/** Resolves once sockets and timers that are ready were served, about a millisecond later. */
export function nextTurn(clock: Clock = systemClock): Promise<void> {
  return new Promise((resolve) => void clock.after(0, resolve));
}
