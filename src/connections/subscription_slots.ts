/**
 * Slots for the subscriptions of one connection: how many it takes at once, and which wait.
 *
 * @module
 */

import { Semaphore } from "../base/semaphore.ts";

/**
 * Slots for subscriptions. Those that stay open never take the last slot, so that stored events can
 * always be requested.
 */
export class SubscriptionSlots {
  readonly #maxSubscriptions: () => number;
  readonly #all = new Semaphore(1);
  readonly #staying = new Semaphore(1);

  /** `maxSubscriptions` returns how many the relay takes at once, as far as is known now. */
  constructor(maxSubscriptions: () => number) {
    this.#maxSubscriptions = maxSubscriptions;
  }

  /**
   * Waits for a slot.
   *
   * @param stay Whether the subscription is to stay open after its EOSE.
   * @returns Call it when the subscription is closed: releases the slot once CLOSE is sent.
   * @throws The signal's reason, if it is aborted first.
   */
  async acquire(signal: AbortSignal, stay: boolean): Promise<() => void> {
    this.#resize();
    const releaseStaying = stay ? await this.#staying.acquire(0, signal) : () => {};
    try {
      const release = await this.#all.acquire(0, signal);
      return () =>
        void closeSent().then(() => {
          release();
          releaseStaying();
        });
    } catch (error) {
      releaseStaying();
      throw error;
    }
  }

  /** Whether so many subscriptions may stay open without anybody waiting for a slot. */
  mayStay(count: number): boolean {
    return this.#resize() > 1 && count <= this.#staying.available;
  }

  /** Whether `users`, each with a subscription that stays open, leave no slot for one more. */
  isFullWith(users: number): boolean {
    return users >= Math.max(1, this.#resize() - 1) || this.#staying.available === 0;
  }

  /** Adapts to what is known of the relay now, and returns how many subscriptions it takes. */
  #resize(): number {
    const max = this.#maxSubscriptions();
    this.#all.resize(max);
    this.#staying.resize(Math.max(1, max - 1));
    return max;
  }
}

/** After so many rounds of promises a relay object has sent its CLOSE. */
const CLOSE_ROUNDS = 32;

/** Resolves once a CLOSE is sent. A REQ before it would be one too many for the relay. */
async function closeSent(): Promise<void> {
  for (let round = 0; round < CLOSE_ROUNDS; round++) await undefined;
}
