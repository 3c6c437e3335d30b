/**
 * Joins the filters of requests of one shape into those of one request.
 *
 * Pure.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { conditions, isBounded, isPaged, valuesOf, varyingKey } from "./request_shape.ts";

/** Filters that match exactly what the filters of several requests match. */
export interface JoinedFilters {
  readonly filters: readonly NostrFilter[];
  /** For each request and each of its filters, the index of the joined filter that has it. */
  readonly indexes: readonly (readonly number[])[];
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
