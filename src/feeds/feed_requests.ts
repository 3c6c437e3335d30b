/**
 * The requests of one feed: sends them to relays and to the app's store, tells the cursors what the
 * answers show, and keeps what came.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { matchFilter } from "nostr-tools";
import type { Cursor, CursorRequest, ReadRange } from "./cursor.ts";
import type { FeedCursors } from "./feed_cursors.ts";
import type { FeedAnswer, FeedSources } from "./feed_sources.ts";
import type { FeedStore } from "./feed_store.ts";
import { canBeKept } from "./route_cursors.ts";

/** What the requests of a feed need. */
export interface FeedRequestsOptions {
  readonly sources: Pick<FeedSources, "clock" | "ask" | "limits" | "spans" | "onError">;
  readonly store?: FeedStore;
  readonly cursors: FeedCursors;
  /** Called with each event, as it comes; `isKept`: from the store. */
  readonly onEvent: (event: NostrEvent, isKept: boolean) => void;
  /** Called with events once the store has them, refuses them or failed. */
  readonly onKept: (events: readonly NostrEvent[], deleted: ReadonlySet<string>) => void;
  /** Called where the store failed to keep events. */
  readonly onUnkept?: (failure: Error) => void;
  /** Called after each answer. */
  readonly onAnswer: () => void;
}

/** See the module. */
export class FeedRequests {
  readonly #options: FeedRequestsOptions;
  /** The most events that a relay sent in one answer to one filter. */
  readonly #largest = new Map<string, number>();
  readonly #tasks = new Set<Promise<unknown>>();
  readonly #keeping = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();

  constructor(options: FeedRequestsOptions) {
    this.#options = options;
  }

