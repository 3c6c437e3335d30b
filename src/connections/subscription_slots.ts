/**
 * How many subscriptions a connection takes at once, and which of them wait.
 *
 * @module
 */

import { Semaphore } from "../base/semaphore.ts";

/**
 * Places for subscriptions. Those that stay open never take the last one, so that
 * stored events can always be asked for.
 */
export class SubscriptionSlots {
  readonly #maxSubscriptions: () => number;
  readonly #all = new Semaphore(1);
  readonly #staying = new Semaphore(1);

  /** `most`: how many the relay takes at once, by what is known now. */
  constructor(most: () => number) {
    this.#maxSubscriptions = most;
  }

  /**
   * Waits for a place; the answer gives it back.
   *
   * @param stay Whether the subscription is to stay open.
   */
  async acquire(signal: AbortSignal, stay: boolean): Promise<() => void> {
    this.#resize();
    const leaveStaying = stay ? await this.#staying.enter(0, signal) : () => {};
    try {
      const leave = await this.#all.enter(0, signal);
      return () => {
        leave();
        leaveStaying();
      };
    } catch (error) {
      leaveStaying();
      throw error;
    }
  }

  /** Whether so many may stay open, and neither they nor others have to wait for that. */
  mayStay(count: number): boolean {
    return this.#resize() > 1 && count <= this.#staying.available;
  }

  /** Whether `users`, with a subscription each that stays open, leave no such place. */
  isFullWith(users: number): boolean {
    return users >= Math.max(1, this.#resize() - 1) || this.#staying.available === 0;
  }

  /** Goes by what is known now. */
  #resize(): number {
    const most = this.#maxSubscriptions();
    this.#all.resize(most);
    this.#staying.resize(Math.max(1, most - 1));
    return most;
  }
}
