/**
 * Counts what comes in a stretch of time.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** How long a stretch is, in milliseconds. */
const STRETCH = 60_000;

/** Says when more than `most` came within a minute. */
export class RateMeter {
  readonly #clock: Clock;
  readonly #most: number;
  #start = -Infinity;
  #count = 0;

  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Counts one; `false` if that is one too many. */
  count(): boolean {
    const now = this.#clock.now();
    if (now - this.#start >= STRETCH || now < this.#start) {
      this.#start = now;
      this.#count = 0;
    }
    return ++this.#count <= this.#most;
  }
}
