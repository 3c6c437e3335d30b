/**
 * Records beside the events: texts by topic and key.
 *
 * @module
 */

import type { RecordTopic } from "../base/record_store.ts";
import { type AnyExecutor, run } from "./any_kysely.ts";
import type { SqlFlavour } from "./sql_flavour.ts";

/** All records of a topic, the last written first. */
export async function readRecords(
  db: AnyExecutor,
  flavour: SqlFlavour,
  topic: RecordTopic,
): Promise<Map<string, string>> {
  const rows = await run<{ key: string; record: string }>(
    db,
    `select key, record from outbox_records where topic = ${flavour.parameter(1)}
    order by updated_at desc, key`,
    [topic],
  );
  return new Map(rows.map(({ key, record }) => [key, record]));
}

/**
 * Replaces the records of the same topic and keys, inside a transaction. An empty text
 * removes a record.
 *
 * @param writer Who writes, for those who read changes. SQLite does not keep it.
 */
export async function writeRecords(
  db: AnyExecutor,
  flavour: SqlFlavour,
  topic: RecordTopic | "stored",
  records: ReadonlyMap<string, string>,
  writer: string,
): Promise<void> {
  const rows = [...records].map(([key, record]) => ({ key, record }));
  const gone = rows.filter(({ record }) => record === "").map(({ key }) => key);
  const kept = rows.filter(({ record }) => record !== "");
  if (gone.length > 0) {
    await run(
      db,
      `delete from outbox_records
      where topic = ${flavour.parameter(1)} and ${flavour.isIn("key", 2)}`,
      [topic, JSON.stringify(gone)],
    );
  }
  if (kept.length === 0) return;
  const version = flavour.name === "postgres"
    ? { names: ", version, writer", values: ", nextval('outbox_versions'), $3" }
    : { names: "", values: "" };
  const set = `updated_at${version.names}`.split(", ").map((name) => `${name} = excluded.${name}`);
  // Without "where" SQLite would take "on conflict" for part of a join.
  await run(
    db,
    `with v as materialized (${flavour.records({ key: "text", record: "text" })})
    insert into outbox_records (topic, key, record, updated_at${version.names})
    select ${flavour.parameter(2)}, key, record, ${NOW[flavour.name]}${version.values}
    from v where true
    on conflict (topic, key) do update set record = excluded.record, ${set.join(", ")}`,
    [JSON.stringify(kept), topic, ...version.names ? [writer] : []],
  );
}

/** The time in Unix seconds by the database's clock, since clocks of its users may differ. */
const NOW: Readonly<Record<SqlFlavour["name"], string>> = {
  sqlite: "cast(strftime('%s', 'now') as integer)",
  postgres: "extract(epoch from now())::integer",
};
