/**
 * Relay lists in any event store, at the speed of memory.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NostrRelayCOUNT, NStore } from "@nostrify/types";
import type { RecordStore } from "../base/record_store.ts";
import { checkedEvent } from "../nostr/check_event.ts";
import { DM_LIST_KIND, LIST_KINDS, RELAY_LIST_KIND } from "../nostr/kinds.ts";
import { ANY_RELAY, parseRelayList } from "../nostr/relay_list.ts";
import type { RelayList, RelayListSource } from "../nostr/types.ts";
import { bulkWrite, type StoreResult } from "./bulk_write.ts";
import { ListCache } from "./list_cache.ts";
import { ListWriter } from "./list_writer.ts";
import {
  type ListStoreSettings,
  listStoreSettings,
  type RelayListStoreOptions,
} from "./relay_list_store_options.ts";

export type { RelayListStoreOptions } from "./relay_list_store_options.ts";
export type { StoreResult } from "./bulk_write.ts";

/**
 * Called with a list that was stored, its kind, and the event that it was read from. An
 * author who deletes a list leaves one without relays, and no event.
 */
export type ListListener = (list: RelayList, kind: number, event?: NostrEvent) => void;

/**
 * Relay lists over any event store: kinds 10002 (NIP-65), 10050 (NIP-17), 10006,
 * 10007, 10009 (NIP-51) and 10013 (NIP-37).
 *
 * It is an event store itself: whatever is written through it is checked, and
 * reads see it at once. Parsed lists are kept in memory, the least recently used
 * going first. The database is asked once per batch, however many callers wait.
 *
 * Deletions (NIP-09) and requests to vanish (NIP-62) that are written through it
 * take lists back, and keep older versions from returning.
 *
 * @example Lists in memory
 * ```ts
 * import assert from "node:assert/strict";
 * import { RelayListStore } from "@npool/outbox";
 * import { openSqlite } from "@npool/outbox/sqlite";
 * import { finalizeEvent, generateSecretKey } from "nostr-tools";
 *
 * await using db = await openSqlite(":memory:");
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
 * ```
 */
export class RelayListStore implements NStore, RelayListSource {
  readonly #db: NStore;
  readonly #settings: ListStoreSettings;
  readonly #memories: ReadonlyMap<number, ListCache>;
  readonly #writer: ListWriter;
  readonly #listeners = new Set<{ readonly listener: ListListener }>();

