/**
 * Cuts the filters for one relay into parts that it can answer in full.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { MAX_SUBJECTS_PER_FILTER, narrowFilter } from "../nostr/filter_subjects.ts";
import type { ScopedPart } from "./req_parts.ts";

/** The subjects of one part that one relay is asked for. */
export interface RelayShare {
  readonly part: ScopedPart;
  readonly subjects: readonly string[];
}

/** How filters are cut. */
export interface CutOptions {
  /** Most subjects in a filter without a `limit`, unless that makes too many filters. */
  readonly authorsPerFilter: number;
  /** Most filters. */
  readonly maxFiltersPerRelay: number;
}

/**
 * The filters for one relay.
 *
 * A relay answers each filter without a `limit` with a few hundred events and calls
 * that complete. So such a filter is cut into parts of `authorsPerFilter` subjects, or
 * of more where `maxFiltersPerRelay` requires it. A filter with a `limit` is sent once:
 * it asks for the newest events.
 */
export function cutFilters(shares: readonly RelayShare[], options: CutOptions): NostrFilter[] {
  const size = partSize(shares, options);
  return shares.flatMap(({ part, subjects }) => {
    const maxSize = part.filter.limit === undefined ? size : MAX_SUBJECTS_PER_FILTER;
    return evenParts(subjects, maxSize)
      .map((some) => narrowFilter(part.filter, part.scope, some));
  });
}

/** The smallest size from `authorsPerFilter` on that makes no more filters than allowed. */
function partSize(shares: readonly RelayShare[], options: CutOptions): number {
  const filtersAt = (size: number) =>
    shares.reduce((sum, { part, subjects }) => {
      const maxSize = part.filter.limit === undefined ? size : MAX_SUBJECTS_PER_FILTER;
      return sum + Math.ceil(subjects.length / maxSize);
    }, 0);

  let low = Math.min(options.authorsPerFilter, MAX_SUBJECTS_PER_FILTER);
  if (filtersAt(low) <= options.maxFiltersPerRelay) return low;
  let high = MAX_SUBJECTS_PER_FILTER;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (filtersAt(middle) <= options.maxFiltersPerRelay) high = middle;
    else low = middle + 1;
  }
  return high;
}

/**
 * As few parts as `maxSize` allows, whose sizes differ by at most one.
 *
 * The values go round the parts in turn, so that two relays with different numbers of
 * parts put an author beside different neighbours: an author whom one relay's answer
 * cuts off may be in the other's.
 */
function evenParts<T>(values: readonly T[], maxSize: number): T[][] {
  const count = Math.ceil(values.length / maxSize);
  const parts: T[][] = [];
  for (let part = 0; part < count; part++) {
    const own: T[] = [];
    for (let i = part; i < values.length; i += count) own.push(values[i]);
    parts.push(own);
  }
  return parts;
}
