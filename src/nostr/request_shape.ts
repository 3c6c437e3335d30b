/**
 * Says which requests are of one shape, so that they can be joined.
 *
 * Pure. Two requests are of one shape if filter by filter only the values of one key differ:
 * the authors, the tagged users, the ids or the values of a tag.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { mostMatches } from "./most_matches.ts";

/** The keys whose values may differ, the first of them that a filter has. */
const VARYING_KEYS = ["authors", "#p", "#P", "#a", "#A", "ids"];

/**
 * The shape of a request: requests of the same shape can be joined. A `limit` that cannot cut an
 * answer is no part of it. Searches (NIP-50), filters of groups (NIP-29) and filters that name
 * nothing have the shape of an equal filter alone.
 */
export function requestShape(filters: readonly NostrFilter[]): string {
  return JSON.stringify(filters.map((filter) => {
    const key = varyingKey(filter);
    return [key, conditions(filter, key)];
  }));
}

/** What a request says, the same for equal requests alone: their filters may be joined, too. */
export function requestIdentity(filters: readonly NostrFilter[]): string {
  return JSON.stringify(filters.map((filter) => conditions(filter)));
}

/** The key of a filter whose values may differ within a shape, and these; `undefined` if none may. */
export function varyingEntry(filter: NostrFilter): [string, readonly string[]] | undefined {
  const key = varyingKey(filter);
  return key === undefined ? undefined : [key, valuesOf(filter, key)!];
}

/** Whether big requests of this shape are joined into one filter for each of theirs. */
export function areMerged(filters: readonly NostrFilter[]): boolean {
  return filters.every((filter) => isBounded(filter) || isPaged(filter));
}

/** The values that a request names in the keys that differ within a shape. */
export function varyingValues(filters: readonly NostrFilter[]): string[] {
  return filters.flatMap((filter) => [...varyingEntry(filter)?.[1] ?? []]);
}

/** Whether no limit cuts the answer, and there is a bound on what can match. */
export function isBounded(filter: NostrFilter): boolean {
  return varyingKey(filter) !== undefined && mostMatches(filter) !== undefined &&
    !isLimited(filter);
}

/** Whether the answer has no limit, and is continued where a relay cuts it short. */
export function isPaged(filter: NostrFilter): boolean {
  return varyingKey(filter) === "authors" && filter.since !== undefined &&
    filter.limit === undefined;
}

/** Whether more events can match than the limit lets through. */
function isLimited(filter: NostrFilter): boolean {
  return filter.limit !== undefined && !(filter.limit >= (mostMatches(filter) ?? Infinity));
}

/** The key whose values may differ; `undefined` if there is none. */
export function varyingKey(filter: NostrFilter): string | undefined {
  if (filter.search !== undefined || filter["#h"] !== undefined) return undefined;
  const tags = Object.keys(filter).filter((key) => key.startsWith("#")).sort();
  return [...VARYING_KEYS, ...tags].find((key) => valuesOf(filter, key) !== undefined);
}

/** The values of a key of a filter. */
export function valuesOf(filter: NostrFilter, key?: string): string[] | undefined {
  return filter[key as "#p"];
}

/** What a filter says, without one key, in one form for equal filters. */
export function conditions(filter: NostrFilter, without?: string): [string, unknown][] {
  return Object.entries(filter)
    .filter(([key, value]) => key !== without && value !== undefined)
    .filter(([key]) => key !== "limit" || isLimited(filter))
    .map(([key, value]): [string, unknown] => [
      key,
      Array.isArray(value) ? [...new Set(value)].sort() : value,
    ])
    .sort(([a], [b]) => a < b ? -1 : 1);
}
