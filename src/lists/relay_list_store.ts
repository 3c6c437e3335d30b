/**
 * Relay lists over any event store, cached in memory.
 *
 * The room `lists/` stores relay lists in any `NStore`: a *cache* in memory, *batches* that
 * many callers share, and a *writer* that lets the newest version win and keeps deleted ones
 * away. `UserLists` reads the lists of the app's own user.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NostrRelayCOUNT, NStore } from "@nostrify/types";
import { boundedRecords } from "../base/bounded_records.ts";
import { CircuitBreaker } from "../base/circuit_breaker.ts";
import type { OnDemand } from "../base/on_demand.ts";
import type { RecordStore } from "../base/record_store.ts";
import { checkedEvent, forgedError } from "../nostr/check_event.ts";
import { EventRefusedError } from "../nostr/errors.ts";
import { checkNotExpired, isExpired } from "../nostr/expiration.ts";
import { DM_LIST_KIND, LIST_KINDS, RELAY_LIST_KIND } from "../nostr/kinds.ts";
import type { RelayList, RelayListSource } from "../nostr/relay_knowledge.ts";
import { ANY_RELAY, parseRelayList } from "../nostr/relay_list.ts";
import { placesOf } from "../nostr/vanish_requests.ts";
import { BoundedStore } from "./bounded_store.ts";
import type { StoreResult } from "./bulk_write.ts";
import { checkAll } from "./check_all.ts";
import { ListCache } from "./list_cache.ts";
import type { ListWriter } from "./list_writer.ts";
import {
  type ListStoreSettings,
  listStoreSettings,
  type RelayListStoreOptions,
} from "./relay_list_store_options.ts";
import { writingPart } from "./write_lists.ts";
import type * as WritingPart from "./writing_part.ts";

export type { RelayListStoreOptions } from "./relay_list_store_options.ts";
export type { StoreResult } from "./bulk_write.ts";

/**
 * Called with a list that was stored, its kind, and the event that holds it. If the author
 * deleted the list instead, it has no relays, and there is no event.
 */
export type ListListener = (list: RelayList, kind: number, event?: NostrEvent) => void;

/**
 * Relay lists over any event store: kinds 10002 (NIP-65), 10050 (NIP-17), 10006,
 * 10007, 10009 (NIP-51), 10013 (NIP-37), and the drafts 10086 and 10089.
 *
 * It is an event store itself: it checks whatever is written through it, and
 * reads see that at once. It keeps parsed lists in memory and evicts the least
 * recently used. One query loads a batch, however many callers wait for it.
 *
 * Deletions (NIP-09) and requests to vanish (NIP-62) that are written through it
 * delete lists, and keep older versions from returning. A request to vanish counts if it names
 * all relays, or one of `relayUrls`; it deletes gift wraps to its author, too.
 *
 * A database that does not answer is waited for `storeTimeout` milliseconds, and then not
 * again until it answers: calls reject meanwhile, and what is in memory stays.
 *
 * @example Lists in memory
 * ```ts
 * import assert from "node:assert/strict";
 * import { RelayListStore } from "@npool/outbox";
 * import { openSqlite } from "@npool/outbox/sqlite";
 * import { finalizeEvent, generateSecretKey } from "nostr-tools";
 *
 * const db = await openSqlite(":memory:");
 * const store = new RelayListStore(db);
 *
 * const event = finalizeEvent({
 *   kind: 10002,
 *   created_at: 1_700_000_000,
 *   tags: [["r", "wss://nos.lol"]],
 *   content: "",
 * }, generateSecretKey());
 * await store.event(event);
 *
 * const lists = await store.get([event.pubkey]);
 * assert.deepEqual(lists.get(event.pubkey)?.write, ["wss://nos.lol/"]);
 *
 * await db.close();
 * ```
 */
export class RelayListStore implements NStore, RelayListSource {
  readonly #db: NStore;
  readonly #settings: ListStoreSettings;
  readonly #caches: ReadonlyMap<number, ListCache>;
  readonly #writing: OnDemand<typeof WritingPart & { readonly writer: ListWriter }>;
  readonly #listeners = new Set<{ readonly listener: ListListener }>();
  readonly #records: RecordStore | undefined;

