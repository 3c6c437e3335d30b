/**
 * How much time the program spends on what comes in. Meanwhile it may be behind: what others have
 * sent waits to be read, and how long that takes is nobody else's fault.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** What is read of a {@link Workload}. */
export type WorkTime = Pick<Workload, "behindMs" | "busyMs">;

/** Measures one kind of work of the program. */
export class Workload {
  readonly #clock: Clock;
  #running = 0;
  #pending = 0;
  #busyMs = 0;
  #behindMs = 0;
  #markedAt: number;

  /** No work is done so far. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#markedAt = clock.now();
  }

  /** How long work was done in this thread so far, in milliseconds. */
  get busyMs(): number {
    this.#mark();
    return this.#busyMs;
  }

  /** How long there was work to do so far, in this thread or elsewhere, in milliseconds. */
  get behindMs(): number {
    this.#mark();
    return this.#behindMs;
  }

  /** The same function, whose work is measured: until it returns, and its promise is settled. */
  measured<A extends unknown[], T>(work: (...args: A) => T): (...args: A) => T {
    return (...args) => {
      this.#mark();
      this.#running++;
      try {
        const result = work(...args);
        if (result instanceof Promise) this.#await(result);
        return result;
      } finally {
        this.#mark();
        this.#running--;
      }
    };
  }

  #await(result: Promise<unknown>): void {
    this.#pending++;
    const settled = () => {
      this.#mark();
      this.#pending--;
    };
    result.then(settled, settled);
  }

  #mark(): void {
    const now = this.#clock.now();
    const ms = Math.max(0, now - this.#markedAt);
    if (this.#running > 0) this.#busyMs += ms;
    if (this.#running + this.#pending > 0) this.#behindMs += ms;
    this.#markedAt = now;
  }
}
