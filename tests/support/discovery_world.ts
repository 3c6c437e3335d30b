/**
 * Discovery among relays that do what a test says, by a clock that the test moves on.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import { matchFilters } from "nostr-tools";
import { PersistentMap } from "../../src/base/persistent_map.ts";
import type { RecordStore } from "../../src/base/record_store.ts";
import { Discovery } from "../../src/discovery/discovery.ts";
import type { DiscoveryOptions } from "../../src/discovery/discovery_options.ts";
import type { DiscoveryProgress } from "../../src/discovery/discovery_progress.ts";
import type { SearchAnswer } from "../../src/discovery/relay_search_queue.ts";
import { SEARCH_LOG_RECORDS } from "../../src/discovery/search_log.ts";
import { RelayListStore } from "../../src/lists/relay_list_store.ts";
import { isNewer } from "../../src/nostr/versions.ts";
import { quiet, START, TestClock } from "../../testing/test_clock.ts";
import { listEvent } from "./list_store.ts";

/** Indexers. */
export const I1 = "wss://i1.example/", I2 = "wss://i2.example/", I3 = "wss://i3.example/";
/** A fallback relay. */
export const F = "wss://f.example/";
/** A relay that hints name. */
export const H = "wss://h.example/";
/** The signature of what is forged. */
export const FORGED = "f".repeat(128);

/** The nth person. */
export const person = (n: number): string => n.toString(16).padStart(64, "0");
/** So many people. */
export const people = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => person(i));
/** The kind 10002 list of the nth person. */
export const list = (n: number, created_at = START): NostrEvent =>
  listEvent(person(n), [`wss://${n}.example/`], created_at);
/** The lists of the first so many people. */
export const lists = (count: number): NostrEvent[] =>
  Array.from({ length: count }, (_, i) => list(i));

/** A request at a relay. */
export interface FakeAsk {
  readonly url: string;
  readonly filters: readonly NostrFilter[];
  /** Whom it asks for. */
  readonly authors: readonly string[];
  readonly onEvent: (event: NostrEvent) => void;
  /** Ends it. */
  readonly end: (asked?: SearchAnswer) => void;
  /** Whether it was ended, from whichever side. */
  isOver: boolean;
  /** Whether it was ended from the asking side. */
  wasAborted: boolean;
}

/** What a relay does with a request; it may do it later. */
export type FakeRelay = (ask: FakeAsk) => void;

/** How relays end their answers. */
export const COMPLETE: SearchAnswer = { answered: true, complete: true };
export const CUT: SearchAnswer = { answered: true, complete: false };
export const FAILED: SearchAnswer = { answered: false, complete: false };

/** A relay that holds these events, and answers at once. */
export function holds(events: readonly NostrEvent[], asked: SearchAnswer = COMPLETE): FakeRelay {
  const byAuthor = new Map<string, NostrEvent[]>();
  for (const event of events) {
    byAuthor.set(event.pubkey, [...byAuthor.get(event.pubkey) ?? [], event]);
  }
  return ({ filters, authors, onEvent, end }) => {
    for (const author of authors) {
      for (const event of byAuthor.get(author) ?? []) {
        if (matchFilters([...filters], event)) onEvent(event);
      }
    }
    end(asked);
  };
}

/** A relay that cannot be asked. */
export const fails: FakeRelay = ({ end }) => end(FAILED);
/** A relay that never ends its answer. */
export const hangs: FakeRelay = () => {};

/** An event store of one version of each list, as fast as a map. */
export class MapStore implements NStore {
  readonly events = new Map<string, NostrEvent>();
  /** What every call fails with. */
  error?: Error;

  event(event: NostrEvent): Promise<void> {
    if (this.error) return Promise.reject(this.error);
    const key = `${event.kind}:${event.pubkey}`;
    const stored = this.events.get(key);
    if (!stored || isNewer(event, stored)) this.events.set(key, event);
    return Promise.resolve();
  }

  query(filters: NostrFilter[]): Promise<NostrEvent[]> {
    if (this.error) return Promise.reject(this.error);
    const found = filters.flatMap(({ kinds = [], authors = [] }) =>
      kinds.flatMap((kind) =>
        authors.flatMap((author) => this.events.get(`${kind}:${author}`) ?? [])
      )
    );
    return Promise.resolve([...new Set(found)]);
  }

