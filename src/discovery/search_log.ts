/**
 * When somebody's lists were last looked for, and with what result, as a record that
 * survives a restart.
 *
 * @module
 */

import type { PersistentMapOptions } from "../base/persistent_map.ts";
import { isPubkey } from "../nostr/pubkeys.ts";

/** One look for one list. */
export interface SearchLogEntry {
  /** When it ended, in Unix seconds. */
  readonly at: number;
  /** Whether the author had a list then. */
  readonly found: boolean;
}

/** The last look for each kind of list, of one author, by kind. */
export type SearchLog = Readonly<Record<number, SearchLogEntry>>;

/** Nothing was looked for. */
export const EMPTY_SEARCH_LOG: SearchLog = Object.freeze({});

/** No author has more kinds of lists that are looked for. */
const MOST_KINDS = 16;

/** What {@link PersistentMap} has to know of checks. Keys are pubkeys. */
export const SEARCH_LOG_RECORDS: Pick<
  PersistentMapOptions<SearchLog>,
  "topic" | "name" | "isKey" | "parse" | "format" | "changedAt"
> = {
  topic: "list",
  name: "looks for lists",
  isKey: isPubkey,
  parse: parseSearchLog,
  format: formatSearchLog,
  changedAt: (checks) => Math.max(0, ...Object.values(checks).map(({ at }) => at)),
};

/** `10002+1700000000 10050-1700000000`: kind, found or not, Unix seconds. */
export function formatSearchLog(checks: SearchLog): string {
  return Object.entries(checks)
    .map(([kind, { at, found }]) => `${kind}${found ? "+" : "-"}${at}`)
    .join(" ");
}

/** Checks from their text; `undefined` where it is none. */
export function parseSearchLog(text: string): SearchLog | undefined {
  const checks: Record<number, SearchLogEntry> = {};
  const words = text.split(" ", MOST_KINDS + 1);
  if (words.length > MOST_KINDS) return undefined;
  for (const word of words) {
    const [, kind, sign, at] = /^(\d{1,5})([+-])(\d{1,12})$/.exec(word) ?? [];
    if (kind === undefined) return undefined;
    checks[Number(kind)] = { at: Number(at), found: sign === "+" };
  }
  return checks;
}
