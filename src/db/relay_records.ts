/**
 * What is known of relays, beside the events.
 *
 * @module
 */

import { type AnyExecutor, run } from "./any_kysely.ts";
import type { SqlFlavour } from "./sql_flavour.ts";

/** All records, the last written first. */
export async function readRelayRecords(db: AnyExecutor): Promise<Map<string, string>> {
  const rows = await run<{ url: string; record: string }>(
    db,
    "select url, record from outbox_relays order by updated_at desc, url",
  );
  return new Map(rows.map(({ url, record }) => [url, record]));
}

/**
 * Puts records in place of those of the same relays, inside a transaction; an empty
 * text takes a record away.
 */
export async function writeRelayRecords(
  db: AnyExecutor,
  flavour: SqlFlavour,
  records: ReadonlyMap<string, string>,
): Promise<void> {
  const rows = [...records].map(([url, record]) => ({ url, record }));
  const gone = rows.filter(({ record }) => record === "").map(({ url }) => url);
  const kept = rows.filter(({ record }) => record !== "");
  if (gone.length > 0) {
    const remove = `delete from outbox_relays where ${flavour.isIn("url", 1)}`;
    await run(db, remove, [JSON.stringify(gone)]);
  }
  if (kept.length === 0) return;
  // Without "where" SQLite would take "on conflict" for part of a join.
  await run(
    db,
    `with v as materialized (${flavour.records({ url: "text", record: "text" })})
    insert into outbox_relays (url, record, updated_at)
    select url, record, ${NOW[flavour.name]} from v where true
    on conflict (url) do update set record = excluded.record, updated_at = excluded.updated_at`,
    [JSON.stringify(kept)],
  );
}

/** The time in Unix seconds, by the database's clock: its users' may differ. */
const NOW: Readonly<Record<SqlFlavour["name"], string>> = {
  sqlite: "cast(strftime('%s', 'now') as integer)",
  postgres: "extract(epoch from now())::integer",
};

/**
 * Checks that records come back as they are given.
 *
 * @throws {TypeError} If a URL or a record is no text, or holds a NUL or half a
 * character.
 */
export function checkRelayRecords(records: ReadonlyMap<string, string>): void {
  for (const texts of records) {
    for (const text of texts) {
      if (typeof text === "string" && text.isWellFormed() && !text.includes("\0")) continue;
      throw new TypeError(
        `Cannot keep the record of relay ${JSON.stringify(texts[0])}: URL and record must be ` +
          `text without NUL or half characters`,
      );
    }
  }
}
