/**
 * Remembers whose list could not be requested just now, so that requests do not hammer
 * relays through an outage.
 *
 * @module
 */

import { BoundedMap } from "../base/bounded_map.ts";
import type { Clock } from "../base/clock.ts";

/** How long a list is not requested again. */
const COOLDOWN_MS = 10_000;
/** Most lists on cooldown; the oldest may be requested again. */
const MAX_COOLDOWNS = 100_000;

/** Cooldowns of 10 seconds, each for one kind of list of one person. */
export class SearchCooldown {
  readonly #clock: Clock;
  /** When each ends, in milliseconds since 1970; the first to end come first. */
  readonly #ends = new BoundedMap<string, number>({ max: MAX_COOLDOWNS });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins a cooldown, or begins it again. */
  begin(kind: number, pubkey: string): void {
    for (const [key, end] of this.#ends) {
      if (this.#isAhead(end)) break;
      this.#ends.delete(key);
    }
    this.#ends.set(`${kind}:${pubkey}`, this.#clock.now() + COOLDOWN_MS);
  }

  /** Whether this list is on cooldown. */
  has(kind: number, pubkey: string): boolean {
    return this.#ends.size > 0 && this.#isAhead(this.#ends.get(`${kind}:${pubkey}`) ?? 0);
  }

  /** Setting the clock back ends a cooldown. */
  #isAhead(end: number): boolean {
    const left = end - this.#clock.now();
    return left > 0 && left <= COOLDOWN_MS;
  }
}
