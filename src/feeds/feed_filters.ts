/**
 * Which filters a feed can be read by.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { checkFilters, normalFilter } from "../nostr/check_filters.ts";
import { copyFilter } from "../nostr/filter_subjects.ts";

/** What a feed cannot page through, and what to do instead. */
const REFUSED = {
  limit: "its pages have a size of their own, the option pageSize",
  ids: "events by their ids have no pages; request them with pool.query()",
  search: "search results are not sorted by time (NIP-50); request them with pool.query()",
} as const;

/**
 * Copies of filters that a feed can page through: any but with `limit`, `ids` or `search`.
 *
 * @throws {TypeError} If one has such a key, or a value of the wrong type, or there is none.
 * @throws {RangeError} If a number in a filter is out of its range.
 */
export function checkFeedFilters(filters: readonly NostrFilter[]): NostrFilter[] {
  checkFilters(filters);
  if (filters.length === 0) throw new TypeError("Cannot open a feed: there is no filter");
  return filters.map((filter, index) => {
    for (const [key, why] of Object.entries(REFUSED)) {
      if (filter[key as keyof typeof REFUSED] === undefined) continue;
      throw new TypeError(`Cannot open a feed: filter ${index} has "${key}"; ${why}`);
    }
    return copyFilter(normalFilter(filter));
  });
}