  remove(filters: NostrFilter[]): Promise<void> {
    for (const { kinds = [], authors = [] } of filters) {
      for (const kind of kinds) {
        for (const author of authors) this.events.delete(`${kind}:${author}`);
      }
    }
    return Promise.resolve();
  }
}

/** See the module. */
export class DiscoveryWorld {
  readonly clock: TestClock = new TestClock();
  readonly db: MapStore = new MapStore();
  readonly store: RelayListStore;
  readonly discovery: Discovery;
  /** Every request, in the order in which they were sent. */
  readonly asks: FakeAsk[] = [];
  /** What relays do; those that are not named have nothing. */
  readonly relays: Map<string, FakeRelay>;
  /** Relays that are not to be asked. */
  readonly unusable: Set<string> = new Set();
  readonly weights: Map<string, number> = new Map();
  readonly hints: Map<string, string[]> = new Map();
  readonly errors: Error[] = [];
  readonly progress: DiscoveryProgress[] = [];
  /** How many signatures were verified. */
  verified = 0;
  /** Most requests under way at one relay. */
  most = 0;
  /** Whom one relay was asked for although it was being asked for them, by kind. */
  readonly doubles: string[] = [];

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
    this.discovery = new Discovery({
      clock,
      random: () => 0.5,
      store: this.store,
      ask: (...args) => this.#ask(...args),
      indexers: [I1, I2, I3],
      fallbacks: [F],
      hintsOf: (pubkey) => this.hints.get(pubkey) ?? [],
      isUsable: (url) => !this.unusable.has(url),
      weight: (url) => this.weights.get(url) ?? 1,
      searchLog: new PersistentMap({
        ...SEARCH_LOG_RECORDS,
        clock,
        backend,
        onError,
        max: 200_000,
      }),
      refreshAfter: 6 * 3_600_000,
      missingTtl: 3_600_000,
      onProgress: (progress) => this.progress.push(progress),
      onError,
      ...options,
    });
  }

  /** Finds lists, for as long as it takes in milliseconds by the clock. */
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

  /** Lets all happen that can without time passing. */
  async turn(): Promise<void> {
    for (let round = 0; round < 5; round++) {
      await quiet();
      await this.clock.advance(0);
    }
    await quiet();
  }

  /** The requests at a relay, of which whom each was for. */
  at(url: string): readonly (readonly string[])[] {
    return this.asks.filter((ask) => ask.url === url).map(({ authors }) => authors);
  }

  /** Of how many of these people a list is stored. */
  async known(pubkeys: Iterable<string>, kind = 10002): Promise<number> {
    return (await this.store.query([{ kinds: [kind], authors: [...pubkeys] }])).length;
  }

  #ask(
    url: string,
    filters: readonly NostrFilter[],
    onEvent: (event: NostrEvent) => void,
    signal: AbortSignal,
  ): Promise<SearchAnswer> {
    const { promise, resolve } = Promise.withResolvers<SearchAnswer>();
    const authors = filters.flatMap(({ authors = [] }) => authors);
    const ask: FakeAsk = {
      url,
      filters,
      authors,
      onEvent,
      end: (asked = COMPLETE) => {
        ask.isOver = true;
        resolve(asked);
      },
      isOver: false,
      wasAborted: false,
    };
    signal.addEventListener("abort", () => {
      if (ask.isOver) return;
      ask.wasAborted = true;
      ask.end(FAILED);
    });
    const others = this.asks.filter((other) => other.url === url && !other.isOver);
    const wanted = new Set(others.flatMap(wantedBy));
    this.doubles.push(...wantedBy(ask).filter((key) => wanted.has(key)));
    this.most = Math.max(this.most, others.length + 1);
    this.asks.push(ask);
    (this.relays.get(url) ?? holds([]))(ask);
    return promise;
  }
}

function wantedBy({ url, filters }: FakeAsk): string[] {
  return filters.flatMap(({ kinds = [], authors = [] }) =>
    kinds.flatMap((kind) => authors.map((author) => `${url} ${kind} ${author}`))
  );
}

/** Whether a promise has settled once all has happened that can at this time. */
export async function settles(world: DiscoveryWorld, promise: Promise<unknown>): Promise<boolean> {
  let is = false;
  const over = () => void (is = true);
  promise.then(over, over);
  await world.turn();
  return is;
}
