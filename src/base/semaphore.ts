/**
 * Lets few in at once, the most valuable first.
 *
 * @module
 */

/** One who waits at the gate. */
interface Waiting {
  readonly rank: number;
  readonly acquire: () => void;
}

/** A number of places, and a queue by rank. */
export class Semaphore {
  readonly #waiting: Waiting[] = [];
  #capacity: number;
  #free: number;

  /** `places`: how many may be in at once. */
  constructor(places: number) {
    this.#capacity = places;
    this.#free = places;
  }

  /** How many may enter without waiting. */
  get available(): number {
    return Math.max(0, this.#free);
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Has more places from now on, or fewer once those who are in have left. */
  resize(places: number): void {
    this.#free += places - this.#capacity;
    this.#capacity = places;
    while (this.#free > 0 && this.#waiting.length > 0) {
      this.#free--;
      this.#waiting.shift()!.acquire();
    }
  }

  /**
   * Waits for a place.
   *
   * @param rank Who comes first: the lower before the higher, equals as they came.
   * @returns Gives the place back; calling it again does nothing.
   * @throws The signal's reason, if it is aborted first.
   */
  async enter(rank: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(rank, signal);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#free++;
      this.resize(this.#capacity);
    };
  }

  #wait(rank: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      reject(signal.reason);
    };
    const waiting: Waiting = {
      rank,
      acquire() {
        signal.removeEventListener("abort", leave);
        resolve();
      },
    };
    signal.addEventListener("abort", leave, { once: true });
    const after = this.#waiting.findIndex((other) => other.rank > rank);
    this.#waiting.splice(after < 0 ? this.#waiting.length : after, 0, waiting);
    return promise;
  }
}
