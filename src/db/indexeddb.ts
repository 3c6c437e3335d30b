/**
 * An event database on the IndexedDB of a browser, for all its tabs.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import { isEphemeralKind } from "nostr-tools/kinds";
import { checkFunction, checkNames, integer, type OptionNames } from "../base/check_option.ts";
import { messageOf } from "../base/message_of.ts";
import type { RecordStore, RecordTopic } from "../base/record_store.ts";
import { deletedError } from "../nostr/deleted_error.ts";
import { placesOf } from "../nostr/vanish_requests.ts";
import { type BulkOptions, type BulkResult, writeBulk } from "./bulk.ts";
import { checkRecords } from "./check_records.ts";
import { DATABASE_OPTIONS, type EventDatabaseOptions } from "./database_options.ts";
import { type Outcome, runsOf } from "./event_runs.ts";
import { GroupCommit } from "./group_commit.ts";
import { IdbClaims } from "./idb_claims.ts";
import { IdbConnection } from "./idb_connection.ts";
import { readRows } from "./idb_read.ts";

import { durabilityOf, putRecords, readIdbRecords, sharedIdbRecords } from "./idb_records.ts";
import { type IdbTransaction, readState } from "./idb_schema.ts";
import { countEvents, type IdbWriting, removeRows, writeIdbRun } from "./idb_write.ts";
import { type PreparedEvent, prepareEvent } from "./prepared_event.ts";

export type { BulkOptions, BulkResult } from "./bulk.ts";
export type { EventDatabaseOptions } from "./database_options.ts";

/** The options of {@link openIndexedDb}. */
export interface IndexedDbOptions extends EventDatabaseOptions {
  /**
   * Most events: an integer of at least 100. When there are more, the oldest posts go first, and
   * profiles, follows, lists of relays, deletions and requests to vanish only when no posts are
   * left. A feed asks relays again for what went. 10,000 events take about 15 MB.
   * @default 50_000
   */
  readonly maxEvents?: number;
}

const INDEXED_DB_OPTIONS: OptionNames<IndexedDbOptions> = { ...DATABASE_OPTIONS, maxEvents: true };

/**
 * Opens an event database in the browser's IndexedDB, which it creates if there is none. All tabs of
 * an origin, and its workers, may open it at the same time.
 *
 * @param name The name of the IndexedDB. One for each app, not for each user: what is stored is
 * public.
 * @param options See {@link IndexedDbOptions}. `shared` is `true` by default: tabs hear from each
 * other what they learn.
 * @throws {RangeError} If `maxEvents` is out of its range.
 * @throws {TypeError} If there is no option of a name, or one has the wrong type.
 * @throws {Error} If there is no IndexedDB, or it cannot be opened.
 *
 * @example All that an app in a browser writes
 * ```ts
 * import { NPool } from "@nostrify/nostrify";
 * import { createOutbox } from "@npool/outbox";
 * import { openIndexedDb } from "@npool/outbox/indexeddb";
 *
 * async function start() {
 *   const store = await openIndexedDb("my-app");
 *   const outbox = createOutbox({ store, fallbackRelays: ["wss://relay1.mostr.pub"] });
 *   return new NPool(outbox);
 * }
 * ```
 */
export async function openIndexedDb(
  name = "outbox",
  options: IndexedDbOptions = {},
): Promise<IndexedDb> {
  checkNames(options, INDEXED_DB_OPTIONS);
  checkFunction("now", options.now);
  const { now = Date.now, shared = true, relayUrls = [] } = options;
  const checked = {
    now,
    shared,
    places: placesOf(relayUrls),
    maxEvents: integer("maxEvents", options.maxEvents, 50_000, 100),
  };
  try {
    return new IndexedDb(await IdbConnection.open(name), checked);
  } catch (cause) {
    throw new Error(`Cannot open the IndexedDB "${name}": ${messageOf(cause)}`, { cause });
  }
}

/**
 * A Nostr event database in a browser. It keeps the promises of `EventDatabase`, whose docs have
 * them, and has a bound: see {@link IndexedDbOptions.maxEvents}.
 */
export class IndexedDb implements NStore, RecordStore {
  readonly #connection: IdbConnection;
  /** The time in Unix seconds. */
  readonly #now: () => number;
  readonly #writing: IdbWriting;
  readonly #writes: GroupCommit<IdbTransaction, PreparedEvent, Outcome>;
  /** What several tabs need; absent if the option `shared` is `false`. */
  readonly shared?: NonNullable<RecordStore["shared"]>;
  /** Claims keys, so that one of several tabs does what they stand for. */
  readonly claim: NonNullable<RecordStore["claim"]>;

