/**
 * Says which requests are of one shape, and joins their filters into those of one request.
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

/** Filters that match exactly what the filters of several requests match. */
export interface JoinedFilters {
  readonly filters: readonly NostrFilter[];
  /** For each request and each of its filters, the index of the joined filter that has it. */
  readonly indexes: readonly (readonly number[])[];
}

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

/**
 * Joins requests of one shape. The union of the joined filters matches what the requests match,
 * and nothing else.
 *
 * Filters whose answer is bounded ({@link mostMatches}) become one. Others stand side by side, each
 * with its own `limit`, equal ones once: relays limit and cut the answer to each filter by itself.
 *
 * @param areBig Whether the requests have so many values that the plan of each cuts its filters: then
 * those whose answer is continued page by page become one, too.
 */
export function joinFilters(
  requests: readonly (readonly NostrFilter[])[],
  areBig = false,
): JoinedFilters {
  const filters: NostrFilter[] = [];
  const indexes = requests.map((): number[] => []);
  for (const i of requests[0]?.keys() ?? []) {
    const indexOf = new Map<string, number>();
    const areMerged = requests.every((request) =>
      isBounded(request[i]) || areBig && isPaged(request[i])
    );
    requests.forEach((request, r) => {
      const key = areMerged ? "" : JSON.stringify(conditions(request[i]));
      let index = indexOf.get(key);
      if (index === undefined) {
        indexOf.set(key, index = filters.length);
        filters.push(areMerged ? merged(requests.map((other) => other[i])) : { ...request[i] });
      }
      indexes[r].push(index);
    });
  }
  return { filters, indexes };
}

/** One filter for several that differ in one key alone, without a limit. */
function merged(filters: readonly NostrFilter[]): NostrFilter {
  const { limit: _, ...first } = filters[0];
  const key = varyingKey(first);
  if (key === undefined) return first;
  return { ...first, [key]: [...new Set(filters.flatMap((filter) => valuesOf(filter, key)!))] };
}

/** Whether no limit cuts the answer, and there is a bound on what can match. */
function isBounded(filter: NostrFilter): boolean {
  return varyingKey(filter) !== undefined && mostMatches(filter) !== undefined &&
    !isLimited(filter);
}

/** Whether the answer has no limit, and is continued where a relay cuts it short. */
function isPaged(filter: NostrFilter): boolean {
  return varyingKey(filter) === "authors" && filter.since !== undefined &&
    filter.limit === undefined;
}

/** Whether more events can match than the limit lets through. */
function isLimited(filter: NostrFilter): boolean {
  return filter.limit !== undefined && !(filter.limit >= (mostMatches(filter) ?? Infinity));
}

/** The key whose values may differ; `undefined` if there is none. */
function varyingKey(filter: NostrFilter): string | undefined {
  if (filter.search !== undefined || filter["#h"] !== undefined) return undefined;
  const tags = Object.keys(filter).filter((key) => key.startsWith("#")).sort();
  return [...VARYING_KEYS, ...tags].find((key) => valuesOf(filter, key) !== undefined);
}

function valuesOf(filter: NostrFilter, key?: string): string[] | undefined {
  return filter[key as "#p"];
}

/** What a filter says, without one key, in one form for equal filters. */
function conditions(filter: NostrFilter, without?: string): [string, unknown][] {
  return Object.entries(filter)
    .filter(([key, value]) => key !== without && value !== undefined)
    .filter(([key]) => key !== "limit" || isLimited(filter))
    .map(([key, value]): [string, unknown] => [
      key,
      Array.isArray(value) ? [...new Set(value)].sort() : value,
    ])
    .sort(([a], [b]) => a < b ? -1 : 1);
}
