/**
 * Relay lists in any event store, at the speed of memory.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NostrRelayCOUNT, NStore } from "@nostrify/types";
import { LRUCache } from "lru-cache";
import { verifyEvent as verify } from "nostr-tools/pure";
import { deletionFilters, takenBackFilters, takesBack } from "./deletions.ts";
import { EventRefusedError } from "./errors.ts";
import { checkedEvent } from "./event_check.ts";
import { RELAY_LIST_KIND } from "./kinds.ts";
import { type Batch, ListLoader } from "./list_loader.ts";
import { checkFunction, integer } from "./options.ts";
import { parseRelayList } from "./relay_list.ts";
import type { RelayList, RelayListSource, RelayRecordStore } from "./types.ts";
import { unlessAborted } from "./unless_aborted.ts";
import { isNewer } from "./versions.ts";

/** How much a {@link RelayListStore} remembers, and for how long. */
export interface RelayListStoreOptions {
  /**
   * Most people whose list, or lack of one, is kept in memory; an integer >= 1.
   * A list takes about 0.4 kB. Set it above the number of people one request
   * names, or every request reads the database.
   * @default 50_000
   */
  readonly max?: number;
  /**
   * After how many milliseconds a list is read again, so that what other
   * processes write is seen; an integer >= 1.
   * @default 600_000 (ten minutes)
   */
  readonly maxAge?: number;
  /**
   * After how many milliseconds someone who has no list is looked up again; an
   * integer >= 1.
   * @default 60_000 (one minute)
   */
  readonly maxNoneAge?: number;
  /**
   * Most pubkeys in one query of the database, which bounds its SQL parameters;
   * an integer >= 1.
   * @default 1_000
   */
  readonly batchSize?: number;
  /**
   * Most entries read from one list; an integer >= 1.
   * @default 64
   */
  readonly maxEntries?: number;
  /**
   * How many seconds into the future an event may be dated; an integer >= 0.
   * @default 900 (fifteen minutes)
   */
  readonly maxFuture?: number;
  /**
   * Verifies id and signature of an event before it is stored. Bring a faster one
   * (`nostr-tools/wasm`) where lists are stored by the thousand.
   * @default verifyEvent of nostr-tools
   */
  readonly verifyEvent?: (event: NostrEvent) => boolean;
  /**
   * The time in milliseconds since 1970.
   * @default Date.now
   */
  readonly now?: () => number;
}

/** Remembered of someone who has no list. */
const NONE = Symbol("no relay list");

