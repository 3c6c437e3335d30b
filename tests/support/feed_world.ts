/**
 * A world for the laws of feeds: relays that cap, die, come back, repeat and prune, without sockets.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import * as fc from "fast-check";
import { matchFilter } from "nostr-tools";
import type { RecordStore, RecordTopic } from "../../src/base/record_store.ts";
import { firstPage, isCut } from "../../src/connections/pagination.ts";
import type { AnswerProof } from "../../src/nostr/answer_proof.ts";
import { createFeed, type Feed } from "../../src/feeds/feed.ts";
import type { FeedOptions } from "../../src/feeds/feed_options.ts";
import type { FeedAnswer, FeedPage, FeedSources } from "../../src/feeds/feed_sources.ts";
import { FeedStore } from "../../src/feeds/feed_store.ts";
import { planSettings } from "../../src/plan/plan_options.ts";
import { planRequest } from "../../src/plan/replan.ts";
import { reqParts } from "../../src/plan/req_parts.ts";
import { SpanBook } from "../../src/spans/span_book.ts";
import { relayList } from "../../testing/memory_source.ts";
import { START, TestClock } from "../../testing/test_clock.ts";

/** What one relay is like. */
export interface FeedRelay {
  /** Most events of one answer to one filter. */
  readonly cap: number;
  /** How it answers: never, after the patience of a page, or only from the third time on. */
  readonly fate: "lives" | "dead" | "late" | "returns";
  /** Whether it says where its answers end (NIP-67). */
  readonly hints: boolean;
  /** Whether it sends each event twice. */
  readonly repeats: boolean;
}

/** What a world is made of; indexes point to people and relays. */
export interface FeedPlot {
  /** The relays of each person's list. */
  readonly lists: readonly (readonly number[])[];
  readonly relays: readonly FeedRelay[];
  /** Who wrote when, and which relays of the author's list have it not. */
  readonly posts: readonly { author: number; at: number; missing: readonly number[] }[];
  readonly pageSize: number;
}

/** A relay that lives, cuts nothing short, and says where its answers end. */
export const LIVES = { cap: 500, fate: "lives", hints: true, repeats: false } as const;

/** The newest second of a post. */
export const NEWEST = START - 10;
/** The longest a late relay takes. */
const LATE_MS = 5_000;

/** Any plot. */
export const feedPlot: fc.Arbitrary<FeedPlot> = fc.record({
  lists: fc.array(fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 5,
  }),
  relays: fc.array(
    fc.record({
      cap: fc.constantFrom(2, 3, 7, 500),
      fate: fc.constantFrom("lives", "lives", "lives", "dead", "late", "returns"),
      hints: fc.boolean(),
      repeats: fc.boolean(),
    }),
    { minLength: 5, maxLength: 5 },
  ),
  posts: fc.array(
    fc.record({
      // One posts much more than others, and many posts are of one second.
      author: fc.oneof(fc.constant(0), fc.nat(4)),
      at: fc.oneof(fc.nat(2), fc.constant(1_000), fc.nat(20), fc.nat(3_000), fc.nat(3_000_000)),
      missing: fc.uniqueArray(fc.nat(4), { maxLength: 2 }),
    }),
    { maxLength: 50 },
  ),
  pageSize: fc.constantFrom(1, 2, 5, 20),
});

/** A pubkey by its number. */
export function person(index: number): string {
  return (index + 1).toString(16).padStart(64, "0");
}

/** See the module. */
export class FeedWorld {
  readonly clock: TestClock = new TestClock();
  readonly plot: FeedPlot;
  readonly relays = new Map<string, Set<NostrEvent>>();
  readonly errors: Error[] = [];
  /** Every request: the relay and its filters. */
  readonly asked: { url: string; filters: readonly NostrFilter[] }[] = [];
  /** Every event that a relay sent in answer to a request. */
  sent: NostrEvent[] = [];
  /** What pages showed of relays. */
  readonly delivery: { url: string; hits: number; misses: number }[] = [];
  /** Relays that answer from now on as living ones do. */
  readonly healed = new Set<string>();
  /** Relays that are not to be connected to. */
  readonly resting = new Set<string>();
  /** Lists that changed: the relays of people, by their numbers. */
  readonly #lists = new Map<number, readonly number[]>();
  readonly #listListeners = new Set<Parameters<FeedSources["onList"]>[0]>();
  #spans: SpanBook;
  readonly #records?: RecordStore;
  readonly #asks = new Map<string, number>();
  readonly #listeners = new Set<(event: NostrEvent) => void>();
  #ids = 0;

  constructor(plot: FeedPlot, records?: RecordStore) {
    this.plot = plot;
    this.#records = records;
    this.#spans = this.#newSpans();
    for (const [index] of plot.relays.entries()) this.relays.set(urlOf(index), new Set());
    for (const { author, at, missing } of plot.posts) this.post(author, NEWEST - at, missing);
  }

