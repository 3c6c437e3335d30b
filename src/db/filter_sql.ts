/**
 * Compiles filters to SQL.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { isStorable } from "./prepared_event.ts";
import type { SqlFlavour } from "./sql_flavour.ts";

/** The part of a `select` that follows `from`, and its parameters. */
export interface FilterSql {
  readonly sql: string;
  readonly parameters: (string | number)[];
}

/**
 * Compiles a filter; `undefined` if nothing can match it: an empty list, a limit
 * of 0, a `search`, which this database does not support.
 *
 * @param now In Unix seconds: leaves out events that have expired. Absent: leaves none out.
 */
export function filterSql(
  filter: NostrFilter,
  flavour: SqlFlavour,
  now?: number,
): FilterSql | undefined {
  if (filter.search) return;
  const where: string[] = [];
  const parameters: (string | number)[] = [];
  const add = (value: string | number) => parameters.push(value);

  for (const [column, list] of listsOf(filter)) {
    if (!Array.isArray(list)) continue;
    const values = list.filter((v) => typeof v === "string" && isStorable(v));
    if (values.length === 0) return;
    if (column.startsWith("#")) {
      const name = column.slice(1);
      if (!isStorable(name)) return;
      const at = `name = ${flavour.parameter(add(name))}`;
      const value = flavour.isIn("value", add(JSON.stringify(values)));
      where.push(
        `id in (select event_id from nostr_tags where ${at} and ${value})`,
      );
    } else if (values.length === 1) {
      where.push(`${column} = ${flavour.parameter(add(values[0]))}`);
    } else {
      where.push(flavour.isIn(column, add(JSON.stringify(values))));
    }
  }
  if (filter.kinds) {
    const kinds = filter.kinds.filter((k) => Number.isInteger(k) && k >= 0 && k <= 65535);
    if (kinds.length === 0) return;
    // Literals, so that the planner can see which partial index covers them.
    where.push(
      kinds.length === 1 ? `kind = ${kinds[0]}` : `kind in (${kinds})`,
    );
  }
  for (const [key, operator] of [["since", ">="], ["until", "<="]] as const) {
    const time = filter[key];
    if (typeof time !== "number" || Number.isNaN(time)) continue;
    const bound = whole(key === "since" ? Math.ceil(time) : Math.floor(time));
    where.push(`created_at ${operator} ${flavour.integer(add(bound))}`);
  }
  if (now !== undefined) {
    // Few events have the tag: all others cost a look at their text.
    const end = "x.value->>1";
    where.push(`(tags not like '%"expiration"%' or not exists (
      select 1 from ${flavour.tagsIn("tags", "x")} where x.value->>0 = 'expiration'
      and case when ${flavour.isSeconds(end)}
        then cast(${end} as bigint) <= ${flavour.integer(add(now))} end
    ))`);
  }
  let sql = `from nostr_events${where.length ? ` where ${where.join(" and ")}` : ""}`;
  if (typeof filter.limit === "number" && !Number.isNaN(filter.limit)) {
    const limit = whole(Math.floor(filter.limit));
    if (limit <= 0) return;
    sql += ` order by created_at desc, id asc limit ${flavour.integer(add(limit))}`;
  }
  return { sql, parameters };
}

/** The lists of strings in a filter, by column or by `#` and the tag's name. */
function* listsOf(filter: NostrFilter): Generator<[string, unknown]> {
  yield ["id", filter.ids];
  yield ["pubkey", filter.authors];
  for (const [key, list] of Object.entries(filter)) {
    if (key.startsWith("#")) yield [key, list];
  }
}

/** The nearest integer that SQL can take. */
function whole(value: number): number {
  const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number;
  return Math.min(Math.max(value, MIN_SAFE_INTEGER), MAX_SAFE_INTEGER);
}
