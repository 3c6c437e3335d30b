/**
 * A program that is busy for the same share of all time, in slices too short for any timer to be
 * late.
 *
 * @module
 */

import type { Clock } from "../../src/base/clock.ts";
import type { WorkTime } from "../../src/base/workload.ts";

/** See the module. */
export class SteadyWork implements WorkTime {
  readonly #clock: Clock;
  readonly #share: number;
  readonly #begunAt: number;

  /** `share` of 1 is busy. */
  constructor(clock: Clock, share: number) {
    this.#clock = clock;
    this.#share = share;
    this.#begunAt = clock.now();
  }

  get busyMs(): number {
    return this.#share * (this.#clock.now() - this.#begunAt);
  }

  get behindMs(): number {
    return this.busyMs;
  }
}