  /**
   * Creates a cache of lists in front of a database.
   *
   * @param database Holds the events.
   * @throws {RangeError} If a number is out of its range.
   * @throws {TypeError} If `db` is no event store, or an option has the wrong type or does not exist.
   */
  constructor(database: NStore, options: RelayListStoreOptions = {}) {
    if (typeof database?.event !== "function" || typeof database.query !== "function") {
      throw new TypeError(
        `Cannot keep relay lists: "db" must have the methods event and query, got ${database}`,
      );
    }
    const settings = listStoreSettings(options);
    const breaker = new CircuitBreaker({
      clock: settings,
      timeout: settings.storeTimeout,
      isAnswer: (error) => error instanceof EventRefusedError,
    });
    const db = new BoundedStore(database, breaker);
    const { max } = settings;
    const parse = (event: NostrEvent) => this.#parse(event);
    const cache = (kind: number, max: number) =>
      new ListCache(db, { ...settings, parse, kind, max });
    const caches = new Map([
      [RELAY_LIST_KIND, cache(RELAY_LIST_KIND, max)],
      [DM_LIST_KIND, cache(DM_LIST_KIND, Math.ceil(max / 10))],
    ]);
    this.#db = db;
    this.#records = isRecordStore(database) ? boundedRecords(database, breaker) : undefined;
    this.#settings = settings;
    this.#caches = caches;
    this.#writing = writingPart.of((part) => ({
      ...part,
      writer: new part.ListWriter(db, {
        onCurrent: (event) => caches.get(event.kind)?.update(event),
        onUnknown: (pubkey) => caches.forEach((cache) => cache.invalidate(pubkey)),
        onStored: (event) => this.#notify(event.kind, () => this.#parse(event), event),
        onDeleted: (kind, { pubkey, created_at }) =>
          this.#notify(kind, () => ({ pubkey, created_at, write: [], read: [] })),
      }, placesOf(settings.relayUrls)),
    }));
  }

  /**
   * Looks up the relay lists of these people, in memory or in the database. People
   * without a list are absent from the result.
   *
   * @param opts.kind 10002 or 10050. Default: 10002.
   * @throws {RangeError} If `kind` is any other.
   * @throws What the database throws, which says nothing about who has a list.
   */
  async get(
    pubkeys: Iterable<string>,
    opts: { signal?: AbortSignal; kind?: number } = {},
  ): Promise<Map<string, RelayList>> {
    opts.signal?.throwIfAborted();
    return await this.#cache(opts.kind).get(pubkeys, opts.signal);
  }

  /**
   * What the cache holds of someone's list, without a query: `null` if the person has no
   * list, `undefined` if that is not known.
   *
   * @param kind 10002 or 10050.
   * @throws {RangeError} If `kind` is any other.
   */
  peek(pubkey: string, kind: number = RELAY_LIST_KIND): RelayList | null | undefined {
    return this.#cache(kind).peek(pubkey);
  }

  /**
   * Calls `listener` with each list, of any of the kinds, that is newer than the stored
   * one, once it is stored. Also calls it, with a list that has no relays, for each list that
   * its author deletes; but not for what {@link remove} removes, and for what other processes write
   * only after {@link reload}.
   *
   * @returns Removes the listener.
   */
  onList(listener: ListListener): () => void {
    const entry = { listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /**
   * Stores an event; if the database is durable, the event is durable when this resolves.
   * Storing an older version, or the same one again, is no error and changes nothing.
   *
   * @throws {EventRefusedError} If the event is malformed, forged, from the far
   * future, expired (NIP-40), deleted by its author, or a list with more than 32,768 characters
   * of JSON. Nothing is stored then.
   * @throws {TypeError} If the event deletes lists, and the database cannot remove.
   * @throws What the database throws.
   */
  async event(event: NostrEvent, opts: { signal?: AbortSignal } = {}): Promise<void> {
    opts.signal?.throwIfAborted();
    const checking = this.#check(event);
    const checked = checking instanceof Promise ? await checking : checking;
    const { writer } = this.#writing.loaded ?? await this.#writing.load();
    if (!LIST_KINDS.includes(checked.kind)) return await writer.writeOther(checked, opts);
    const { refused } = await writer.writeLists([checked], opts);
    if (refused.length > 0) throw refused[0];
  }

  /**
   * Stores many events as {@link event} would store each, but lists far faster: in
   * batches that take few queries and, with the databases of this library, few
   * transactions. After every ten milliseconds of verifying signatures, other work gets a
   * turn. A list that is stored already is not verified again; that is true of most lists
   * that are requested again.
   *
   * @returns How many events were stored, and which were refused.
   * @throws What the database throws, or the signal's reason. Earlier events may be stored
   * then.
   */
  async events(
    events: Iterable<NostrEvent>,
    opts: { signal?: AbortSignal } = {},
  ): Promise<StoreResult> {
    opts.signal?.throwIfAborted();
    const { batchSize, now } = this.#settings;
    const { bulkWrite, writer } = this.#writing.loaded ?? await this.#writing.load();
    return await bulkWrite(events, {
      db: this.#db,
      writer,
      check: (event, isVerified) => this.#check(event, isVerified),
      batchSize,
      now,
    }, opts);
  }

  /**
   * Keeps lists in memory that the database could not store, each for `ttl` or until a newer
   * one is stored: {@link get}, {@link peek} and listeners see them. Verifies them as
   * {@link events} does. A list that is not newer than the one in memory is left out.
   *
   * @returns The events that were refused.
   * @throws The signal's reason.
   */
  async hold(
    lists: Iterable<NostrEvent>,
    opts: { signal?: AbortSignal } = {},
  ): Promise<readonly EventRefusedError[]> {
    const refused: EventRefusedError[] = [];
    const check = (event: NostrEvent) => this.#check(event);
    const { now } = this.#settings;
    for (const list of await checkAll([...lists], new Set(), refused, { check, now }, opts)) {
      const isNews = this.#caches.get(list.kind)?.hold(list) ?? LIST_KINDS.includes(list.kind);
      if (isNews) this.#notify(list.kind, () => this.#parse(list), list);
    }
    return refused;
  }

  /**
   * Reads lists again that another process has stored or deleted, as far as they are in memory, and
   * calls listeners with what is new.
   *
   * @param keys `<kind>:<pubkey>` of lists, or of events that may have deleted lists.
   * @throws What the database throws.
   */
  async reload(keys: Iterable<string>): Promise<void> {
    const { reloadLists } = this.#writing.loaded ?? await this.#writing.load();
    await reloadLists(this.#db, keys, {
      caches: this.#caches,
      batchSize: this.#settings.batchSize,
      onNewer: (event) => this.#notify(event.kind, () => this.#parse(event), event),
      onGone: (kind, { pubkey, created_at }) =>
        this.#notify(kind, () => ({ pubkey, created_at, write: [], read: [] })),
    });
  }

  /** The database as a store of records; `undefined` if it keeps none. */
  get records(): RecordStore | undefined {
    return this.#records;
  }

  /** Queries the database for events (NIP-01), and leaves out expired ones (NIP-40). */
  async query(filters: NostrFilter[], opts?: { signal?: AbortSignal }): Promise<NostrEvent[]> {
    const now = this.#settings.now() / 1000;
    return (await this.#db.query(filters, opts)).filter((event) => !isExpired(event, now));
  }

  /** Counts the events of the database that match. */
  async count(
    filters: NostrFilter[],
    opts?: { signal?: AbortSignal },
  ): Promise<NostrRelayCOUNT[2]> {
    if (this.#db.count) return await this.#db.count(filters, opts);
    return { count: (await this.query(filters, opts)).length };
  }

  /**
   * Removes events from the database, without keeping them from returning.
   *
   * @throws {TypeError} If the database cannot remove.
   */
  async remove(filters: NostrFilter[], opts?: { signal?: AbortSignal }): Promise<void> {
    const { writer } = this.#writing.loaded ?? await this.#writing.load();
    await writer.remove(filters, opts);
  }

  #cache(kind: number = RELAY_LIST_KIND): ListCache {
    const cache = this.#caches.get(kind);
    if (cache) return cache;
    throw new RangeError(
      `Cannot look up relay lists: "kind" must be ${RELAY_LIST_KIND} or ${DM_LIST_KIND}, got ${kind}`,
    );
  }

  #check(event: NostrEvent, isVerified = false): NostrEvent | Promise<NostrEvent> {
    const { now, maxFuture, verifyEvent } = this.#settings;
    const latest = Math.floor(now() / 1000) + maxFuture;
    const checked = checkedEvent(event, latest);
    const passed = (isValid: boolean) => {
      if (!isValid) throw forgedError(event);
      checkNotExpired(checked, now() / 1000);
      return checked;
    };
    const isValid = isVerified || verifyEvent({ ...checked });
    return isValid instanceof Promise ? isValid.then(passed) : passed(isValid);
  }

  /** Applies no policy: routers with different policies may share one store. */
  #parse(event: NostrEvent): RelayList {
    return parseRelayList(event, { policy: ANY_RELAY, maxEntries: this.#settings.maxEntries });
  }

  #notify(kind: number, read: () => RelayList, event?: NostrEvent): void {
    if (this.#listeners.size === 0) return;
    const list = read();
    for (const { listener } of this.#listeners) {
      try {
        listener(list, kind, event);
      } catch (cause) {
        this.#settings.onError(
          new Error("A listener of RelayListStore.onList() failed", { cause }),
        );
      }
    }
  }
}

function isRecordStore(db: NStore & Partial<RecordStore>): db is NStore & RecordStore {
  return typeof db.readRecords === "function" && typeof db.writeRecords === "function";
}
