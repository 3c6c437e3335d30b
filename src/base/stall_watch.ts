/**
 * Notices when the program itself did not run: it was busy, or the machine was suspended. What
 * seems to take long then is nobody else's fault.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** A timer that runs this much too late shows that the program did not run. */
export const STALL_MS = 500;

/** A timer that runs this much too late shows that the machine was suspended, or nearly. */
const LONG_STALL_MS = 5_000;

/**
 * Calls `act` after `ms` milliseconds. If that is much too late, what came meanwhile is only read
 * now: then it waits as long again.
 *
 * @returns Cancels that.
 */
export function startTimeout(clock: Clock, ms: number, act: () => void): () => void {
  const arm = (): () => void => {
    const due = clock.now() + ms;
    return clock.after(ms, () => {
      if (clock.now() - due > STALL_MS) cancel = arm();
      else act();
    });
  };
  let cancel = arm();
  return () => cancel();
}

/** A clock that compares when its timers run with when they were to run. */
export class StallWatch implements Clock {
  readonly #clock: Clock;
  /** When each timer is due that has neither run nor been cancelled. */
  readonly #pending = new Set<{ readonly due: number }>();
  #stalledUntil = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  after(ms: number, run: () => void): () => void {
    const timer = { due: this.now() + ms };
    this.#pending.add(timer);
    const cancel = this.#clock.after(ms, () => {
      this.#pending.delete(timer);
      if (isLate(timer, this.now())) this.#stalledUntil = this.now();
      run();
    });
    return () => {
      this.#pending.delete(timer);
      cancel();
    };
  }

  /** Whether the program did not run for five seconds or more at any time after `since`. */
  hasStalledSince(since: number): boolean {
    const now = this.now();
    // A timer that is overdue runs soon: what is asked about may have come first.
    if ([...this.#pending].some((timer) => isLate(timer, now))) this.#stalledUntil = now;
    return this.#stalledUntil >= since;
  }
}

function isLate({ due }: { readonly due: number }, now: number): boolean {
  return now - due > LONG_STALL_MS;
}
