/**
 * The filters with which a request goes on at a relay: those for new events, and those for what came
 * while nobody listened.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import {
  copyFilter,
  isPrivateFilter,
  matchesNothing,
  MAX_SUBJECTS_PER_FILTER,
} from "../nostr/filter_subjects.ts";
import { GIFT_WRAP_KINDS, WRAP_OVERLAP_S } from "../nostr/kinds.ts";
import { ALTERNATIVES } from "./split_filter.ts";

/** How much older than its arrival an event may claim to be, so that it is not missed, in seconds. */
export const OVERLAP_S = 3 * 3_600;

/**
 * Few filters for new events. They have no `since` but their own: an event is new when it arrives,
 * whatever date it claims (NIP-59).
 *
 * @param now The time, in Unix seconds: filters that ended long before, or match nothing, are left
 * out.
 * @param limit Of stored events: 0, or 1 for relays that answer 0 with all they have.
 */
export function liveFilters(
  filters: readonly NostrFilter[],
  now: number,
  limit = 0,
): NostrFilter[] {
  return merged(
    filters.filter((filter) => !matchesNothing(filter) && !(filter.until! < now - WRAP_OVERLAP_S))
      .map((filter) => ({ ...copyFilter(filter), limit })),
  );
}

/**
 * Few filters that match what may have come since a time: with an overlap, since events arrive late
 * and claim to be older than they are; gift wraps up to two days (NIP-59). A `limit` is dropped: it
 * is about the newest stored events (NIP-01), and would cut off some that were missed.
 *
 * @param since The time, in Unix seconds, rounded down; a filter's own `since` stays if it is
 * later. Filters that end before it, or match nothing, are left out.
 */
export function catchUpFilters(filters: readonly NostrFilter[], since: number): NostrFilter[] {
  return merged(filters.flatMap((filter) => {
    if (matchesNothing(filter)) return [];
    const { limit: _, ...copy } = copyFilter(filter);
    const { kinds, ...rest } = copy;
    const isWrap = (kind: number) => GIFT_WRAP_KINDS.includes(kind);
    const others = kinds?.filter((kind) => !isWrap(kind));
    // Without kinds, gift wraps are among the events that tag somebody.
    const wraps = kinds?.filter(isWrap) ??
      (copy["#p"] && !copy.authors ? [...GIFT_WRAP_KINDS] : []);
    const parts: [NostrFilter, number][] = [];
    if (others?.length !== 0) {
      parts.push([others ? { ...copy, kinds: others } : copy, since - OVERLAP_S]);
    }
    if (wraps.length > 0) {
      parts.push([{ ...copyFilter(rest), kinds: wraps }, since - WRAP_OVERLAP_S]);
    }
    return parts.flatMap(([part, time]) => {
      const from = Math.max(part.since ?? 0, Math.floor(time));
      return part.until! < Math.floor(time) ? [] : [{ ...part, since: from }];
    });
  }));
}

/**
 * Filters were cut so that a relay answers them in full; here they are merged again. Filters that
 * differ in one list alone become one, with at most {@link MAX_SUBJECTS_PER_FILTER} values in a
 * list.
 */
function merged(filters: readonly NostrFilter[]): NostrFilter[] {
  let merged = filters as readonly FilterEntries[];
  const names = listsOf(merged);
  // After one list is merged, filters that differed in two lists may differ in one.
  for (let before = Infinity; merged.length > 1 && merged.length < before;) {
    before = merged.length;
    for (const name of names) merged = mergeBy(name, merged);
  }
  return merged.flatMap(splitLists) as NostrFilter[];
}

/** A filter, whatever its keys. */
type FilterEntries = Readonly<Record<string, unknown>>;

/**
 * The keys that hold lists of alternatives. There is always one: equal filters without any list
 * become one filter, too.
 */
function listsOf(filters: readonly FilterEntries[]): string[] {
  const names = new Set(["kinds", ...filters.flatMap((filter) => Object.keys(filter))]);
  return [...names].filter((name) => ALTERNATIVES.test(name));
}

/** Merges filters that differ in this list alone, in the place of the first. */
function mergeBy(name: string, filters: readonly FilterEntries[]): FilterEntries[] {
  const groups = new Map<string, { filter: FilterEntries; values: Set<unknown> }>();
  for (const filter of filters) {
    const { [name]: list, ...rest } = filter;
    const key = JSON.stringify([
      list === undefined,
      isPrivateFilter(filter as NostrFilter),
      sortedEntries(rest),
    ]);
    const group = groups.get(key) ?? { filter, values: new Set() };
    for (const value of list as unknown[] ?? []) group.values.add(value);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ filter, values }) =>
    values.size === 0 ? filter : { ...filter, [name]: [...values] }
  );
}

/** A filter's entries in an order in which equal filters look equal. */
function sortedEntries(filter: FilterEntries): [string, unknown][] {
  return Object.entries(filter)
    .map(([name, value]): [string, unknown] => [
      name,
      Array.isArray(value) ? [...new Set(value)].sort() : value,
    ])
    .sort(([a], [b]) => a < b ? -1 : 1);
}

/** The filter in parts whose lists are no longer than a relay takes. */
function splitLists(filter: FilterEntries): FilterEntries[] {
  const most = MAX_SUBJECTS_PER_FILTER;
  for (const [name, list] of Object.entries(filter)) {
    if (!Array.isArray(list) || list.length <= most) continue;
    const count = Math.ceil(list.length / most);
    const size = Math.ceil(list.length / count);
    return Array.from({ length: count }, (_, i) => ({
      ...filter,
      [name]: list.slice(i * size, (i + 1) * size),
    })).flatMap(splitLists);
  }
  return [filter];
}
