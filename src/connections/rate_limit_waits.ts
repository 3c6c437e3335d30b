/**
 * The waits of one query at a relay that limits how often it is asked.
 *
 * @module
 */

import { type Clock, sleep } from "../base/clock.ts";
import type { RelayFailureError } from "../nostr/errors.ts";
import { BACKOFFS, waitMs } from "../relays/backoff.ts";
import { retryAfter } from "../relays/relay_replies.ts";
import type { NamedWait } from "./named_wait.ts";

/** Dependencies of {@link RateLimitWaits}. */
export interface RateLimitWaitsOptions {
  readonly clock: Clock;
  /** Random numbers in [0, 1), for the jitter of waits that the relay does not name. */
  readonly random: () => number;
  /**
   * Called when a wait begins, with the milliseconds from the first wait to the end of this one,
   * where the relay answered no REQ in between.
   */
  readonly onWait?: (ms: number, error: RelayFailureError) => void;
}

/** See the module. */
export class RateLimitWaits {
  readonly #namedWait: NamedWait;
  readonly #options: RateLimitWaitsOptions;
  readonly #signal: AbortSignal;
  /** When the first wait began; absent if the relay has answered since. */
  #since?: number;

  /** `namedWait` is shared by all queries to the relay; `signal` ends each wait. */
  constructor(namedWait: NamedWait, options: RateLimitWaitsOptions, signal: AbortSignal) {
    this.#namedWait = namedWait;
    this.#options = options;
    this.#signal = signal;
  }

  /** The relay has answered a REQ. */
  answered(): void {
    this.#since = undefined;
  }

  /** Waits, before a REQ, for as long as the relay wants to be left alone. */
  async beforeReq(): Promise<void> {
    const { left } = this.#namedWait;
    if (left) await this.#wait(left.ms, left.error);
  }

  /** Waits after a REQ was refused: for as long as the relay says, or the longer the more tries. */
  async refused(reasonText: string, tries: number, error: RelayFailureError): Promise<void> {
    const named = retryAfter(reasonText);
    if (named !== undefined) this.#namedWait.begin(named, error);
    await this.#wait(named ?? waitMs(BACKOFFS.rateLimitedReq, tries, this.#options.random), error);
  }

  async #wait(ms: number, error: RelayFailureError): Promise<void> {
    const { clock, onWait } = this.#options;
    const now = clock.now();
    onWait?.(now + ms - (this.#since ??= now), error);
    await sleep(clock, ms, this.#signal);
  }
}
