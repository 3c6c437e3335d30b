/**
 * Bounds the waits for an event store.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import type { CircuitBreaker } from "../base/circuit_breaker.ts";

/** The same store, through a breaker. It can remove and count if the store can. */
export class BoundedStore implements NStore {
  readonly #db: NStore;
  readonly #breaker: CircuitBreaker;
  readonly remove: NStore["remove"];
  readonly count: NStore["count"];

  constructor(db: NStore, breaker: CircuitBreaker) {
    this.#db = db;
    this.#breaker = breaker;
    if (db.remove) {
      this.remove = (filters, opts) => breaker.write(() => db.remove!(filters, opts), opts?.signal);
    }
    if (db.count) {
      this.count = (filters, opts) => breaker.read(() => db.count!(filters, opts), opts?.signal);
    }
  }

  event(event: NostrEvent, opts?: Options): Promise<void> {
    return this.#breaker.write(() => this.#db.event(event, opts), opts?.signal);
  }

  query(filters: NostrFilter[], opts?: Options): Promise<NostrEvent[]> {
    return this.#breaker.read(() => this.#db.query(filters, opts), opts?.signal);
  }
}

interface Options {
  readonly signal?: AbortSignal;
}