  /**
   * Use {@link openIndexedDb}.
   *
   * @internal
   */
  constructor(
    connection: IdbConnection,
    { now, shared, places, maxEvents }: {
      readonly now: () => number;
      readonly shared: boolean;
      readonly places: readonly string[];
      readonly maxEvents: number;
    },
  ) {
    this.#connection = connection;
    this.#now = () => Math.floor(now() / 1000);
    this.#writing = { places, maxEvents, writer: crypto.randomUUID() };
    const { write } = connection;
    this.#writes = new GroupCommit(write, async (db, events) => {
      const outcomes: Outcome[] = [];
      for (const run of runsOf(events)) outcomes.push(...await this.#writeRun(db, run));
      return outcomes;
    });
    const { writer } = this.#writing;
    const claims = new IdbClaims();
    this.claim = async (keys, ms, owner = writer) => {
      if (keys.length === 0) return new Set();
      return await write((db) => claims.claim(db, keys, { owner, now: now(), ms }));
    };
    if (shared) this.shared = sharedIdbRecords(write, writer);
  }

  /**
   * Stores an event. Once this resolves, no crash of the tab or the browser loses it; one of the
   * machine may. Events that are stored in the same turn share a transaction. An event that is
   * stored already, or older than the stored version, is no error.
   *
   * @throws {EventRefusedError} If the event is malformed, expired or deleted.
   * @throws {Error} If the browser's storage is full, or the database was deleted.
   */
  async event(event: NostrEvent, opts: { signal?: AbortSignal } = {}): Promise<void> {
    opts.signal?.throwIfAborted();
    const prepared = this.#prepare(event);
    if (isEphemeralKind(event.kind)) return;
    const outcome = await this.#writes.write(prepared, opts.signal);
    if (outcome === "deleted") throw deletedError(event);
  }

  /**
   * Stores many events in one transaction: all of them, or none if the database fails or the signal
   * is aborted. Events that {@link event} would refuse are left out and returned as `refused`.
   */
  async events(events: readonly NostrEvent[], opts: BulkOptions = {}): Promise<BulkResult> {
    opts.signal?.throwIfAborted();
    const prepare = (event: NostrEvent) => this.#prepare(event);
    return await this.#writes.alone((db) =>
      writeBulk(events, { prepare, writeRun: (run) => this.#writeRun(db, run) }, opts)
    );
  }

  /**
   * Returns the events that match any of the filters, each once, the newest first; of two with the
   * same time the lower id first. A filter with an empty list matches nothing, nor does one with
   * `search`, which is not supported.
   */
  async query(
    filters: NostrFilter[],
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<NostrEvent[]> {
    signal?.throwIfAborted();
    const rows = await this.#connection.read((db) => readRows(db, filters, this.#now(), signal));
    return rows.map(({ event }) => event);
  }

  /** Returns how many events match any of the filters. */
  async count(
    filters: NostrFilter[],
    opts: { signal?: AbortSignal } = {},
  ): Promise<{ count: number; approximate: false }> {
    return { count: (await this.query(filters, opts)).length, approximate: false };
  }

  /** Removes the events that match any of the filters; they may be stored again. */
  async remove(filters: NostrFilter[], { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted();
    await this.#writes.alone(async (db) => {
      const removed = await removeRows(db, await readRows(db, filters, undefined, signal));
      await countEvents(db, -removed, this.#writing.maxEvents);
    });
  }

  /**
   * Returns the latest `created_at` of an event that went to make room, in Unix seconds; `undefined`
   * if none did. What is newer is complete as far as it was stored.
   */
  async forgottenUntil(): Promise<number | undefined> {
    return (await this.#connection.read(readState)).forgottenUntil;
  }

  /** Returns the records of a topic by key, the last written first. */
  async readRecords(topic: RecordTopic): Promise<Map<string, string>> {
    return await this.#connection.read((db) => readIdbRecords(db, topic));
  }

  /**
   * Replaces records of a topic: all of them, or none if the database fails. An empty text deletes a
   * record. What is published is durable once this resolves, even if the machine crashes.
   *
   * @throws {TypeError} If a key or a record is not a string, or holds a NUL character or half a
   * surrogate pair.
   */
  async writeRecords(topic: RecordTopic, records: ReadonlyMap<string, string>): Promise<void> {
    checkRecords(topic, records);
    if (records.size === 0) return;
    // A copy: the caller may change the map before the write begins.
    const given = new Map(records);
    const { writer } = this.#writing;
    await this.#connection.write(
      (db) => putRecords(db, topic, given, writer),
      durabilityOf(topic),
    );
  }

  /** Waits for pending writes, then closes the database. */
  async close(): Promise<void> {
    await this.#writes.idle();
    await this.#connection.close();
  }

  /** Closes the database, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #prepare(event: NostrEvent): PreparedEvent {
    return prepareEvent(event, Number.MAX_SAFE_INTEGER, this.#now());
  }

  #writeRun(db: IdbTransaction, events: readonly PreparedEvent[]): Promise<Outcome[]> {
    return writeIdbRun(db, events, this.#writing);
  }
}
