/**
 * Discovery among relays that do what a test says, by a clock that the test advances.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { PersistentMap } from "../../src/base/persistent_map.ts";
import type { RecordStore } from "../../src/base/record_store.ts";
import { Discovery } from "../../src/discovery/discovery.ts";
import type { DiscoveryOptions } from "../../src/discovery/discovery_options.ts";
import type { DiscoveryProgress } from "../../src/discovery/discovery_progress.ts";
import type { SearchAnswer } from "../../src/discovery/relay_search_queue.ts";
import { SEARCH_LOG_RECORDS, type SearchLog } from "../../src/discovery/search_log.ts";
import { RelayListStore } from "../../src/lists/relay_list_store.ts";
import { quiet, TestClock } from "../../testing/test_clock.ts";
import {
  COMPLETE,
  F,
  FAILED,
  type FakeRelay,
  type FakeRequest,
  holds,
  I1,
  I2,
  I3,
} from "./fake_relays.ts";
import { MapStore } from "./map_store.ts";

/** The signature of a forged event. */
export const FORGED = "f".repeat(128);

/** One hour. */
export const HOUR_MS = 3_600_000;

/** See the module. */
export class DiscoveryWorld {
  readonly clock: TestClock = new TestClock();
  readonly db: MapStore = new MapStore();
  readonly store: RelayListStore;
  readonly discovery: Discovery;
  /** What the discovery logs. */
  readonly searchLog: PersistentMap<SearchLog>;
  /** Every request, in the order in which they were sent. */
  readonly requests: FakeRequest[] = [];
  /** What relays do; those that are absent hold nothing. */
  readonly relays: Map<string, FakeRelay>;
  /** Relays that may not be asked. */
  readonly unusable: Set<string> = new Set();
  readonly weights: Map<string, number> = new Map();
  readonly hints: Map<string, string[]> = new Map();
  readonly errors: Error[] = [];
  readonly progress: DiscoveryProgress[] = [];
  /** How many signatures were verified. */
  verified = 0;
  /** Most concurrent requests at one relay. */
  maxConcurrent = 0;
  /** The lists that a relay was asked for while another request there was for them. */
  readonly duplicates: string[] = [];

  constructor(
    relays: Readonly<Record<string, FakeRelay>> = {},
    { backend, ...options }: Partial<DiscoveryOptions> & { backend?: RecordStore } = {},
  ) {
    this.relays = new Map(Object.entries(relays));
    const { clock } = this;
    const onError = (error: Error) => void this.errors.push(error);
    this.store = new RelayListStore(this.db, {
      now: () => clock.now(),
      missingTtl: 1,
      verifyEvent: ({ sig }) => {
        this.verified++;
        return sig !== FORGED;
      },
    });
    this.searchLog = new PersistentMap({
      ...SEARCH_LOG_RECORDS,
      clock,
      backend,
      onError,
      max: 200_000,
    });
    this.discovery = new Discovery({
      clock,
      random: () => 0.5,
      store: this.store,
      ask: (...args) => this.#request(...args),
      indexers: [I1, I2, I3],
      fallbacks: [F],
      hintsOf: (pubkey) => this.hints.get(pubkey) ?? [],
      isUsable: (url) => !this.unusable.has(url),
      weight: (url) => this.weights.get(url) ?? 1,
      searchLog: this.searchLog,
      refreshAfter: 6 * HOUR_MS,
      missingTtl: HOUR_MS,
      onProgress: (progress) => this.progress.push(progress),
      onError,
      ...options,
    });
  }

  /** Finds lists, and advances the clock for as long as that takes, `wait` ms at most. */
  async find(pubkeys: Iterable<string>, wait = 60_000, kind = 10002): Promise<void> {
    let isOver = false;
    const found = this.discovery.find(kind, pubkeys, { wait }).finally(() => isOver = true);
    await this.turn();
    for (let ms = 0; !isOver && ms < wait; ms += 500) {
      await this.clock.advance(500);
      await quiet();
    }
    await found;
  }

  /** Lets everything happen that can without time passing. */
  async turn(): Promise<void> {
    for (let round = 0; round < 5; round++) {
      await quiet();
      await this.clock.advance(0);
    }
    await quiet();
  }

  /** The authors of each request at a relay. */
  at(url: string): readonly (readonly string[])[] {
    return this.requests.filter((request) => request.url === url).map(({ authors }) => authors);
  }

  /** How many of these people have a stored list. */
  async known(pubkeys: Iterable<string>, kind = 10002): Promise<number> {
    return (await this.store.query([{ kinds: [kind], authors: [...pubkeys] }])).length;
  }

  #request(
    url: string,
    filters: readonly NostrFilter[],
    onEvent: (event: NostrEvent) => void,
    signal: AbortSignal,
  ): Promise<SearchAnswer> {
    const { promise, resolve } = Promise.withResolvers<SearchAnswer>();
    const authors = filters.flatMap(({ authors = [] }) => authors);
    const request: FakeRequest = {
      url,
      filters,
      authors,
      onEvent,
      end: (answer = COMPLETE) => {
        request.isOver = true;
        resolve(answer);
      },
      isOver: false,
      wasAborted: false,
    };
    signal.addEventListener("abort", () => {
      if (request.isOver) return;
      request.wasAborted = true;
      request.end(FAILED);
    });
    const others = this.requests.filter((other) => other.url === url && !other.isOver);
    const requested = new Set(others.flatMap(listsOf));
    this.duplicates.push(...listsOf(request).filter((key) => requested.has(key)));
    this.maxConcurrent = Math.max(this.maxConcurrent, others.length + 1);
    this.requests.push(request);
    (this.relays.get(url) ?? holds([]))(request);
    return promise;
  }
}

/** Relay, kind and author of each list that a request is for. */
function listsOf({ url, filters }: FakeRequest): string[] {
  return filters.flatMap(({ kinds = [], authors = [] }) =>
    kinds.flatMap((kind) => authors.map((author) => `${url} ${kind} ${author}`))
  );
}

/** Whether a promise settles without time passing. */
export async function settles(world: DiscoveryWorld, promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const settle = () => void (isSettled = true);
  promise.then(settle, settle);
  await world.turn();
  return isSettled;
}
