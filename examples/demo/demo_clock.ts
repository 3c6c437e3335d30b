/**
 * The demo's clock: it starts at a fixed date, so that the demo is the same on every
 * day, and runs as fast as the machine's clock.
 *
 * @module
 */

import type { Clock } from "@npool/outbox";

/** A clock that also tells the time in Unix seconds, as events do. */
export interface DemoClock extends Clock {
  /** Unix seconds. */
  seconds(): number;
}

/** Starts a clock at a time in Unix seconds. */
export function startClock(from: number): DemoClock {
  const start = performance.now();
  const now = () => from * 1000 + performance.now() - start;
  return {
    now,
    seconds: () => Math.floor(now() / 1000),
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  };
}
