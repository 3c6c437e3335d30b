/**
 * The filters with which a relay is asked for what is new.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { MAX_SUBJECTS_PER_FILTER } from "../nostr/filter_subjects.ts";
import { copyFilter, matchesNothing } from "../nostr/filter_subjects.ts";

/**
 * The few filters that match, from a time on, what the given ones match.
 *
 * What was cut so that a relay answers in full is put together again: filters that
 * differ in one list alone become one, with at most {@link MAX_SUBJECTS_PER_FILTER}
 * values in a list. A `limit` is dropped. It is about the newest of the stored
 * events (NIP-01), and after an interruption it would cut off some of those that
 * were missed; `limit: 0`, which asks for new ones only, is `since` in other words.
 * Filters that end before that time, or match nothing, are left out.
 *
 * @param filters The filters of a subscription to one relay.
 * @param since From when on, in Unix seconds, rounded down; a filter's own `since`
 * stands where it is later.
 */
export function resumeFilters(filters: readonly NostrFilter[], since: number): NostrFilter[] {
  const from = Math.floor(since);
  let merged: Loose[] = [];
  for (const given of filters) {
    if (matchesNothing(given) || given.until! < from) continue;
    const { limit: _, ...filter } = copyFilter(given);
    merged.push({ ...filter, since: Math.max(filter.since ?? 0, from) });
  }
  const names = listsOf(merged);
  // Once one list is merged, what differed in two may differ in one.
  for (let before = Infinity; merged.length > 1 && merged.length < before;) {
    before = merged.length;
    for (const name of names) merged = mergedBy(name, merged);
  }
  return merged.flatMap(inParts) as NostrFilter[];
}

/** A filter, whatever its keys. */
type Loose = Readonly<Record<string, unknown>>;

/**
 * The keys that hold lists of alternatives. Never none: filters without any list
 * become one, too, where they are the same.
 */
function listsOf(filters: readonly Loose[]): string[] {
  const names = new Set(["kinds", ...filters.flatMap((filter) => Object.keys(filter))]);
  return [...names].filter((name) => /^(?:ids|authors|kinds|#.+)$/.test(name));
}

/** Filters that differ in this list alone become one, in the place of the first. */
function mergedBy(name: string, filters: readonly Loose[]): Loose[] {
  const groups = new Map<string, { filter: Loose; values: Set<unknown> }>();
  for (const filter of filters) {
    const { [name]: list, ...rest } = filter;
    const key = JSON.stringify([list === undefined, inOrder(rest)]);
    const group = groups.get(key) ?? { filter, values: new Set() };
    for (const value of list as unknown[] ?? []) group.values.add(value);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ filter, values }) =>
    values.size === 0 ? filter : { ...filter, [name]: [...values] }
  );
}

/** A filter's entries in an order in which equal ones look equal. */
function inOrder(filter: Loose): [string, unknown][] {
  return Object.entries(filter)
    .map(([name, value]): [string, unknown] => [
      name,
      Array.isArray(value) ? [...new Set(value)].sort() : value,
    ])
    .sort(([a], [b]) => a < b ? -1 : 1);
}

/** A filter whose lists are no longer than a relay takes. */
function inParts(filter: Loose): Loose[] {
  const most = MAX_SUBJECTS_PER_FILTER;
  for (const [name, list] of Object.entries(filter)) {
    if (!Array.isArray(list) || list.length <= most) continue;
    const count = Math.ceil(list.length / most);
    const size = Math.ceil(list.length / count);
    return Array.from({ length: count }, (_, i) => ({
      ...filter,
      [name]: list.slice(i * size, (i + 1) * size),
    })).flatMap(inParts);
  }
  return [filter];
}
