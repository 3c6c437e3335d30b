/**
 * The app's event store under a feed: keeps what relays send, and gives back what is known to be
 * complete.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import { CircuitBreaker } from "../base/circuit_breaker.ts";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/message_of.ts";
import { EventRefusedError } from "../nostr/errors.ts";
import type { SpanBook } from "../spans/span_book.ts";

/** A store that has a bound may say what it forgot. */
export interface BoundedStore extends NStore {
  /** The latest `created_at` of an event that went to make room, in Unix seconds, if any did. */
  forgottenUntil?(): Promise<number | undefined>;
}

/** What a store under feeds needs. */
export interface FeedStoreOptions {
  readonly clock: Clock;
  readonly spans: Pick<SpanBook, "ready" | "storeMarks" | "markStore">;
  /** The numbers of all stores that were opened with these spans. */
  readonly numbers: Set<number>;
  /** How many milliseconds the store may leave a call without an answer. */
  readonly timeout: number;
  /** Called with the events that are read. */
  readonly onRead?: (events: readonly NostrEvent[]) => void;
  /** Called once for each outage of the store. */
  readonly onError: (error: Error) => void;
}

/** How many ids mark a store, and after how many events they are chosen anew. */
const MAX_MARKS = 5;
const MARK_INTERVAL = 500;

/**
 * One store under the feeds of an outbox. Spans say what was read into which store, by a number. A
 * program knows a store again by ids of events that it must have; one that has none of them is
 * another store, or was emptied, and gets a new number.
 */
export class FeedStore {
  readonly #store: BoundedStore;
  readonly #options: FeedStoreOptions;
  readonly #breaker: CircuitBreaker;
  #number?: Promise<number>;
  #hasFailed = false;
  #kept = 0;
  #marks: string[] = [];

  constructor(store: BoundedStore, options: FeedStoreOptions) {
    this.#store = store;
    this.#options = options;
    const { clock, timeout } = options;
    this.#breaker = new CircuitBreaker({ clock, timeout, isAnswer: isRefusal });
  }

  /** The number of the store. Rejects if the store does not answer. */
  number(): Promise<number> {
    return this.#number ??= this.#recognize().catch((error: unknown) => {
      this.#number = undefined;
      throw error;
    });
  }

  /**
   * Reads events.
   *
   * @returns `undefined` if the store failed, which `onError` is called with; or if it had to forget
   * events of that time.
   */
  async query(filter: NostrFilter, signal?: AbortSignal): Promise<NostrEvent[] | undefined> {
    try {
      const found = await this.#breaker.read(() => this.#store.query([filter]), signal);
      // Afterwards: what went since is known by then.
      const forgotten = await this.#breaker.read(
        async () => await this.#store.forgottenUntil?.(),
        signal,
      );
      this.#hasFailed = false;
      this.#options.onRead?.(found);
      return reachesBackTo(filter, found) <= (forgotten ?? -Infinity) ? undefined : found;
    } catch (cause) {
      if (!signal?.aborted) this.#fail("read", cause);
      return undefined;
    }
  }

  /**
   * Keeps events.
   *
   * @param onDeleted Called with the ids of those that the store refuses, for their author deleted
   * them, unless there are none.
   * @returns That the store failed; `undefined` if it has them all, but those that it must not have.
   */
  async keep(
    events: readonly NostrEvent[],
    onDeleted?: (ids: ReadonlySet<string>) => void,
  ): Promise<Error | undefined> {
    const results = await Promise.allSettled(
      events.map((event) => this.#breaker.write(() => this.#store.event(event))),
    );
    const deleted = events.filter((_, index) => {
      const result = results[index];
      return result.status === "rejected" && isDeleted(result.reason);
    });
    if (deleted.length > 0) onDeleted?.(new Set(deleted.map(({ id }) => id)));
    const failed = results.find((one) => one.status === "rejected" && !isRefusal(one.reason));
    if (failed?.status === "rejected") return this.#fail("write", failed.reason);
    this.#hasFailed = false;
    await this.#mark(events.filter((_, index) => results[index].status === "fulfilled"));
    return undefined;
  }

  async #recognize(): Promise<number> {
    const { spans, numbers } = this.#options;
    await spans.ready();
    const marks = spans.storeMarks();
    for (const [number, ids] of marks) {
      const found = await this.#breaker.read(() => this.#store.query([{ ids: [...ids] }]));
      if (found.length === 0) continue;
      this.#marks = [...ids];
      numbers.add(number);
      return number;
    }
    // Another new store may be open that has no marks yet.
    const number = Math.max(0, ...marks.keys(), ...numbers) + 1;
    numbers.add(number);
    return number;
  }

  async #mark(events: readonly NostrEvent[]): Promise<void> {
    const isDue = Math.floor(this.#kept / MARK_INTERVAL) <
      Math.floor((this.#kept + events.length) / MARK_INTERVAL);
    const isFirst = this.#kept === 0;
    this.#kept += events.length;
    const [event] = events;
    if (!event || !isFirst && !isDue) return;
    this.#marks = [event.id, ...this.#marks].slice(0, MAX_MARKS);
    this.#options.spans.markStore(await this.number(), this.#marks);
  }

  /** Tells of a failure, once in an outage. */
  #fail(action: string, cause: unknown): Error {
    const consequence = action === "read"
      ? "relays are asked for what it may have"
      : "its events will be requested again";
    const message = `The store of a feed failed to ${action}: ${messageOf(cause)}; ${consequence}`;
    const error = new Error(message, { cause });
    if (!this.#hasFailed) this.#options.onError(error);
    this.#hasFailed = true;
    return error;
  }
}

/** From when on what was found must be complete, in Unix seconds. */
function reachesBackTo({ since = 0, limit }: NostrFilter, found: readonly NostrEvent[]): number {
  return limit !== undefined && found.length >= limit ? found.at(-1)?.created_at ?? since : since;
}

/** Whether a store refuses an event, such as one that its author deleted: it works, then. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error &&
    (error.name === "EventRefusedError" || error.name === "RelayError");
}

/** Whether a store refuses an event because its author deleted it. */
function isDeleted(error: unknown): boolean {
  if (error instanceof EventRefusedError) return error.reason === "deleted";
  return isRefusal(error) && /\bdeleted\b/.test((error as Error).message);
}
