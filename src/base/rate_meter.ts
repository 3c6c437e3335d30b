/**
 * Counts events against a maximum per minute.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

const MINUTE_MS = 60_000;

/** Says when more than `max` were counted within a minute. */
export class RateMeter {
  readonly #clock: Clock;
  readonly #max: number;
  #start = -Infinity;
  #count = 0;

  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#max = max;
  }

  /** Counts one more, or `amount` more; `false` if that is too many. */
  count(amount = 1): boolean {
    const now = this.#clock.now();
    if (now - this.#start >= MINUTE_MS || now < this.#start) {
      this.#start = now;
      this.#count = 0;
    }
    this.#count += amount;
    return this.#count <= this.#max;
  }
}
