/**
 * An event database over any Kysely instance, on SQLite or PostgreSQL, with the tables of
 * Nostrify's former `NDatabase`.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import { isEphemeralKind } from "nostr-tools/kinds";
import { checkFunction, checkNames } from "../base/check_option.ts";
import { nextTurn } from "../base/clock.ts";
import type { RecordStore, RecordTopic } from "../base/record_store.ts";
import { deletedError } from "../nostr/deleted_error.ts";
import { placesOf } from "../nostr/vanish_requests.ts";
import { type AnyExecutor, type AnyKysely, anyKysely, type KyselyInstance } from "./any_kysely.ts";
import { type BulkOptions, type BulkResult, writeBulk } from "./bulk.ts";
import { checkRecords } from "./check_records.ts";
import { Claims } from "./claims.ts";
import { DATABASE_OPTIONS, type EventDatabaseOptions } from "./database_options.ts";
import { deleteEvents } from "./delete_events.ts";
import type { Outcome } from "./event_runs.ts";
import { type EventSql, eventSql } from "./event_sql.ts";
import { GroupCommit } from "./group_commit.ts";
import { type PreparedEvent, prepareEvent } from "./prepared_event.ts";
import { countEvents, readEvents, readIds } from "./read_events.ts";
import { readRecords, writeRecords } from "./records.ts";
import { migrateSchema } from "./schema.ts";
import { noteStoredLists, replaceRecords, sharedRecords } from "./shared_records.ts";
import { type SqlFlavour, sqlFlavour } from "./sql_flavour.ts";
import { SQL_SAVEPOINT } from "./sql_savepoint.ts";
import { runAlone, transact } from "./transact.ts";
import { writeAll, writeRun } from "./write_events.ts";

export type { KyselyInstance } from "./any_kysely.ts";
export type { BulkOptions, BulkResult } from "./bulk.ts";
export type { EventDatabaseOptions } from "./database_options.ts";

/**
 * A Nostr event database.
 *
 * - The newest version of a replaceable or addressable event wins, whatever the order of
 *   arrival and whoever else writes (NIP-01).
 * - A deletion (kind 5) removes events of its author and keeps them out (NIP-09). A request
 *   to vanish (kind 62) that names all relays, or one of `relayUrls`, does so with all of its
 *   author's events and gift wraps to them up to its time (NIP-62).
 * - Expired events are neither stored nor returned (NIP-40); `remove` finds them.
 * - Ephemeral events are not stored. Signatures are not checked.
 *
 * An `NDatabase` file opens as it is, and `NDatabase` opens what this class writes. Filters
 * can ask for tags of a single letter with a value of under 200 characters.
 */
export class EventDatabase implements NStore, RecordStore {
  readonly #kysely: AnyKysely;
  readonly #flavour: SqlFlavour;
  readonly #sql: EventSql;
  /** The time in Unix seconds. */
  readonly #now: () => number;
  readonly #writes: GroupCommit<AnyExecutor, PreparedEvent, Outcome>;
  /** Stands for this object, among all that write to the database. */
  readonly #writer = crypto.randomUUID();
  /** The last writing of records that is not in `#writes`. */
  #lastRecords: Promise<unknown> = Promise.resolve();
  /** What several processes need; absent unless the option `shared` is set, on PostgreSQL. */
  readonly shared?: NonNullable<RecordStore["shared"]>;
  /** Claims keys; absent on PostgreSQL unless the option `shared` is set. */
  readonly claim?: NonNullable<RecordStore["claim"]>;

