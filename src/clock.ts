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

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