  /** The people. */
  get people(): string[] {
    return this.plot.lists.map((_, index) => person(index));
  }

  /** The feed of all people, or of these filters; some sources may be others. */
  feed(
    options: FeedOptions = {},
    filters: readonly NostrFilter[] = this.filters,
    sources: Partial<FeedSources> = {},
  ): Feed {
    return createFeed(filters, { pageSize: this.plot.pageSize, ...options }, {
      sources: { ...this.sources, ...sources },
      storeOf: (store) => this.#storeOf(store),
      onClose: () => () => {},
      refuseClosed: () => {},
    });
  }

  /** The filters of the feed of all people. */
  get filters(): NostrFilter[] {
    return [{ kinds: [1], authors: this.people }];
  }

  /** What the program forgets when it ends. */
  async restart(): Promise<void> {
    await this.#spans.close();
    this.#spans = this.#newSpans();
    this.#asks.clear();
  }

  /** Publishes to the relays of the author's list, but to some; tells who listens. */
  post(author: number, created_at: number, missing: readonly number[] = []): NostrEvent {
    const index = author % this.plot.lists.length;
    const event: NostrEvent = {
      id: (++this.#ids * 7919 % 1_000_003).toString(16).padStart(64, "0"),
      kind: 1,
      pubkey: person(index),
      created_at,
      tags: [],
      content: "",
      sig: "",
    };
    for (const relay of this.#listOf(index)) {
      if (missing.includes(relay)) continue;
      this.relays.get(urlOf(relay))!.add(event);
    }
    for (const listen of this.#listeners) listen(event);
    return event;
  }

  /** Gives somebody another list, and tells who listens. */
  move(author: number, list: readonly number[]): void {
    const index = author % this.plot.lists.length;
    this.#lists.set(index, list);
    for (const listen of this.#listListeners) listen(person(index), { write: list.map(urlOf) });
  }

  /** How many listeners nobody removed. */
  get listeners(): number {
    return this.#listListeners.size + this.#listeners.size;
  }

  #listOf(index: number): readonly number[] {
    return this.#lists.get(index) ?? this.plot.lists[index];
  }

  /** What a relay is like; those beyond the plot live. */
  relay(url: string): FeedRelay {
    return this.plot.relays[Number(/\d+/.exec(url)![0])];
  }

  /** The relays that a feed of all people asks for each person, while all of them work. */
  get planned(): Map<string, string[]> {
    return this.plannedFor(this.filters);
  }

  /** The relays that a feed of these filters asks for each person, while all of them work. */
  plannedFor(asked: readonly NostrFilter[]): Map<string, string[]> {
    const relays = new Map<string, string[]>();
    for (const [url, filters] of this.#plan(asked).plan.routes) {
      for (const { authors = [] } of filters) {
        for (const author of authors) relays.set(author, [...relays.get(author) ?? [], url]);
      }
    }
    return relays;
  }

  readonly sources: FeedSources = {
    clock: this.clock,
    spans: {
      ready: () => this.#spans.ready(),
      add: (range) => this.#spans.add(range),
      get: (...args) => this.#spans.get(...args),
      relaysOf: (author) => this.#spans.relaysOf(author),
      storeMarks: () => this.#spans.storeMarks(),
      markStore: (store, ids) => this.#spans.markStore(store, ids),
    },
    plan: (filters) => Promise.resolve(this.#plan(filters)),
    ask: (url, filters, opts) => this.#ask(url, filters, opts),
    isResting: (url) => this.resting.has(url),
    limits: () => ({}),
    onDelivery: (url, hits, misses) => this.delivery.push({ url, hits, misses }),
    onList: (listener) => {
      this.#listListeners.add(listener);
      return () => this.#listListeners.delete(listener);
    },
    onError: (error) => this.errors.push(error),
    live: (filters, signal) => this.#live(filters, signal),
  };

  #newSpans(): SpanBook {
    const onError = (error: Error) => this.errors.push(error);
    return new SpanBook({ clock: this.clock, backend: this.#records, onError });
  }

  readonly #stores = new WeakMap<NStore, FeedStore>();
  readonly #numbers = new Set<number>();
  #storeOf(store: NStore): FeedStore {
    const known = this.#stores.get(store) ?? new FeedStore(store, {
      clock: this.clock,
      spans: this.sources.spans,
      numbers: this.#numbers,
      timeout: 5_000,
      onError: (error) => this.errors.push(error),
    });
    this.#stores.set(store, known);
    return known;
  }

  #plan(filters: readonly NostrFilter[]) {
    const knowledge = new Map(this.plot.lists.map((_, index) => {
      const write = this.#listOf(index).map(urlOf);
      return [person(index), relayList(person(index), { write })] as const;
    }));
    return planRequest(reqParts(filters), knowledge, planSettings({ indexerRelays: [] }), false);
  }

