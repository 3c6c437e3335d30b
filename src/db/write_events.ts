/**
 * Writes events inside a transaction, in order, many with each statement.
 *
 * @module
 */

import { isAddressableKind, isReplaceableKind } from "nostr-tools/kinds";
import type { Address } from "../nostr/deletion_targets.ts";
import { isNewer } from "../nostr/versions.ts";
import { type AnyExecutor, run } from "./any_kysely.ts";
import { deletedBy, deleteEvents } from "./delete_events.ts";
import { type Outcome, runsOf } from "./event_runs.ts";
import type { EventSql } from "./event_sql.ts";
import { findVersions } from "./find_versions.ts";
import type { PreparedEvent } from "./prepared_event.ts";

/** Writes events and returns the outcome of each, in order. */
export async function writeAll(
  db: AnyExecutor,
  sql: EventSql,
  events: readonly PreparedEvent[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const run of runsOf(events)) {
    outcomes.push(...await writeRun(db, sql, run));
  }
  return outcomes;
}

/**
 * Writes one run of events, as {@link runsOf} makes them.
 *
 * @returns The outcome of each, in order.
 */
export async function writeRun(
  db: AnyExecutor,
  sql: EventSql,
  events: readonly PreparedEvent[],
): Promise<Outcome[]> {
  const replaceable = events.filter(({ row }) => isReplaceableKind(row.kind));
  const addressable = events.filter(({ row }) => isAddressableKind(row.kind));
  const versions = await findVersions(db, sql, addressable.map(toAddress));
  const versionsOf = ({ address = "" }: PreparedEvent) => versions.get(address) ?? [];
  const other = events.filter((event) =>
    !isReplaceableKind(event.row.kind) &&
    versionsOf(event).every((version) => isNewer(event.row, version))
  );

  const stored = new Set<string>();
  if (replaceable.length > 0) {
    // Tags refer to their event, so they are deleted before its row changes its id.
    await run(db, sql.clearReplaced, [records(replaceable)]);
    collect(stored, await run(db, sql.replace, [records(replaceable)]));
  }
  if (other.length > 0) {
    collect(stored, await run(db, sql.insert, [records(other)]));
  }

  const done = events.filter(({ row }) => stored.has(row.id));
  const rest = events.filter(({ row }) => !stored.has(row.id));
  await insertTags(db, sql, done);
  await sql.onStored?.(db, done);
  const gone = done.flatMap((event) => versionsOf(event).map(({ id }) => id));
  for (const event of done) gone.push(...await deletedBy(db, sql, event));
  await deleteEvents(db, sql, gone);

  const deleted = new Set<string>();
  if (rest.length > 0) {
    collect(deleted, await run(db, sql.deleted, [records(rest)]));
  }
  return events.map(({ row: { id } }) =>
    stored.has(id) ? "stored" : deleted.has(id) ? "deleted" : "ignored"
  );
}

async function insertTags(
  db: AnyExecutor,
  sql: EventSql,
  events: readonly PreparedEvent[],
): Promise<void> {
  const tags = events.flatMap(({ row, tags }) =>
    tags.map(([name, value]) => ({ event_id: row.id, name, value }))
  );
  if (tags.length > 0) await run(db, sql.insertTags, [JSON.stringify(tags)]);
}

function records(events: readonly PreparedEvent[]): string {
  return JSON.stringify(
    events.map(({ row, address }) => ({ ...row, address: address ?? null })),
  );
}

function collect(ids: Set<string>, rows: { id: string }[]): void {
  for (const { id } of rows) ids.add(id);
}

function toAddress({ row: { kind, pubkey }, d }: PreparedEvent): Address {
  return { kind, pubkey, d };
}
