/**
 * Reads and counts the events that match filters.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { isAddressableKind } from "nostr-tools/kinds";
import { type AnyExecutor, run } from "./any_kysely.ts";
import { type FilterSql, filterSql } from "./filter_sql.ts";
import { addressOf, type EventRow } from "./prepared_event.ts";
import type { SqlFlavour } from "./sql_flavour.ts";

/**
 * The events that match any of the filters, newest first, each once.
 *
 * @param now In Unix seconds: events that have expired are left out.
 */
export async function readEvents(
  db: AnyExecutor,
  flavour: SqlFlavour,
  filters: readonly NostrFilter[],
  now: number,
  signal?: AbortSignal,
): Promise<NostrEvent[]> {
  const events: NostrEvent[] = [];
  for (const { sql, parameters } of compile(filters, flavour, now)) {
    signal?.throwIfAborted();
    const select = `select id, kind, pubkey, content, created_at, tags, sig ${sql}`;
    for (const row of await run<EventRow>(db, select, parameters)) {
      events.push(toEvent(row));
    }
  }
  signal?.throwIfAborted();
  events.sort(newestFirst);
  const unique = filters.length === 1 &&
    !events.some(({ kind }) => isAddressableKind(kind));
  return unique ? events : newestOnly(events);
}

/** The ids of the events that match any of the filters; also of expired ones, without `now`. */
export async function readIds(
  db: AnyExecutor,
  flavour: SqlFlavour,
  filters: readonly NostrFilter[],
  signal?: AbortSignal,
  now?: number,
): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const { sql, parameters } of compile(filters, flavour, now)) {
    signal?.throwIfAborted();
    const rows = await run<{ id: string }>(db, `select id ${sql}`, parameters);
    for (const { id } of rows) ids.add(id);
  }
  signal?.throwIfAborted();
  return ids;
}

/** How many events match any of the filters; see {@link readEvents}. */
export async function countEvents(
  db: AnyExecutor,
  flavour: SqlFlavour,
  filters: readonly NostrFilter[],
  now: number,
  signal?: AbortSignal,
): Promise<number> {
  // An event that several filters find counts once.
  if (filters.length > 1) {
    return (await readIds(db, flavour, filters, signal, now)).size;
  }
  for (const { sql, parameters } of compile(filters, flavour, now)) {
    const count = `select count(*) as n from (select 1 ${sql}) as matches`;
    const [{ n }] = await run<{ n: number | string }>(db, count, parameters);
    signal?.throwIfAborted();
    return Number(n);
  }
  return 0;
}

function compile(
  filters: readonly NostrFilter[],
  flavour: SqlFlavour,
  now?: number,
): FilterSql[] {
  return filters.flatMap((filter) => filterSql(filter, flavour, now) ?? []);
}

function toEvent(row: EventRow): NostrEvent {
  // A new object: `node:sqlite` returns rows without a prototype.
  return {
    id: row.id,
    kind: row.kind,
    pubkey: row.pubkey,
    content: row.content,
    created_at: row.created_at,
    tags: JSON.parse(row.tags),
    sig: row.sig,
  };
}

function newestFirst(a: NostrEvent, b: NostrEvent): number {
  return b.created_at - a.created_at || (a.id < b.id ? -1 : 1);
}

/**
 * Leaves out events that several filters found, and older versions: of an addressable
 * event, since no unique index prevents them, or of a replaceable one that changed
 * between two filters.
 */
function newestOnly(sorted: NostrEvent[]): NostrEvent[] {
  const seen = new Set<string>();
  return sorted.filter(({ id, kind, pubkey, tags }) => {
    const key = addressOf(kind, pubkey, tags) ?? id;
    return seen.size < seen.add(key).size;
  });
}
