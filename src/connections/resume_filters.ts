/**
 * The filters with which a request resumes at a relay: those for new events.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { copyFilter, matchesNothing, MAX_SUBJECTS_PER_FILTER } from "../nostr/filter_subjects.ts";

/**
 * Few filters that match, from a time on, what the given ones match.
 *
 * Filters were cut so that a relay answers them in full; here they are merged again. Filters that
 * differ in one list alone become one, with at most {@link MAX_SUBJECTS_PER_FILTER} values in a
 * list. A `limit` is dropped: it is about the newest stored events (NIP-01), and after an
 * interruption it would cut off some that were missed; `limit: 0`, which asks for new events only,
 * is `since` in other words. Filters that end before that time, or match nothing, are left out.
 *
 * @param filters The filters of a subscription to one relay.
 * @param since The time, in Unix seconds, rounded down; a filter's own `since` stays if it is
 * later.
 */
export function resumeFilters(filters: readonly NostrFilter[], since: number): NostrFilter[] {
  const from = Math.floor(since);
  let merged: FilterEntries[] = [];
  for (const original of filters) {
    if (matchesNothing(original) || original.until! < from) continue;
    const { limit: _, ...filter } = copyFilter(original);
    merged.push({ ...filter, since: Math.max(filter.since ?? 0, from) });
  }
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
  return [...names].filter((name) => /^(?:ids|authors|kinds|#.+)$/.test(name));
}

/** Merges filters that differ in this list alone, in the place of the first. */
function mergeBy(name: string, filters: readonly FilterEntries[]): FilterEntries[] {
  const groups = new Map<string, { filter: FilterEntries; values: Set<unknown> }>();
  for (const filter of filters) {
    const { [name]: list, ...rest } = filter;
    const key = JSON.stringify([list === undefined, sortedEntries(rest)]);
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