/**
 * Relay lists (kind 10002) over any event store.
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
  readonly #known: LRUCache<string, RelayList | typeof NONE>;
  readonly #loader: ListLoader;
  /** The last write under way of each author. */
  readonly #writes = new Map<string, Promise<void>>();
  readonly #maxNoneAge: number;
  readonly #maxFuture: number;
  readonly #verify: (event: NostrEvent) => boolean;
  readonly #now: () => number;

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
    checkFunction("verifyEvent", options.verifyEvent);
    checkFunction("now", options.now);
    const { now = Date.now, verifyEvent = verify } = options;
    const maxEntries = integer("maxEntries", options.maxEntries, 64, 1);
    this.#db = db;
    this.#now = now;
    this.#verify = verifyEvent;
    this.#maxFuture = integer("maxFuture", options.maxFuture, 900, 0);
    this.#maxNoneAge = integer("maxNoneAge", options.maxNoneAge, 60_000, 1);
    this.#known = new LRUCache({
      max: integer("max", options.max, 50_000, 1),
      ttl: integer("maxAge", options.maxAge, 600_000, 1),
      ttlResolution: 0,
      perf: { now },
    });
    this.#loader = new ListLoader(db, {
      batchSize: integer("batchSize", options.batchSize, 1_000, 1),
      // The routers apply the app's policy: two of them may share one store.
      parse: (event) => parseRelayList(event, { policy: ANY_RELAY, maxEntries }),
      onLoad: (pubkey, list) => this.#remember(pubkey, list),
    });
  }

  /**
   * The relay lists of these people, from memory or the database. Those who have
   * none are absent from the answer.
   *
   * @throws What the database throws; nobody is then taken to have no list.
   */
  async get(
    pubkeys: Iterable<string>,
    opts: { signal?: AbortSignal } = {},
  ): Promise<Map<string, RelayList>> {
    opts.signal?.throwIfAborted();
    const found = new Map<string, RelayList>();
    const waiting = new Map<Batch, string[]>();
    for (const pubkey of pubkeys) {
      const known = this.#known.get(pubkey);
      if (known === NONE) continue;
      if (known !== undefined) found.set(pubkey, known);
      else if (pubkey.length === 64) {
        const batch = this.#loader.want(pubkey);
        const some = waiting.get(batch);
        if (some) some.push(pubkey);
        else waiting.set(batch, [pubkey]);
      }
    }
    for (const [batch, some] of waiting) {
      const lists = await unlessAborted(batch, opts.signal);
      for (const pubkey of some) {
        const list = lists.get(pubkey);
        if (list) found.set(pubkey, list);
      }
    }
    return found;
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
    const latest = Math.floor(this.#now() / 1000) + this.#maxFuture;
    const checked = checkedEvent(event, latest, this.#verify);
    const takenBack = takenBackFilters(checked);
    if (takenBack.length > 0 && !this.#db.remove) {
      throw new TypeError(
        `Cannot delete relay lists for event ${event.id}: the database has no method "remove"`,
      );
    }
    await this.#inTurn(checked.pubkey, async () => {
      try {
        if (checked.kind === RELAY_LIST_KIND) await this.#storeList(checked, opts);
        else await this.#db.event(checked, opts);
        if (takenBack.length > 0) await this.#db.remove?.(takenBack, opts);
      } finally {
        // Also after a failure: nobody knows how far it got.
        this.#forget(checked.pubkey);
      }
    });
  }

  /** Where the database keeps what is known of relays; `undefined` if it does not. */
  get relayRecords(): RelayRecordStore | undefined {
    const db: NStore & Partial<RelayRecordStore> = this.#db;
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
    if (!this.#db.remove) {
      throw new TypeError(`Cannot remove events: the database has no method "remove"`);
    }
    try {
      await this.#db.remove(filters, opts);
    } finally {
      this.#forget();
    }
  }

  /**
   * Does one author's writes one after another: between looking for deletions and
   * storing a list no deletion may slip in.
   */
  async #inTurn(pubkey: string, work: () => Promise<void>): Promise<void> {
    const turn = this.#writes.get(pubkey)?.then(work, work) ?? work();
    this.#writes.set(pubkey, turn);
    try {
      await turn;
    } finally {
      if (this.#writes.get(pubkey) === turn) this.#writes.delete(pubkey);
    }
  }

  async #storeList(list: NostrEvent, opts: { signal?: AbortSignal }): Promise<void> {
    const deletions = await this.#db.query(deletionFilters(list), opts);
    const deletion = deletions.find((deletion) => takesBack(deletion, list));
    if (deletion) {
      throw new EventRefusedError("deleted", list, `event ${deletion.id} took it back`);
    }
    try {
      await this.#db.event(list, opts);
    } catch (error) {
      // Some stores throw where a newer version is stored: that is no error here.
      if (!await this.#holds(list)) throw error;
    }
  }

  /** Whether this version or a newer one is stored. */
  async #holds(list: NostrEvent): Promise<boolean> {
    const filter = { kinds: [RELAY_LIST_KIND], authors: [list.pubkey] };
    const stored = await this.#db.query([filter]);
    return stored.some((other) => other.id === list.id || isNewer(other, list));
  }

  #remember(pubkey: string, list: RelayList | undefined): void {
    if (list) this.#known.set(pubkey, list);
    else this.#known.set(pubkey, NONE, { ttl: this.#maxNoneAge });
  }

  #forget(pubkey?: string): void {
    if (pubkey === undefined) this.#known.clear();
    else this.#known.delete(pubkey);
    this.#loader.outdate(pubkey);
  }
}

/** Policies are applied where relays are chosen, so that lists are kept whole. */
const ANY_RELAY = { allowLocal: true, allowInsecure: true, allowOnion: true };

function isRecordStore(db: Partial<RelayRecordStore>): db is RelayRecordStore {
  return typeof db.readRelays === "function" && typeof db.writeRelays === "function";
}
