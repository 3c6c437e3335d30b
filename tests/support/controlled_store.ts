/**
 * An event store under a test's hand.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";

/** One call of a store. What it does and when the caller hears of it are two moments. */
export interface StoreCall {
  readonly method: "event" | "query" | "remove";
  /** The filters of a `query` or `remove`. */
  readonly filters: NostrFilter[];
  /** Does what was asked; the caller does not hear of it yet. */
  act(): Promise<void>;
  /** Lets the caller hear of it; acts first if that was not done. */
  answer(): Promise<void>;
  /** Lets the caller hear of a failure. */
  fail(error: Error): void;
}

/** Passes calls on to another store, at once or, while `held`, when the test says so. */
export class ControlledStore implements NStore {
  /** Whether calls wait for the test. */
  held = false;
  /** All calls so far. */
  readonly calls: StoreCall[] = [];
  readonly #inner: Required<Omit<NStore, "count">>;

  constructor(inner: Required<Omit<NStore, "count">>) {
    this.#inner = inner;
  }

  /** Whom the database was asked for, query by query. */
  get asked(): string[][] {
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

/** Lets everything that waits for nothing but its turn have it. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}
