/**
 * The differences between the SQL of SQLite and of PostgreSQL. A list is passed as one
 * JSON parameter: that is as fast as a parameter for each value, has no limit on their
 * number, and needs only a handful of prepared statements.
 *
 * @module
 */

import { sql } from "kysely";
import type { AnyKysely } from "./any_kysely.ts";

/** The parts of SQL that differ between the databases. */
export interface SqlFlavour {
  /** Which database. */
  readonly name: "sqlite" | "postgres";
  /** The placeholder of the n-th parameter, counted from 1. */
  parameter(n: number): string;
  /** The same as an integer, which may be larger than the column holds. */
  integer(n: number): string;
  /** Whether `column` is one of the strings in the JSON array at parameter `n`. */
  isIn(column: string, n: number): string;
  /** A `select` of the objects in the JSON array at parameter 1. */
  records(columns: Readonly<Record<string, "text" | "integer">>): string;
  /** The tags in a column of JSON, one a row, as the table `alias` with the column `value`. */
  tagsIn(column: string, alias: string): string;
  /** Whether a text is a time in Unix seconds: 1 to 15 digits. */
  isSeconds(text: string): string;
  /** A join that reads its left side first, which the query planner might not choose. */
  readonly join: string;
  /** Makes a text comparison go by code unit in any locale. */
  readonly byCodeUnit: string;
  /** The first statement of a writing transaction: other such transactions wait at theirs. */
  readonly lock: string;
  /** The largest `created_at` that the column holds. */
  readonly maxCreatedAt: number;
}

const sqlite: SqlFlavour = {
  name: "sqlite",
  parameter: () => "?",
  integer: () => "?",
  isIn: (column) => `${column} in (select value from json_each(?))`,
  records(columns) {
    const fields = Object.keys(columns).map((c) => `value->>'${c}' as ${c}`);
    return `select ${fields.join(", ")} from json_each(?)`;
  },
  tagsIn: (column, alias) => `json_each(${column}) ${alias}`,
  // For `length` and `glob` a text ends at a NUL.
  isSeconds: (text) =>
    `length(${text}) between 1 and 15 and ${text} not glob '*[^0-9]*' and instr(${text}, char(0)) = 0`,
  join: "cross join",
  byCodeUnit: "",
  // Deletes nothing, but takes the write lock before anything is read, so that
  // a transaction never fails because another wrote after its first read.
  lock: "delete from nostr_tags where 0",
  maxCreatedAt: Number.MAX_SAFE_INTEGER,
};

const postgres: SqlFlavour = {
  name: "postgres",
  parameter: (n) => `$${n}`,
  integer: (n) => `$${n}::bigint`,
  // Through `text`, since some drivers encode a `json` parameter once more.
  isIn: (column, n) => `${column} = any(array(select json_array_elements_text($${n}::text::json)))`,
  records(columns) {
    const types = Object.entries(columns).map(([c, type]) => `${c} ${type}`);
    return `select * from json_to_recordset($1::text::json) as r(${types})`;
  },
  tagsIn: (column, alias) => `json_array_elements(${readableJson(column)}) ${alias}(value)`,
  isSeconds: (text) => `${text} ~ '^[0-9]{1,15}$'`,
  join: "join",
  byCodeUnit: ' collate "C"',
  // A statement cannot see what another transaction has not committed yet, so
  // an event and its deletion could pass each other. The numbers: "nost", and
  // the schema the tables are in.
  lock: "select pg_advisory_xact_lock(1852797812, hashtext(coalesce(current_schema(), '')))",
  maxCreatedAt: 2 ** 31 - 1,
};

/**
 * A column of JSON in which U+0001 stands for each escaped NUL or surrogate: PostgreSQL has no
 * text for these, so one stranger's tag would fail every statement that reads it with `->>`. The
 * result is only compared with names, URLs and numbers, which have neither.
 */
function readableJson(column: string): string {
  const escapes = String.raw`'\\u(0000|d[89a-f][0-9a-f]{2})'`;
  return String.raw`regexp_replace(${column}, ${escapes}, '\\u0001', 'gi')::json`;
}

/**
 * Finds out which database a Kysely instance uses, by how it compiles a query.
 *
 * @throws {TypeError} If it is neither SQLite nor PostgreSQL.
 */
export function sqlFlavour(db: AnyKysely): SqlFlavour {
  const compiled = sql`${sql.ref("a")} ${1}`.compile(db as never).sql;
  if (compiled === '"a" ?') return sqlite;
  if (compiled === '"a" $1') return postgres;
  throw new TypeError(
    "Cannot use this Kysely instance: its dialect must be SQLite or " +
      `PostgreSQL, but it writes a column and a parameter as ${compiled}`,
  );
}
