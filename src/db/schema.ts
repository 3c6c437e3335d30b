/**
 * The tables: those of Nostrify's former `NDatabase`, so that each opens a file of
 * the other, two more indexes, and one table of the library's own.
 *
 * @module
 */

import { type AnyExecutor, type AnyKysely, run } from "./any_kysely.ts";
import type { SqlFlavour } from "./sql_flavour.ts";
import { transact } from "./transact.ts";

/** The condition for kinds that keep an author's newest event alone, as in the index. */
export const REPLACEABLE = "kind >= 10000 and kind < 20000 or (kind in (0, 3))";

const STATEMENTS = [
  `create table if not exists nostr_events (
    id text primary key,
    kind integer not null,
    pubkey text not null,
    content text not null,
    created_at integer not null,
    tags text not null,
    sig text not null
  )`,
  `create table if not exists nostr_tags (
    event_id text not null references nostr_events (id) on delete cascade,
    name text not null,
    value text not null
  )`,
  `create unique index if not exists nostr_events_replaceable_idx
    on nostr_events (kind, pubkey) where ${REPLACEABLE}`,
  // NDatabase answers filters without authors from this index, newest first.
  `create index if not exists nostr_events_kind_idx
    on nostr_events (created_at desc, id asc, kind, pubkey)`,
  `create index if not exists nostr_tags_value_name_idx
    on nostr_tags (value, name)`,
  // These are ours. NDatabase had no index for an author's events, nor for an event's
  // tags, so that deleting one event read the whole table of tags.
  `create index if not exists nostr_events_author_idx
    on nostr_events (pubkey, kind, created_at desc)`,
  `create index if not exists nostr_tags_event_id_idx
    on nostr_tags (event_id)`,
  // Records of relays, lists and hints. NDatabase ignores this table.
  `create table if not exists outbox_records (
    topic text not null,
    key text not null,
    record text not null,
    updated_at integer not null,
    primary key (topic, key)
  )`,
];

/**
 * What several processes on one PostgreSQL need besides. Writers take turns (`SqlFlavour.lock`), and
 * a number is drawn within the turn: so changes become visible in the order of their versions.
 */
const SHARED_STATEMENTS = [
  `create sequence if not exists outbox_versions`,
  `create index if not exists outbox_records_version_idx on outbox_records (version)`,
  // Claims last for seconds, so they may be lost with the server.
  `create unlogged table if not exists outbox_claims (
    key text primary key,
    owner text not null,
    until timestamptz not null
  )`,
];

/** Lists are in no memory for as long as a day without being read again. */
const FORGET_LISTS = `delete from outbox_records where topic = 'stored'
  and updated_at < extract(epoch from now())::integer - 86400`;

const VERSION_COLUMN = `select 1 from pg_attribute
  where attrelid = 'outbox_records'::regclass and attname = 'version'`;

/** Adds columns to a table that others may be reading: only once, since it waits for them. */
const ADD_VERSION = `alter table outbox_records
  add column version bigint not null default 0, add column writer text not null default ''`;

/** What there is by its name, where `create` would look for it. */
const NAMES = `select relname as name from pg_class
  where relnamespace = (select oid from pg_namespace where nspname = current_schema())`;

/**
 * Creates missing tables and indexes. It may run any number of times, in several
 * processes at once.
 */
export async function migrateSchema(
  db: AnyKysely,
  flavour: SqlFlavour,
): Promise<void> {
  if (flavour.name === "sqlite") {
    // Each statement is atomic and does nothing the second time. In one
    // transaction the first would read, and the next could find the database
    // changed by another process and fail at once.
    for (const statement of STATEMENTS) await run(db, statement);
    return;
  }
  // PostgreSQL's "if not exists" is not atomic: two at once fail on a catalogue.
  await transact(db, flavour, async (trx) => {
    await createMissing(trx, STATEMENTS);
    if ((await run(trx, VERSION_COLUMN)).length === 0) await run(trx, ADD_VERSION);
    await createMissing(trx, SHARED_STATEMENTS);
    await run(trx, FORGET_LISTS);
  });
}

/**
 * Runs the statements whose table, index or sequence is missing. PostgreSQL locks a table before it
 * finds that an index of it exists: for that it waits for who writes, and who writes records may
 * wait for this transaction (`shared_records.ts`).
 */
async function createMissing(db: AnyExecutor, statements: readonly string[]): Promise<void> {
  const rows = await run<{ name: string }>(db, NAMES);
  const names = new Set(rows.map(({ name }) => name));
  for (const statement of statements) {
    const [, name] = statement.match(/ if not exists (\w+)/) ?? [];
    if (!names.has(name)) await run(db, statement);
  }
}