  /**
   * Takes over a Kysely instance: {@link EventDatabase.close} closes it.
   *
   * @param kysely Any Kysely instance with a SQLite (3.38 or later) or PostgreSQL
   * (12 or later) dialect. Its plugins do not apply, nor does `withSchema`.
   * @param options See {@link EventDatabaseOptions}.
   * @throws {TypeError} If the dialect is neither, there is no option of a name, or one has the
   * wrong type.
   */
  constructor(kysely: KyselyInstance, options: EventDatabaseOptions = {}) {
    checkNames(options, DATABASE_OPTIONS);
    checkFunction("now", options.now);
    const { relayUrls = [], now = Date.now, shared = false } = options;
    this.#now = () => Math.floor(now() / 1000);
    this.#kysely = anyKysely(kysely);
    this.#flavour = sqlFlavour(this.#kysely);
    const isPostgres = this.#flavour.name === "postgres";
    this.#sql = {
      ...eventSql(this.#flavour, placesOf(relayUrls)),
      onStored: isPostgres
        ? (db, events) => noteStoredLists(db, this.#flavour, events, this.#writer)
        : undefined,
    };
    this.#writes = new GroupCommit(
      (work) => transact(this.#kysely, this.#flavour, work),
      (db, events) => writeAll(db, this.#sql, events),
      SQL_SAVEPOINT,
    );
    if (isPostgres && !shared) return;
    const claims = new Claims(this.#flavour);
    const [db, writer] = [this.#kysely, this.#writer];
    this.claim = async (keys, ms, owner = writer) => {
      if (keys.length === 0) return new Set();
      const claim = (db: AnyExecutor) => claims.claim(db, keys, ms, owner);
      return await (isPostgres ? runAlone(db, claim) : this.#writes.alone(claim));
    };
    if (isPostgres) this.shared = sharedRecords(db, { flavour: this.#flavour, writer });
  }

  /**
   * Creates the tables and indexes that are missing. Call it once before use; several
   * processes may call it at the same time.
   */
  async migrate(): Promise<void> {
    await migrateSchema(this.#kysely, this.#flavour);
  }

  /**
   * Stores an event; it is durable once this resolves. Events that are stored in the same
   * turn share a transaction. An event that is stored already, or older than the stored
   * version, is no error.
   *
   * @throws {EventRefusedError} If the event is malformed, expired or deleted.
   */
  async event(
    event: NostrEvent,
    opts: { signal?: AbortSignal } = {},
  ): Promise<void> {
    opts.signal?.throwIfAborted();
    const prepared = prepareEvent(event, this.#flavour.maxCreatedAt, this.#now());
    if (isEphemeralKind(event.kind)) return;
    const outcome = await this.#writes.write(prepared, opts.signal);
    if (outcome === "deleted") throw deletedError(event);
  }

  /**
   * Stores many events in one transaction: all of them, or none if the database fails or
   * the signal is aborted. Events that {@link event} would refuse are left out and
   * returned as `refused`. Do not change the array before this settles.
   */
  async events(
    events: readonly NostrEvent[],
    opts: BulkOptions = {},
  ): Promise<BulkResult> {
    opts.signal?.throwIfAborted();
    const prepare = (event: NostrEvent) =>
      prepareEvent(event, this.#flavour.maxCreatedAt, this.#now());
    return await this.#writes.alone((db) => {
      const write = (run: readonly PreparedEvent[]) => writeRun(db, this.#sql, run);
      return writeBulk(events, { prepare, writeRun: write, pause: () => nextTurn() }, opts);
    });
  }

  /**
   * Returns the events that match any of the filters, each once, the newest first; of two
   * with the same time the lower id first. A filter with an empty list matches nothing, nor
   * does one with `search`, which is not supported.
   */
  async query(
    filters: NostrFilter[],
    opts: { signal?: AbortSignal } = {},
  ): Promise<NostrEvent[]> {
    opts.signal?.throwIfAborted();
    return await readEvents(this.#kysely, this.#flavour, filters, this.#now(), opts.signal);
  }

  /** Returns how many events match any of the filters. */
  async count(
    filters: NostrFilter[],
    opts: { signal?: AbortSignal } = {},
  ): Promise<{ count: number; approximate: false }> {
    opts.signal?.throwIfAborted();
    const { signal } = opts;
    const count = await countEvents(
      this.#kysely,
      this.#flavour,
      filters,
      this.#now(),
      signal,
    );
    return { count, approximate: false };
  }

  /** Removes the events that match any of the filters; they may be stored again. */
  async remove(
    filters: NostrFilter[],
    opts: { signal?: AbortSignal } = {},
  ): Promise<void> {
    opts.signal?.throwIfAborted();
    await this.#writes.alone(async (db) => {
      const ids = await readIds(db, this.#flavour, filters, opts.signal);
      await deleteEvents(db, this.#sql, [...ids]);
    });
  }

  /** Returns the records of a topic by key, the last written first. */
  async readRecords(topic: RecordTopic): Promise<Map<string, string>> {
    return await readRecords(this.#kysely, this.#flavour, topic);
  }

  /**
   * Replaces records of a topic: all of them, or none if the database fails. They are
   * durable once this resolves. An empty text deletes a record. Of two processes that write
   * the same record the last one wins.
   *
   * @throws {TypeError} If a key or a record is not a string, or holds a NUL character or
   * half a surrogate pair.
   */
  async writeRecords(topic: RecordTopic, records: ReadonlyMap<string, string>): Promise<void> {
    checkRecords(topic, records);
    if (records.size === 0) return;
    // A copy: the caller may change the map before the write begins.
    const given = new Map(records);
    const [flavour, writer] = [this.#flavour, this.#writer];
    if (flavour.name === "sqlite") {
      return await this.#writes.alone((db) => writeRecords(db, flavour, topic, given, writer));
    }
    const write = () => replaceRecords(this.#kysely, flavour, topic, given, writer);
    const written = this.#lastRecords.then(write);
    this.#lastRecords = Promise.allSettled([written]);
    await written;
  }

  /** Waits for pending writes, then closes the Kysely instance. */
  async close(): Promise<void> {
    await Promise.all([this.#writes.idle(), this.#lastRecords]);
    await this.#kysely.destroy();
  }

  /** Closes the database, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
