/**
 * Records when somebody's lists were last searched for, and with what result. The records
 * survive a restart.
 *
 * @module
 */

import type { PersistentMapOptions } from "../base/persistent_map.ts";
import { isPubkey } from "../nostr/pubkeys.ts";

/** The last search for one list. */
export interface SearchLogEntry {
  /** When it ended, in Unix seconds. */
  readonly at: number;
  /** Whether the author had a list then. */
  readonly found: boolean;
}

/** The last search for each kind of list of one author, by kind. */
export type SearchLog = Readonly<Record<number, SearchLogEntry>>;

/** The log of an author whose lists were never searched for. */
export const EMPTY_SEARCH_LOG: SearchLog = Object.freeze({});

/** Most kinds of lists in one log; there are fewer kinds. */
const MAX_KINDS = 16;

/** How a {@link PersistentMap} stores search logs. Keys are pubkeys. */
export const SEARCH_LOG_RECORDS: Pick<
  PersistentMapOptions<SearchLog>,
  "topic" | "name" | "isKey" | "parse" | "format" | "changedAt" | "rebase"
> = {
  topic: "list",
  name: "searches for lists",
  isKey: isPubkey,
  parse: parseSearchLog,
  format: formatSearchLog,
  changedAt: (log) => Math.max(0, ...Object.values(log).map(({ at }) => at)),
  rebase: newestSearches,
};

/** Clocks of two machines differ by less; a search that is later than this is of a wrong clock. */
const MAX_CLOCK_SKEW_S = 3_600;

/** Of each list the later of two searches: what was logged, and what one process adds to it. */
function newestSearches(before: SearchLog, after: SearchLog): SearchLog {
  const newest: Record<number, SearchLogEntry> = { ...after };
  for (const [kind, entry] of Object.entries(before)) {
    const other = newest[Number(kind)];
    const isLater = entry.at > other.at && entry.at <= other.at + MAX_CLOCK_SKEW_S;
    if (isLater) newest[Number(kind)] = entry;
  }
  return newest;
}

/** Writes `10002+1700000000 10050-1700000000`: kind, found or not, Unix seconds. */
export function formatSearchLog(log: SearchLog): string {
  return Object.entries(log)
    .map(([kind, { at, found }]) => `${kind}${found ? "+" : "-"}${at}`)
    .join(" ");
}

/** Reads what {@link formatSearchLog} wrote; `undefined` for any other text. */
export function parseSearchLog(text: string): SearchLog | undefined {
  const log: Record<number, SearchLogEntry> = {};
  const entries = text.split(" ", MAX_KINDS + 1);
  if (entries.length > MAX_KINDS) return undefined;
  for (const entry of entries) {
    const [, kind, sign, at] = /^(\d{1,5})([+-])(\d{1,12})$/.exec(entry) ?? [];
    if (kind === undefined) return undefined;
    log[Number(kind)] = { at: Number(at), found: sign === "+" };
  }
  return log;
}
