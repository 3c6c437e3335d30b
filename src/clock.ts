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