  async #ask(
    url: string,
    filters: readonly NostrFilter[],
    { onEvent, signal }: Parameters<FeedSources["ask"]>[2],
  ): Promise<FeedAnswer> {
    this.asked.push({ url, filters });
    const { fate, cap, hints, repeats } = this.relay(url);
    const count = (this.#asks.get(url) ?? 0) + 1;
    this.#asks.set(url, count);
    const isHealed = this.healed.has(url);
    const isDown = !isHealed && (fate === "dead" || fate === "returns" && count < 2);
    if (isDown) return { reason: "unreachable", proofs: new Map() };
    if (fate === "late" && !isHealed) {
      await new Promise<void>((resolve) => {
        this.clock.after(LATE_MS, resolve);
        signal.addEventListener("abort", () => resolve());
      });
    }
    const proofs = new Map<NostrFilter, AnswerProof>();
    for (const filter of filters) {
      const all = [...this.relays.get(url)!].filter((event) => matchFilter(filter, event))
        .sort((a, b) => b.created_at - a.created_at);
      const sent = all.slice(0, Math.min(cap, filter.limit ?? Infinity));
      for (const event of sent) {
        this.sent.push(event);
        onEvent(event);
        if (repeats) onEvent(event);
      }
      const page = { ...firstPage(filter), count: sent.length * (repeats ? 2 : 1) };
      const words = hints ? [sent.length < all.length ? "more" as const : "finish" as const] : [];
      const proof = isCut(page, {}, words) ? "unknown" : hints ? "finish" : "inferred";
      proofs.set(filter, proof);
    }
    return { proofs };
  }

  async *#live(filters: readonly NostrFilter[], signal: AbortSignal) {
    const queue: NostrEvent[] = [];
    let wake = () => {};
    const listen = (event: NostrEvent) => {
      if (filters.some((filter) => matchFilter(filter, event))) queue.push(event);
      wake();
    };
    signal.addEventListener("abort", () => wake());
    for (const events of this.relays.values()) events.forEach(listen);
    this.#listeners.add(listen);
    try {
      while (!signal.aborted) {
        const event = queue.shift();
        if (event) yield event;
        else await new Promise<void>((resolve) => wake = resolve);
      }
    } finally {
      this.#listeners.delete(listen);
    }
  }
}

/** A store of events in memory. */
export class EventStore implements NStore {
  readonly events = new Map<string, NostrEvent>();
  /** What every call fails with. */
  error?: Error;

  event(event: NostrEvent): Promise<void> {
    if (this.error) return Promise.reject(this.error);
    this.events.set(event.id, event);
    return Promise.resolve();
  }

  query(filters: NostrFilter[]): Promise<NostrEvent[]> {
    if (this.error) return Promise.reject(this.error);
    const sorted = [...this.events.values()].sort((a, b) => b.created_at - a.created_at);
    const found = filters.flatMap((filter) =>
      sorted.filter((event) => matchFilter(filter, event)).slice(0, filter.limit)
    );
    return Promise.resolve([...new Set(found)]);
  }
}

/** A store into which a feed was read to its end. */
export async function filledStore(world: FeedWorld): Promise<EventStore> {
  const store = new EventStore();
  const feed = world.feed({ store });
  await readPages(world, feed);
  await feed.close();
  return store;
}

/** Records in memory. */
export class MemoryRecords implements RecordStore {
  readonly #topics = new Map<string, Map<string, string>>();

  readRecords(topic: RecordTopic): Promise<Map<string, string>> {
    return Promise.resolve(new Map(this.#topics.get(topic)));
  }

  writeRecords(topic: RecordTopic, records: ReadonlyMap<string, string>): Promise<void> {
    const kept = this.#topics.get(topic) ?? new Map<string, string>();
    for (const [key, record] of records) kept.set(key, record);
    this.#topics.set(topic, kept);
    return Promise.resolve();
  }
}

/** Waits for a promise, and lets the time go on meanwhile. */
export async function during<T>(world: FeedWorld, promise: Promise<T>): Promise<T> {
  let isOver = false;
  const over = promise.finally(() => isOver = true);
  void Promise.allSettled([over]);
  while (!isOver) await world.clock.advance(500);
  return over;
}

/** Reads a feed to its end, or some pages of it, or down to a time. */
export async function readPages(
  world: FeedWorld,
  feed: Feed,
  { most = Infinity, since = -Infinity }: { most?: number; since?: number } = {},
): Promise<FeedPage[]> {
  const pages: FeedPage[] = [];
  while (pages.length < most && !(pages.length > 0 && pages[pages.length - 1].since <= since)) {
    const { done, value } = await during(world, feed.next());
    if (done) break;
    pages.push(value);
  }
  return pages;
}

/** What pages have, late events included. */
export function eventsOf(pages: readonly FeedPage[]): NostrEvent[] {
  return pages.flatMap(({ events, late }) => [...events, ...late]);
}

/** The URL of a relay by its number. */
export function urlOf(index: number): string {
  return `wss://r${index}.example/`;
}