  /**
   * Puts a memory of lists before a database.
   *
   * @param db Where events are kept.
   * @throws {RangeError} If a number is out of its range.
   * @throws {TypeError} If `db` is no event store, or an option has the wrong type.
   */
  constructor(db: NStore, options: RelayListStoreOptions = {}) {
    if (typeof db?.event !== "function" || typeof db.query !== "function") {
      throw new TypeError(
        `Cannot keep relay lists: "db" must have the methods event and query, got ${db}`,
      );
    }
    const settings = listStoreSettings(options);
    const { max } = settings;
    const memory = { ...settings, parse: (event: NostrEvent) => this.#parse(event) };
    const memories = new Map([
      [RELAY_LIST_KIND, new ListCache(db, { ...memory, kind: RELAY_LIST_KIND, max })],
      [
        DM_LIST_KIND,
        new ListCache(db, { ...memory, kind: DM_LIST_KIND, max: Math.ceil(max / 10) }),
      ],
    ]);
    this.#db = db;
    this.#settings = settings;
    this.#memories = memories;
    this.#writer = new ListWriter(db, {
      onStanding: (list) => memories.get(list.kind)?.renew(list),
      onUnknown: (pubkey) => memories.forEach((memory) => memory.forget(pubkey)),
      onStored: (event) => this.#notify(event.kind, () => this.#parse(event), event),
      onTakenBack: (kind, { pubkey, created_at }) =>
        this.#notify(kind, () => ({ pubkey, created_at, write: [], read: [] })),
    });
  }

  /**
   * The relay lists of these people, from memory or the database. Those who have
   * none are absent from the answer.
   *
   * @param opts.kind 10002 or 10050.
   * @throws {RangeError} If `kind` is another.
   * @throws What the database throws; nobody is then taken to have no list.
   */
  async get(
    pubkeys: Iterable<string>,
    opts: { signal?: AbortSignal; kind?: number } = {},
  ): Promise<Map<string, RelayList>> {
    opts.signal?.throwIfAborted();
    return await this.#memory(opts.kind).get(pubkeys, opts.signal);
  }

  /**
   * What memory has of someone's list, without looking it up: `null` if it is known
   * that there is none, `undefined` if nothing is known.
   *
   * @param kind 10002 or 10050.
   * @throws {RangeError} If `kind` is another.
   */
  peek(pubkey: string, kind: number = RELAY_LIST_KIND): RelayList | null | undefined {
    return this.#memory(kind).peek(pubkey);
  }

  /**
   * Tells of each list, of any of the kinds, that is newer than what was stored, once
   * it is stored; and, as of one without relays, of each that its author takes back.
   * What {@link remove} removes, and what other processes write, is not told.
   *
   * @returns What ends the telling.
   */
  onList(listener: ListListener): () => void {
    const own = { listener };
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /**
   * Stores an event, durably before it resolves if the database is. A version
   * older than the one stored, or the same again, is no error, and changes nothing.
   *
   * @throws {EventRefusedError} If the event is malformed, forged, from the far
   * future, or deleted by its author. Nothing is stored then.
   * @throws What the database throws.
   */
  async event(event: NostrEvent, opts: { signal?: AbortSignal } = {}): Promise<void> {
    opts.signal?.throwIfAborted();
    const checked = this.#check(event);
    if (!LIST_KINDS.includes(checked.kind)) return await this.#writer.other(checked, opts);
    const { refused } = await this.#writer.lists([checked], opts);
    if (refused.length > 0) throw refused[0];
  }

  /**
   * Stores many events as {@link event} would store each, lists far faster: in
   * batches, each of few queries and, with the databases of this library, few
   * transactions. After every ten milliseconds of verifying signatures everything
   * else has its turn; a list that is stored already, as most are that are asked for again,
   * is not verified again.
   *
   * @returns How many were stored, and which were refused.
   * @throws What the database throws, or the reason of the signal; events before that
   * may be stored then.
   */
  async events(
    events: Iterable<NostrEvent>,
    opts: { signal?: AbortSignal } = {},
  ): Promise<StoreResult> {
    opts.signal?.throwIfAborted();
    const { batchSize, now } = this.#settings;
    return await bulkWrite(events, {
      db: this.#db,
      writer: this.#writer,
      check: (event, isVerified) => this.#check(event, isVerified),
      batchSize,
      now,
    }, opts);
  }

  /** Where the database keeps what is learned; `undefined` if it does not. */
  get records(): RecordStore | undefined {
    const db: NStore & Partial<RecordStore> = this.#db;
    return isRecordStore(db) ? db : undefined;
  }

  /** Events of the database; see NIP-01. */
  query(filters: NostrFilter[], opts?: { signal?: AbortSignal }): Promise<NostrEvent[]> {
    return this.#db.query(filters, opts);
  }

  /** How many events of the database match. */
  async count(
    filters: NostrFilter[],
    opts?: { signal?: AbortSignal },
  ): Promise<NostrRelayCOUNT[2]> {
    if (this.#db.count) return await this.#db.count(filters, opts);
    return { count: (await this.#db.query(filters, opts)).length };
  }

  /**
   * Removes events from the database, without keeping them from returning.
   *
   * @throws {TypeError} If the database cannot remove.
   */
  async remove(filters: NostrFilter[], opts?: { signal?: AbortSignal }): Promise<void> {
    await this.#writer.remove(filters, opts);
  }

  #memory(kind: number = RELAY_LIST_KIND): ListCache {
    const memory = this.#memories.get(kind);
    if (memory) return memory;
    throw new RangeError(
      `Cannot look up relay lists: "kind" must be ${RELAY_LIST_KIND} or ${DM_LIST_KIND}, got ${kind}`,
    );
  }

  #check(event: NostrEvent, isVerified = false): NostrEvent {
    const { now, maxFuture, verifyEvent } = this.#settings;
    const latest = Math.floor(now() / 1000) + maxFuture;
    return checkedEvent(event, latest, isVerified ? () => true : verifyEvent);
  }

  /** The routers apply the app's policy: two of them may share one store. */
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
        this.#settings.onError(new Error("A listener of relay lists failed", { cause }));
      }
    }
  }
}

function isRecordStore(db: Partial<RecordStore>): db is RecordStore {
  return typeof db.readRecords === "function" && typeof db.writeRecords === "function";
}
