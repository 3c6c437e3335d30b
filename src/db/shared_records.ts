/**
 * Records that several processes share on one PostgreSQL.
 *
 * @module
 */

import type { RecordChanges, RecordTopic, SharedRecords } from "../base/record_store.ts";
import { type AnyExecutor, type AnyKysely, run } from "./any_kysely.ts";
import { checkRecords } from "./check_records.ts";
import type { PreparedEvent } from "./prepared_event.ts";
import { writeRecords } from "./records.ts";
import type { SqlFlavour } from "./sql_flavour.ts";
import { storedNotes } from "./stored_notes.ts";
import { runAlone } from "./transact.ts";

/** What {@link sharedRecords} needs. */
export interface SharedRecordsOptions {
  readonly flavour: SqlFlavour;
  /** Stands for this process, among all that use the database. */
  readonly writer: string;
}

/** Most changes that are read at once. */
const MAX_CHANGES = 5_000;

interface Change {
  readonly until: string | null;
  readonly rows: number | string;
  readonly topic: RecordTopic | "stored" | null;
  readonly key: string;
  readonly record: string;
}

/** The records of a PostgreSQL, for several processes. */
export function sharedRecords(
  db: AnyKysely,
  { flavour, writer }: SharedRecordsOptions,
): SharedRecords {
  return {
    updateRecords: async (topic, keys, change) => {
      const rows = await run<{ key: string; record: string; version: string }>(
        db,
        `select key, record, version from outbox_records
        where topic = $1 and ${flavour.isIn("key", 2)}`,
        [topic, JSON.stringify(keys)],
      );
      const stored = new Map(rows.map(({ key, record }) => [key, record]));
      const versions = new Map(rows.map(({ key, version }) => [key, version]));
      const changed = [...change(stored)].filter(([key, text]) => text !== (stored.get(key) ?? ""));
      if (changed.length === 0) return new Set();
      checkRecords(topic, new Map(changed));
      const writes = changed.map(([key, record]) => ({
        key,
        record,
        version: versions.get(key) ?? "-1",
      }));
      const sql = replaceSql(flavour, { isChecked: true });
      const done = await runAlone(
        db,
        (db) => run<{ key: string }>(db, sql, [JSON.stringify(writes), topic, writer]),
      );
      const written = new Set(done.map(({ key }) => key));
      return new Set(writes.map(({ key }) => key).filter((key) => !written.has(key)));
    },
    readChanges: (since) => readChanges(db, writer, since),
  };
}

/** Replaces records of a topic on PostgreSQL, whatever others made of them. */
export async function replaceRecords(
  db: AnyKysely,
  flavour: SqlFlavour,
  topic: RecordTopic,
  records: ReadonlyMap<string, string>,
  writer: string,
): Promise<void> {
  const writes = [...records].map(([key, record]) => ({ key, record, version: "-1" }));
  const sql = replaceSql(flavour, { isChecked: false });
  await runAlone(db, (db) => run(db, sql, [JSON.stringify(writes), topic, writer]));
}

/**
 * Replaces records (1, a JSON array) of a topic (2) for a writer (3), if `isChecked` only those whose
 * version is still the given one; -1 stands for a record that is new. Returns the keys of those that
 * are written or gone.
 *
 * One statement, which takes its turn among all writers by itself: so nobody waits for a process
 * that is busy between two statements.
 */
function replaceSql(flavour: SqlFlavour, { isChecked }: { readonly isChecked: boolean }): string {
  const turn = flavour.lock.replace("select ", "");
  return `with turn as materialized (select ${turn}),
    v as materialized (
      select key, record, version::bigint from json_to_recordset($1::text::json)
        as given(key text, record text, version text), turn
    ),
    gone as (
      delete from outbox_records r using v
      where r.topic = $2 and r.key = v.key and v.record = ''
        ${isChecked ? "and r.version = v.version" : ""}
      returning r.key
    ),
    kept as (
      insert into outbox_records (topic, key, record, updated_at, version, writer)
      select $2, key, record, extract(epoch from now())::integer,
        case when version < 0 then nextval('outbox_versions') else version end, $3
      from v where record <> '' order by key collate "C"
      on conflict (topic, key) do update set record = excluded.record,
        updated_at = excluded.updated_at, writer = excluded.writer,
        version = nextval('outbox_versions')
      ${isChecked ? "where outbox_records.version = excluded.version" : ""}
      returning key
    )
    select key from gone union all select key from kept`;
}

/**
 * Notes, in the transaction that stores them, which relay lists are stored: whoever sees the note
 * sees the lists.
 */
export async function noteStoredLists(
  db: AnyExecutor,
  flavour: SqlFlavour,
  events: readonly PreparedEvent[],
  writer: string,
): Promise<void> {
  const notes = storedNotes(events);
  if (notes.size > 0) await writeRecords(db, flavour, "stored", notes, writer);
}

async function readChanges(
  db: AnyExecutor,
  writer: string,
  since?: number,
): Promise<RecordChanges> {
  if (since === undefined) {
    const [{ until }] = await run<{ until: string }>(
      db,
      "select coalesce(max(version), 0) as until from outbox_records",
    );
    return { until: Number(until), hasMore: false, changes: new Map() };
  }
  const rows = await run<Change>(
    db,
    `with changed as materialized (
      select topic, key, record, version, writer from outbox_records
      where version > $1::bigint order by version limit ${MAX_CHANGES}
    ), summary as (select max(version) as until, count(*) as rows from changed)
    select until, rows, topic, key, record from summary
    left join changed on writer <> $2 order by version`,
    [since, writer],
  );
  const changes = new Map<RecordTopic | "stored", Map<string, string>>();
  for (const { topic, key, record } of rows) {
    if (topic === null) continue;
    if (!changes.has(topic)) changes.set(topic, new Map());
    changes.get(topic)!.set(key, record);
  }
  const [{ until, rows: count }] = rows;
  return { until: Number(until ?? since), hasMore: Number(count) === MAX_CHANGES, changes };
}
