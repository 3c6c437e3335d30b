/**
 * The time for which a relay wants to be left alone, by its own words: no request sends it a REQ
 * before that is over.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { RelayFailureError } from "../nostr/errors.ts";

/** See the module. */
export class NamedWait {
  readonly #clock: Clock;
  #from = 0;
  #until = 0;
  #error?: RelayFailureError;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The relay wants to be left alone for `ms` milliseconds; `error` is how it said so. */
  begin(ms: number, error: RelayFailureError): void {
    this.#from = this.#clock.now();
    this.#until = this.#from + ms;
    this.#error = error;
  }

  /** What is left of the wait; absent if it is over, or the clock was set back. */
  get left(): { readonly ms: number; readonly error: RelayFailureError } | undefined {
    const now = this.#clock.now();
    if (!this.#error || now < this.#from || now >= this.#until) return undefined;
    return { ms: this.#until - now, error: this.#error };
  }
}
