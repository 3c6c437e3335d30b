/**
 * An event database over any Kysely instance, on SQLite or PostgreSQL, with the
 * tables of Nostrify's former `NDatabase`.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import { isEphemeralKind } from "nostr-tools/kinds";
import type { RecordStore, RecordTopic } from "../base/record_store.ts";
import { deletedError } from "../nostr/deleted_error.ts";
import type { AnyKysely } from "./any_kysely.ts";
import { type BulkOptions, type BulkResult, writeBulk } from "./bulk.ts";
import { deleteEvents } from "./delete_events.ts";
import { type EventSql, eventSql } from "./event_sql.ts";
import { GroupCommit } from "./group_commit.ts";
import { type PreparedEvent, prepareEvent } from "./prepared_event.ts";
import { countEvents, readEvents, readIds } from "./read_events.ts";
import { checkRecords, readRecords, writeRecords } from "./records.ts";
import { migrateSchema } from "./schema.ts";
import { type SqlFlavour, sqlFlavour } from "./sql_flavour.ts";
import { transact } from "./transact.ts";
import { type Outcome, writeAll } from "./write_events.ts";

export type { AnyExecutor, AnyKysely, AnyTransactionBuilder } from "./any_kysely.ts";
export type { BulkOptions, BulkResult } from "./bulk.ts";

/**
 * A Nostr event database.
 *
 * - The newest version of a replaceable or addressable event wins, whichever
 *   comes first and whoever else writes (NIP-01).
 * - A deletion (kind 5) removes its author's events and keeps them out (NIP-09);
 *   so does any request to vanish (kind 62) with all up to its time (NIP-62).
 * - Ephemeral events are not stored. Signatures are not checked.
 *
 * An `NDatabase` file opens as it is, and `NDatabase` opens what this writes. Of
 * the tags, single letters with a value under 200 characters can be asked for.
 */
export class EventDatabase implements NStore, RecordStore {
  readonly #kysely: AnyKysely;
  readonly #flavour: SqlFlavour;
  readonly #sql: EventSql;
  readonly #writes: GroupCommit<PreparedEvent, Outcome>;

  /**
   * Uses a Kysely instance, which is closed with the database.
   *
   * @param kysely Any Kysely instance with a SQLite (3.38 or later) or PostgreSQL
   * (12 or later) dialect. Its plugins do not apply, `withSchema` among them.
   * @throws {TypeError} If the dialect is neither.
   */
  constructor(kysely: AnyKysely) {
    this.#kysely = kysely.withoutPlugins();
    this.#flavour = sqlFlavour(this.#kysely);
    this.#sql = eventSql(this.#flavour);
    this.#writes = new GroupCommit(
      (work) => transact(this.#kysely, this.#flavour, work),
      (db, events) => writeAll(db, this.#sql, events),
    );
  }

  /**
   * Creates the tables and indexes that are missing. Call it once before use;
   * several processes may at the same time.
   */
  async migrate(): Promise<void> {
    await migrateSchema(this.#kysely, this.#flavour);
  }

  /**
   * Stores an event, durably once this resolves. Events given in the same turn
   * share a transaction. An older or known event is no error.
   *
   * @throws {EventRefusedError} If the event is malformed or deleted.
   */
  async event(
    event: NostrEvent,
    opts: { signal?: AbortSignal } = {},
  ): Promise<void> {
    opts.signal?.throwIfAborted();
    const prepared = prepareEvent(event, this.#flavour.maxCreatedAt);
    if (isEphemeralKind(event.kind)) return;
    const outcome = await this.#writes.write(prepared, opts.signal);
    if (outcome === "deleted") throw deletedError(event);
  }

  /**
   * Stores many events in one transaction: all of them, or, if the database
   * fails or the signal is aborted, none. Events that {@link event} would refuse
   * are left out and reported. Do not change the array before this settles.
   */
  async events(
    events: readonly NostrEvent[],
    opts: BulkOptions = {},
  ): Promise<BulkResult> {
    opts.signal?.throwIfAborted();
    const { maxCreatedAt } = this.#flavour;
    return await this.#writes.alone((db) => writeBulk(db, this.#sql, events, maxCreatedAt, opts));
  }

  /**
   * The events that match any of the filters, newest first (of two at once the
   * lower id first), each once. Nothing matches an empty list, or a `search`,
   * which is not supported.
   */
  async query(
    filters: NostrFilter[],
    opts: { signal?: AbortSignal } = {},
  ): Promise<NostrEvent[]> {
    opts.signal?.throwIfAborted();
    return await readEvents(this.#kysely, this.#flavour, filters, opts.signal);
  }

  /** How many events match any of the filters. */
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
      signal,
    );
    return { count, approximate: false };
  }

  /** Removes the events that match any of the filters; they may come back. */
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

  /** What was written of a topic, the last written first. */
  async readRecords(topic: RecordTopic): Promise<Map<string, string>> {
    return await readRecords(this.#kysely, this.#flavour, topic);
  }

  /**
   * Puts records in place of those of the same topic and keys, durably once this
   * resolves: all of them, or, if the database fails, none. An empty text takes a
   * record away. Of two processes that write the same record the last one wins.
   *
   * @throws {TypeError} If a key or a record is no text, or holds a NUL or half a
   * character.
   */
  async writeRecords(topic: RecordTopic, records: ReadonlyMap<string, string>): Promise<void> {
    checkRecords(topic, records);
    if (records.size === 0) return;
    // What is given is written, whatever becomes of the map meanwhile.
    const given = new Map(records);
    await this.#writes.alone((db) => writeRecords(db, this.#flavour, topic, given));
  }

  /** Waits for the writes under way, then closes the Kysely instance. */
  async close(): Promise<void> {
    await this.#writes.idle();
    await this.#kysely.destroy();
  }

  /** Closes, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
