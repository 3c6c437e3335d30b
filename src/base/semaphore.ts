/**
 * A semaphore whose capacity can change and whose queue is sorted by rank.
 *
 * @module
 */

import { onAbort } from "./abortable.ts";

/** A caller that waits for a permit. */
interface Waiter {
  readonly rank: number;
  readonly resume: () => void;
}

/** A number of permits, and a queue for them. */
export class Semaphore {
  readonly #queue: Waiter[] = [];
  #capacity: number;
  /** Negative while more permits are held than the capacity allows. */
  #free: number;

  /** `capacity`: how many permits there are. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#free = capacity;
  }

  /** How many permits can be acquired without waiting. */
  get available(): number {
    return Math.max(0, this.#free);
  }

  /** How many callers wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Changes the capacity. Permits that are held stay valid if it shrinks. */
  resize(capacity: number): void {
    this.#free += capacity - this.#capacity;
    this.#capacity = capacity;
    while (this.#free > 0 && this.#queue.length > 0) {
      this.#free--;
      this.#queue.shift()!.resume();
    }
  }

  /**
   * Waits for a permit.
   *
   * @param rank The lower rank comes first; of equal ranks, the earlier caller.
   * @returns Releases the permit; calling it again does nothing.
   * @throws The signal's reason, if it is aborted first.
   */
  async acquire(rank: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(rank, signal);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#free++;
      this.resize(this.#capacity);
    };
  }

  #wait(rank: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const ignoreSignal = onAbort(signal, () => {
      this.#queue.splice(this.#queue.indexOf(waiter), 1);
      reject(signal.reason);
    });
    const waiter: Waiter = {
      rank,
      resume() {
        ignoreSignal();
        resolve();
      },
    };
    const next = this.#queue.findIndex((other) => other.rank > rank);
    this.#queue.splice(next < 0 ? this.#queue.length : next, 0, waiter);
    return promise;
  }
}
