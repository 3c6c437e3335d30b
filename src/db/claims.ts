/**
 * Claims of keys, each by one owner at a time: what several who use one database agree by.
 *
 * @module
 */

import { type AnyExecutor, run } from "./any_kysely.ts";
import type { SqlFlavour } from "./sql_flavour.ts";

/** How many claims one object makes until it deletes those of all that ended long ago. */
const CLAIMS_PER_CLEANING = 50;

/** The claims of one object that uses a database. */
export class Claims {
  readonly #flavour: SqlFlavour;
  #count = 0;

  constructor(flavour: SqlFlavour) {
    this.#flavour = flavour;
  }

  /** Claims keys for `ms` milliseconds, inside a transaction; returns those that nobody else has. */
  async claim(
    db: AnyExecutor,
    keys: readonly string[],
    ms: number,
    owner: string,
  ): Promise<ReadonlySet<string>> {
    const isSqlite = this.#flavour.name === "sqlite";
    const text = JSON.stringify([...new Set(keys)]);
    if (this.#count++ % CLAIMS_PER_CLEANING === 0) {
      await run(db, isSqlite ? DELETE_ON_SQLITE : DELETE_ON_POSTGRES);
    }
    const rows =
      await (isSqlite
        ? run<{ key: string }>(db, CLAIM_ON_SQLITE, [ms, ` ${owner}`, text, ` ${owner}`])
        : run<{ key: string }>(db, CLAIM_ON_POSTGRES, [text, owner, ms]));
    return new Set(rows.map(({ key }) => key));
  }
}

/** The time in milliseconds since 1970, on any SQLite. */
const SQLITE_NOW = "cast((julianday('now') - 2440587.5) * 86400000 as integer)";
/** A claim is a record: the time of its end, a space, and its owner. */
const CLAIM_ON_SQLITE = `insert into outbox_records (topic, key, record, updated_at)
  select 'claim', given.value, (${SQLITE_NOW} + ?) || ?, cast(strftime('%s', 'now') as integer)
  from json_each(?) given where true
  on conflict (topic, key) do update set record = excluded.record, updated_at = excluded.updated_at
  where cast(outbox_records.record as integer) < ${SQLITE_NOW}
    or substr(outbox_records.record, instr(outbox_records.record, ' ')) = ?
  returning key`;
const DELETE_ON_SQLITE = `delete from outbox_records
  where topic = 'claim' and cast(record as integer) < ${SQLITE_NOW} - 60000`;

/**
 * The time is the database's, since clocks of its users may differ. In the order of the keys, so
 * that two processes never wait for each other.
 */
const CLAIM_ON_POSTGRES = `insert into outbox_claims (key, owner, until)
  select key, $2, clock_timestamp() + $3::integer * interval '1 millisecond'
  from json_array_elements_text($1::text::json) as given(key) order by key collate "C"
  on conflict (key) do update set owner = excluded.owner, until = excluded.until
  where outbox_claims.until < clock_timestamp() or outbox_claims.owner = excluded.owner
  returning key`;
/** Waits for nobody, so that nobody waits for it for long. */
const DELETE_ON_POSTGRES = `delete from outbox_claims where key in (
  select key from outbox_claims where until < clock_timestamp() - interval '1 minute'
  for update skip locked
)`;
