/**
 * Finds the events of an IndexedDB that match filters.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { isExpired } from "../nostr/expiration.ts";
import { type IdbAccess, idbAccess, type IdbFilter, idbFilter } from "./idb_filter.ts";
import type { IdbEvent, IdbTransaction } from "./idb_schema.ts";

/** Either kind of transaction. */
type AnyTransaction = IdbTransaction<"readonly"> | IdbTransaction;

/** Most rows that are read at once. */
const MAX_ROWS = 1_000;
/** More ranges than this are only read if a scan of all kinds does not find enough sooner. */
const MAX_RANGES = 16;
/** A scan may read so many rows for each range that it spares. */
const ROWS_PER_RANGE = 8;

/**
 * The rows that match any of the filters, newest first, each once.
 *
 * @param now In Unix seconds: events that have expired are left out. Absent: none is.
 */
export async function readRows(
  db: AnyTransaction,
  filters: readonly NostrFilter[],
  now?: number,
  signal?: AbortSignal,
): Promise<IdbEvent[]> {
  const rows = new Map<string, IdbEvent>();
  for (const filter of filters) {
    signal?.throwIfAborted();
    const checked = idbFilter(filter);
    if (!checked) continue;
    const isWanted = (row: IdbEvent) =>
      checked.matches(row) && !(now !== undefined && isExpired(row.event, now));
    const found = await readFilter(db, checked, isWanted);
    for (const row of found.sort(newestFirst).slice(0, checked.limit)) {
      rows.set(row.event.id, row);
    }
  }
  signal?.throwIfAborted();
  return [...rows.values()].sort(newestFirst);
}

function newestFirst({ event: a }: { event: NostrEvent }, { event: b }: { event: NostrEvent }) {
  return b.created_at - a.created_at || (a.id < b.id ? -1 : 1);
}

/** The rows of one filter; more than its limit, perhaps. */
async function readFilter(
  db: AnyTransaction,
  filter: IdbFilter,
  isWanted: (row: IdbEvent) => boolean,
): Promise<IdbEvent[]> {
  const store = db.objectStore("events");
  if (filter.ids) {
    const rows = await Promise.all(filter.ids.map((id) => store.get(id)));
    return rows.filter((row) => row !== undefined).filter(isWanted);
  }
  const { best, scan } = idbAccess(filter);
  if (best.ranges.length > MAX_RANGES && scan) {
    const budget = best.ranges.length * ROWS_PER_RANGE;
    const rows = await readAccess(db, scan, isWanted, filter.limit, budget);
    if (rows) return rows;
  }
  return await readAccess(db, best, isWanted, filter.limit, Infinity) ?? [];
}

/** The rows of some ranges; `undefined` if there are more than the budget to look at. */
async function readAccess(
  db: AnyTransaction,
  { index, ranges, keyOf, isSorted }: IdbAccess,
  isWanted: (row: IdbEvent) => boolean,
  limit: number,
  budget: number,
): Promise<IdbEvent[] | undefined> {
  const source = db.objectStore("events").index(index);
  const most = isSorted ? limit : Infinity;
  const found = new Map<string, IdbEvent>();
  const read = async ([lower, upper]: IdbAccess["ranges"][number]): Promise<boolean> => {
    const own = new Set<string>();
    let size = Math.max(2, Math.min(MAX_ROWS, most));
    for (let from = lower;;) {
      const rows = await source.getAll(IDBKeyRange.bound(from, upper), size);
      budget -= rows.length;
      for (const row of rows) {
        if (own.size >= most) return true;
        if (own.has(row.event.id) || !isWanted(row)) continue;
        own.add(row.event.id);
        found.set(row.event.id, row);
      }
      if (rows.length < size || own.size >= most) return true;
      if (budget <= 0) return false;
      // The rows of the last key come once more, since there may be others of it.
      const last = keyOf(lower, rows[rows.length - 1]);
      if (indexedDB.cmp(last, from) === 0) size *= 2;
      else size = MAX_ROWS;
      from = last;
    }
  };
  const complete = await Promise.all(ranges.map(read));
  return complete.every(Boolean) ? [...found.values()] : undefined;
}
