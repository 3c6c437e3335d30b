/**
 * An event store that a test controls.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";

/** One call of a store. It acts at one moment, and its caller gets the answer at another. */
export interface StoreCall {
  readonly method: "event" | "query" | "remove";
  /** The filters of a `query` or `remove`. */
  readonly filters: NostrFilter[];
  /** Does what was queried; the caller does not hear of it yet. */
  act(): Promise<void>;
  /** Gives the caller the answer; acts first if that was not done. */
  answer(): Promise<void>;
  /** Rejects the caller's promise. */
  fail(error: Error): void;
}

/** Passes calls on to another store: at once or, while `held`, when the test says so. */
export class ControlledStore implements NStore {
  /** Whether calls wait for the test. */
  held = false;
  /** All calls so far. */
  readonly calls: StoreCall[] = [];
  readonly #inner: Required<Omit<NStore, "count">>;

  constructor(inner: Required<Omit<NStore, "count">>) {
    this.#inner = inner;
  }

  /** The authors of each query for kind 10002. */
  get queried(): string[][] {
    return this.calls.flatMap(({ method, filters: [{ authors, kinds }] }) =>
      method === "query" && kinds?.includes(10002) ? [authors ?? []] : []
    );
  }

  event(event: NostrEvent): Promise<void> {
    return this.#call("event", [{}], () => this.#inner.event(event));
  }

  query(filters: NostrFilter[]): Promise<NostrEvent[]> {
    return this.#call("query", filters, () => this.#inner.query(filters));
  }

  remove(filters: NostrFilter[]): Promise<void> {
    return this.#call("remove", filters, () => this.#inner.remove(filters));
  }

  #call<T>(
    method: StoreCall["method"],
    filters: NostrFilter[],
    work: () => Promise<T>,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let done: Promise<T> | undefined;
    const act = async () => void await (done ??= work());
    const answer = () => act().then(() => resolve(done!), reject);
    this.calls.push({ method, filters, act, answer, fail: reject });
    if (!this.held) answer();
    return promise;
  }
}

/** Runs all pending microtasks, and those that they queue. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}
