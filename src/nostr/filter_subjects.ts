/**
 * Whom or what a filter is about, and the filter narrowed to some of it.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { distinct, sortedOrder } from "./pubkeys.ts";
import type { Role } from "./types.ts";

/** A key of a filter whose values name people, events or groups. */
export type NamingKey = "authors" | "#p" | "#P" | "#a" | "#A" | "ids" | "#h";

/** Whom or what a filter names, and through which of its keys. */
export interface FilterScope {
  /** Whose relays count. */
  readonly role: Role;
  /** The key to narrow. */
  readonly key: NamingKey;
  /** The pubkeys, event ids or group ids that it names, each once. */
  readonly subjects: readonly string[];
  /** The places in `names`, in the order of the names. */
  readonly order: Uint32Array;
  /** What the key says of each, where that is not the name itself. */
  readonly values?: ReadonlyMap<string, readonly string[]>;
}

const PEOPLE_KEYS: readonly NamingKey[] = ["authors", "#p", "#P", "#a", "#A"];

/**
 * Most people in any filter: 67 kB of JSON. Relays refuse messages over 128 kB
 * (the default of strfry), so this bound holds even where it makes more filters
 * than an option allows.
 */
export const MAX_SUBJECTS_PER_FILTER = 1000;

/**
 * Whom a filter is about, by the first of `authors`, `#p`, `#P`, `#a`, `#A` that
 * it has: an author's posts are in the author's outbox, also where they tag
 * somebody (NIP-65). A coordinate (`kind:pubkey:d`) is about its author.
 *
 * @returns `undefined` if it names nobody, is a search (NIP-50; outbox relays
 * seldom search) or asks for a group (NIP-29; its posts are on the group's host).
 */
export function peopleScope(filter: NostrFilter): FilterScope | undefined {
  if (filter.search !== undefined || filter["#h"] !== undefined) return undefined;
  const key = PEOPLE_KEYS.find((key) => filter[key as "#p"] !== undefined);
  return key && scopeOf(filter, key === "authors" ? "write" : "read", key);
}

/**
 * The groups that a filter asks for (NIP-29), or else the events that it names.
 *
 * @returns `undefined` if it is about people, is a search for no group's events, or
 * names nothing.
 */
export function eventOrGroupScope(filter: NostrFilter): FilterScope | undefined {
  if (filter["#h"] !== undefined) return scopeOf(filter, "group", "#h");
  if (filter.ids === undefined || filter.search !== undefined) return undefined;
  return peopleScope(filter) ? undefined : scopeOf(filter, "id", "ids");
}

/** Whom or what a key that the filter has names. */
export function scopeOf(filter: NostrFilter, lane: Role, key: NamingKey): FilterScope {
  const values = filter[key as "#p"]!;
  if (key !== "#a" && key !== "#A") return subjects(lane, key, values);

  const named = new Map<string, string[]>();
  for (const value of [...new Set(values)].sort()) {
    const pubkey = value.split(":", 2)[1] ?? "";
    const own = named.get(pubkey);
    if (own) own.push(value);
    else named.set(pubkey, [value]);
  }
  return { ...subjects(lane, key, [...named.keys()]), values: named };
}

function subjects(role: Role, key: NamingKey, named: readonly string[]): FilterScope {
  const order = sortedOrder(named);
  const subjects = distinct(named, order);
  return { role, key, subjects, order: subjects === named ? order : sortedOrder(subjects) };
}

/** Whether some list of the filter is empty, so that no event can match. */
export function matchesNothing(filter: NostrFilter): boolean {
  return Object.values(filter).some((value) => Array.isArray(value) && value.length === 0);
}

/** A filter of one's own: changing the copy never changes the original. */
export function copyFilter(filter: NostrFilter): NostrFilter {
  return copyWith(filter);
}

/** The filter about some of its subjects alone. */
export function narrowFilter(
  filter: NostrFilter,
  { key, values }: FilterScope,
  names: readonly string[],
): NostrFilter {
  return copyWith(
    filter,
    key,
    values ? names.flatMap((name) => values.get(name) ?? []) : names.slice(),
  );
}

function copyWith(filter: NostrFilter, key?: NamingKey, values?: string[]): NostrFilter {
  const copy: Record<string, unknown> = {};
  for (const name in filter) {
    const value: unknown = filter[name as "#p"];
    if (name === key) copy[name] = values;
    else if (Array.isArray(value)) copy[name] = value.slice();
    else if (value !== undefined) copy[name] = value;
  }
  return copy as NostrFilter;
}
