/**
 * Whom a filter is about, and the filter narrowed to some of them.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { distinct, sortedOrder } from "./pubkeys.ts";
import type { Side } from "./types.ts";

/** A key of a filter that holds a list of strings naming people. */
export type PeopleKey = "authors" | "#p" | "#P" | "#a" | "#A";

/** The people a filter names, and through which of its keys. */
export interface People {
  /** Authors are found in their outbox, tagged users in their inbox. */
  readonly side: Side;
  /** The key to narrow. */
  readonly key: PeopleKey;
  /** Whom it names, each once. */
  readonly pubkeys: readonly string[];
  /** The places in `pubkeys`, in the order of the pubkeys. */
  readonly order: Uint32Array;
  /** What the key says of each, where that is not the pubkey itself. */
  readonly values?: ReadonlyMap<string, readonly string[]>;
}

const PEOPLE_KEYS: readonly PeopleKey[] = ["authors", "#p", "#P", "#a", "#A"];

/**
 * Whom a filter is about, by the first of `authors`, `#p`, `#P`, `#a`, `#A` that
 * it has: an author's posts are in the author's outbox, also where they tag
 * somebody (NIP-65). A coordinate (`kind:pubkey:d`) is about its author.
 *
 * @returns `undefined` if it names nobody, is a search (NIP-50; outbox relays
 * seldom search) or asks for a group (NIP-29; its posts are on the group's host).
 */
export function peopleOf(filter: NostrFilter): People | undefined {
  if (filter.search !== undefined || filter["#h"] !== undefined) return undefined;
  for (const key of PEOPLE_KEYS) {
    const values = filter[key as "#p"];
    if (values === undefined) continue;
    const side: Side = key === "authors" ? "write" : "read";
    if (key !== "#a" && key !== "#A") return people(side, key, values);

    const named = new Map<string, string[]>();
    for (const value of [...new Set(values)].sort()) {
      const pubkey = value.split(":", 2)[1] ?? "";
      named.set(pubkey, [...named.get(pubkey) ?? [], value]);
    }
    return { ...people(side, key, [...named.keys()]), values: named };
  }
  return undefined;
}

function people(side: Side, key: PeopleKey, named: readonly string[]): People {
  const order = sortedOrder(named);
  const pubkeys = distinct(named, order);
  return { side, key, pubkeys, order: pubkeys === named ? order : sortedOrder(pubkeys) };
}

/** Whether some list of the filter is empty, so that no event can match. */
export function matchesNothing(filter: NostrFilter): boolean {
  return Object.values(filter).some((value) => Array.isArray(value) && value.length === 0);
}

/** A filter of one's own: changing the copy never changes the original. */
export function copyFilter(filter: NostrFilter): NostrFilter {
  return copyWith(filter);
}

/** The filter about these people alone; they must be among those it names. */
export function narrowFilter(
  filter: NostrFilter,
  people: People,
  pubkeys: readonly string[],
): NostrFilter {
  const { key, values } = people;
  return copyWith(
    filter,
    key,
    values ? pubkeys.flatMap((pubkey) => values.get(pubkey) ?? []) : pubkeys.slice(),
  );
}

function copyWith(filter: NostrFilter, key?: PeopleKey, values?: string[]): NostrFilter {
  const copy: Record<string, unknown> = {};
  for (const name in filter) {
    const value: unknown = filter[name as "#p"];
    if (name === key) copy[name] = values;
    else if (Array.isArray(value)) copy[name] = value.slice();
    else if (value !== undefined) copy[name] = value;
  }
  return copy as NostrFilter;
}