  /** Resolves once nothing is under way, and what came is kept. */
  async settled(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  /** Ends every request; see {@link FeedRequests.settled}. */
  close(): Promise<void> {
    this.#closing.abort();
    return this.settled();
  }

  /** Sends requests, one REQ for each relay. */
  ask(requests: readonly CursorRequest[]): void {
    if (this.#closing.signal.aborted) return;
    const byUrl = new Map<string, CursorRequest[]>();
    for (const request of new Set(requests)) {
      if (request.cursor.isAsking) continue;
      request.cursor.isAsking = true;
      const { url } = request.cursor;
      byUrl.set(url, [...byUrl.get(url) ?? [], request]);
    }
    for (const [url, some] of byUrl) {
      this.run(url === "" ? this.#readStore(some) : this.#askRelay(url, some));
    }
  }

  /** Whether events are kept in a store, so that `onKept` is called with each. */
  get keeps(): boolean {
    return this.#options.store !== undefined && this.#options.cursors.store !== undefined;
  }

  /** Resolves once the store has what relays answered; `undefined` if it has that. */
  kept(): Promise<unknown> | undefined {
    return this.#keeping.size === 0 ? undefined : Promise.all(this.#keeping);
  }

  /** Keeps events in the store that came by themselves. */
  keep(events: readonly NostrEvent[]): void {
    this.run(this.#keep(events));
  }

  /** Takes on work that a failure of does not end the feed. */
  run(task: Promise<unknown>): void {
    const tracked = task.catch((cause: unknown) => {
      if (this.#closing.signal.aborted) return;
      this.#options.sources.onError(new Error("A feed failed to read a relay", { cause }));
      this.#options.onAnswer();
    }).finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
  }

  async #askRelay(url: string, requests: readonly CursorRequest[]): Promise<void> {
    const { sources } = this.#options;
    const { signal } = this.#closing;
    const came = requests.map(() => new Map<string, NostrEvent>());
    const at = Math.floor(sources.clock.now() / 1000);
    const answer = await sources.ask(url, requests.map(({ filter }) => filter), {
      signal,
      onEvent: (event) => {
        requests.forEach(({ filter }, index) => {
          const isOwn = requests.length === 1 || matchFilter(filter, event);
          if (isOwn) came[index].set(event.id, event);
        });
        this.#options.onEvent(event, false);
      },
    });
    if (signal.aborted) return await this.#store(came.flatMap((events) => [...events.values()]));
    const largest = this.#largest.get(url) ?? 0;
    const sizes = came.map(({ size }) => size);
    this.#largest.set(url, Math.max(largest, ...sizes));
    requests.forEach((request, index) => {
      const events = [...came[index].values()];
      this.#answered(request, { events, answer, uncut: this.#uncut(url, largest), at });
    });
    this.#options.cursors.replaceLost();
    this.#options.onAnswer();
  }

  async #readStore(requests: readonly CursorRequest[]): Promise<void> {
    for (const request of requests) {
      const { cursor, filter } = request;
      const found = await this.#options.store!.query(filter, this.#closing.signal);
      cursor.isAsking = false;
      if (this.#closing.signal.aborted) return;
      if (found === undefined) {
        for (const { cursor } of requests) cursor.isAsking = false;
        this.#options.cursors.forgetStore();
        break;
      }
      for (const event of found) this.#options.onEvent(event, true);
      const proofs = new Map([[filter, "inferred" as const]]);
      cursor.answered(request, { events: found, proofs, uncut: Infinity });
    }
    this.#options.onAnswer();
  }

  #answered(
    { cursor, ...request }: CursorRequest,
    { events, answer, uncut, at }: {
      events: NostrEvent[];
      answer: FeedAnswer;
      uncut: number;
      at: number;
    },
  ): void {
    cursor.isAsking = false;
    if (answer.reason !== undefined) {
      const goesOn = answer.reason === "no-answer" && cursor.unproven(events);
      if (!goesOn) this.#options.cursors.fail(cursor, answer.reason);
      return this.run(this.#store(events));
    }
    const { proofs } = answer;
    for (const event of events) {
      if (this.#options.cursors.merge.buffer.isWaiting(event)) cursor.sent.add(event.id);
    }
    const own = proofs.has(request.filter)
      ? proofs
      : new Map([...proofs].filter(([filter]) => isPartOf(filter, request.filter)));
    const read = cursor.answered({ cursor, ...request }, { events, proofs: own, uncut });
    if (cursor.failure) this.#options.cursors.fail(cursor, cursor.failure.reason);
    this.run(this.#store(events, read && { cursor, read, at }));
  }

  /** Most events of an answer that the relay cannot have cut by itself. */
  #uncut(url: string, largest: number): number {
    const { cutAt, fullAt = 0 } = this.#options.sources.limits(url);
    return cutAt !== undefined ? cutAt - 1 : Math.max(fullAt, largest - 1);
  }

  /** Keeps events in the store, and remembers what is complete. */
  async #store(
    events: readonly NostrEvent[],
    answered?: { cursor: Cursor; read: ReadRange; at: number },
  ): Promise<void> {
    const { sources } = this.#options;
    const keeping = this.#keep(events);
    this.#keeping.add(keeping);
    const isKept = await keeping.finally(() => this.#keeping.delete(keeping));
    if (!answered) return;
    const { cursor, read, at } = answered;
    const { url, filter } = cursor;
    if (!canBeKept(filter)) return;
    sources.spans.add({
      relay: url,
      authors: filter.authors!,
      kinds: filter.kinds,
      ...read,
      at,
      ...isKept ? { store: this.#options.cursors.store } : {},
    });
  }

  /** Keeps events in the store; whether it has them. */
  async #keep(events: readonly NostrEvent[]): Promise<boolean> {
    const { keeps } = this;
    const { store, onKept, onUnkept } = this.#options;
    let deleted: ReadonlySet<string> = new Set();
    const failure = keeps ? await store!.keep(events, (ids) => deleted = ids) : undefined;
    onKept(events, deleted);
    if (failure) onUnkept?.(failure);
    return keeps && !failure;
  }
}

/** Whether a filter is another one with some values of its lists, and perhaps a lower limit. */
function isPartOf(part: NostrFilter, whole: NostrFilter): boolean {
  const names = Object.keys(whole);
  return names.length === Object.keys(part).length && names.every((name) => {
    if (name === "limit") return true;
    const [some, all]: unknown[] = [part, whole].map((filter) => filter[name as "authors"]);
    if (!Array.isArray(some) || !Array.isArray(all)) return some === all;
    // All values of a part come from one filter: the first tells which.
    return some.length > 0 && all.includes(some[0]);
  });
}
