/**
 * The time without a connection to one relay, as its connector sees it. All requests that wait for
 * the relay share one pause, and then one attempt to connect.
 *
 * @module
 */

import { onAbort } from "../base/abortable.ts";
import { type Clock, sleep } from "../base/clock.ts";
import type { RelayFailure } from "../nostr/relay_failure.ts";
import { BACKOFFS, isSameOutage, outageWaitMs, waitMs } from "../relays/backoff.ts";

/** Dependencies of a {@link RelayOutage}. */
export interface RelayOutageOptions {
  readonly clock: Clock;
  /** Random numbers in [0, 1), for the jitter of waits. */
  readonly random: () => number;
  /** Returns when the relay may be connected to, in milliseconds since 1970. */
  readonly retryAt: () => number;
  /** Returns whether the relay ever worked: half of the relays in lists are dead. */
  readonly hasWorked: () => boolean;
}

/** A connection that ended sooner was of no use: the outage before it goes on. */
const USEFUL_CONNECTION_MS = 10_000;

/** When the relay may be tried again, and who waits for that. */
export class RelayOutage {
  readonly #options: RelayOutageOptions;
  /** When the outage began, in milliseconds since 1970; 0 for none. */
  #outageSince = 0;
  #lastFailure = 0;
  #retryAt = 0;
  #isQuickRetry = false;
  /** Each ends one {@link RelayOutage.wait}; with the time when that would end by itself. */
  readonly #wakers = new Map<() => void, number>();

  constructor(options: RelayOutageOptions) {
    this.#options = options;
  }

  /** Whether the relay hung up, and is to be tried once more before it counts as failed. */
  get isQuickRetry(): boolean {
    return this.#isQuickRetry;
  }

  /** How many requests wait. */
  get waiting(): number {
    return this.#wakers.size;
  }

  /** The relay is connected: nobody waits any longer. */
  opened(): void {
    this.#isQuickRetry = false;
    this.wakeAll();
  }

  /** The last connection was closed from here: whatever fails next is another outage. */
  over(): void {
    this.#outageSince = 0;
  }

  /**
   * A connection ended, or did not open.
   *
   * @param openedAt When it was open, in milliseconds since 1970; absent if it never was.
   */
  failed(reason: RelayFailure, openedAt?: number): void {
    const { clock, random, hasWorked } = this.#options;
    const now = clock.now();
    const outage = { outageSince: this.#outageSince, lastFailure: this.#lastFailure };
    const isOld = openedAt !== undefined && openedAt <= this.#outageSince;
    const wasOfUse = openedAt !== undefined && now - openedAt > USEFUL_CONNECTION_MS;
    this.#lastFailure = now;
    if (!isSameOutage(outage, now) || (wasOfUse && !isOld)) {
      this.#outageSince = now;
      this.#isQuickRetry = reason === "disconnected";
    } else if (isOld) {
      // One of several connections that the same outage ended.
      return;
    } else {
      this.#isQuickRetry = false;
    }
    const backoff = hasWorked() ? BACKOFFS.disconnected : BACKOFFS.neverConnected;
    this.#retryAt = now +
      (this.#isQuickRetry
        ? waitMs(BACKOFFS.hungUp, 1, random)
        : outageWaitMs(backoff, now - this.#outageSince, random));
  }

  /**
   * Waits until the relay may be tried again, and for `ms` milliseconds at least. All whose wait
   * ends at the same time go on together.
   *
   * @param leastMs The wait where the relay may be tried at once.
   */
  async wait(ms: number, leastMs: number, signal: AbortSignal): Promise<void> {
    const { clock, retryAt } = this.#options;
    const now = clock.now();
    const triedAt = this.#isQuickRetry ? this.#retryAt : Math.max(this.#retryAt, retryAt());
    const until = Math.max(now + ms, triedAt > now ? triedAt : now + leastMs);
    const woken = new AbortController();
    const wake = () => woken.abort();
    this.#wakers.set(wake, until);
    const release = onAbort(signal, wake);
    await sleep(clock, until - now, woken.signal);
    release();
    this.#wakers.delete(wake);
    if (!woken.signal.aborted) this.#wake(until);
  }

  /** Ends all waits. */
  wakeAll(): void {
    this.#wake(Infinity);
  }

  #wake(until: number): void {
    for (const [wake, time] of [...this.#wakers]) if (time <= until) wake();
  }
}
