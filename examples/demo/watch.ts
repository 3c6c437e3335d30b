/**
 * A live feed that is watched: what came, when, and whether anything came twice.
 *
 * @module
 */

import type { NPool } from "@nostrify/nostrify";
import type { NostrFilter } from "@nostrify/types";

/** A subscription that counts, until it is stopped. */
export class Watch {
  /** When each event came, in milliseconds of `performance.now()`, by id. */
  readonly arrivals = new Map<string, number>();
  readonly #controller = new AbortController();
  readonly #start = performance.now();
  readonly #eose = Promise.withResolvers<void>();
  readonly #listening: Promise<void>;
  #eoseMs?: number;
  #repeats = 0;
  #change = Promise.withResolvers<void>();

  constructor(pool: NPool, filters: NostrFilter[]) {
    this.#listening = this.#listen(pool, filters);
  }

  /** How many events came that had come before. */
  get repeats(): number {
    return this.#repeats;
  }

  /** Resolves when the stored events are over, as a plain `NPool` may never say. */
  get eose(): Promise<void> {
    return this.#eose.promise;
  }

  /** After how many milliseconds that was; absent as long as it was not. */
  get eoseMs(): number | undefined {
    return this.#eoseMs;
  }

  /** When the last of these came, in milliseconds of `performance.now()`. */
  lastOf(ids: readonly string[]): number {
    return Math.max(...ids.map((id) => this.arrivals.get(id) ?? Infinity));
  }

  /** Waits until all of these have come, at most so many milliseconds; how many have. */
  async until(ids: readonly string[], ms: number): Promise<number> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#changed();
    }, ms);
    const missing = () => ids.filter((id) => !this.arrivals.has(id)).length;
    while (missing() > 0 && !isLate) await this.#change.promise;
    clearTimeout(timer);
    return ids.length - missing();
  }

  /** Ends the subscription. */
  async stop(): Promise<void> {
    this.#controller.abort();
    await this.#listening;
  }

  /** Wakes whoever waits. */
  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  #isOver(): void {
    this.#eoseMs ??= performance.now() - this.#start;
    this.#eose.resolve();
  }

  async #listen(pool: NPool, filters: NostrFilter[]): Promise<void> {
    const { signal } = this.#controller;
    try {
      for await (const [verb, , event] of pool.req(filters, { signal })) {
        if (verb === "EOSE") this.#isOver();
        if (verb !== "EVENT") continue;
        if (this.arrivals.has(event.id)) this.#repeats++;
        else this.arrivals.set(event.id, performance.now());
        this.#changed();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
