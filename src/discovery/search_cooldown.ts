/**
 * Who could not be asked for just now, so that an outage is not asked through without an
 * end.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";

/** How long somebody is left alone, in milliseconds. */
const PAUSE = 10_000;

/** Pauses of {@link PAUSE}, each for one kind of list of one person. */
export class SearchCooldown {
  readonly #clock: Clock;
  /** When each ends, in milliseconds since 1970; the first to end come first. */
  readonly #ends = new Map<string, number>();

  /** Nobody is left alone yet. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Somebody could not be asked for. */
  begin(kind: number, pubkey: string): void {
    for (const [key, end] of this.#ends) {
      if (this.#isAhead(end)) break;
      this.#ends.delete(key);
    }
    const key = `${kind}:${pubkey}`;
    this.#ends.delete(key);
    this.#ends.set(key, this.#clock.now() + PAUSE);
  }

  /** Whether somebody is left alone. */
  has(kind: number, pubkey: string): boolean {
    return this.#ends.size > 0 && this.#isAhead(this.#ends.get(`${kind}:${pubkey}`) ?? 0);
  }

  /** How many pauses are remembered. */
  get size(): number {
    return this.#ends.size;
  }

  /** Where the clock was set back, a pause is over. */
  #isAhead(end: number): boolean {
    const left = end - this.#clock.now();
    return left > 0 && left <= PAUSE;
  }
}
