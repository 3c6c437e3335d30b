/**
 * Decides by which index of an IndexedDB a filter is read. Pure.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { isReplaceableKind } from "nostr-tools/kinds";
import type { IdbEvent } from "./idb_schema.ts";

/** A filter, as far as it can be read. */
export interface IdbFilter {
  readonly ids?: readonly string[];
  readonly authors?: readonly string[];
  readonly kinds?: readonly number[];
  /** Values by the tag's name. */
  readonly tags: readonly (readonly [name: string, values: ReadonlySet<string>])[];
  /** The lowest and the highest age. */
  readonly ages: readonly [number, number];
  readonly limit: number;
  /** Whether a row matches all but the limit. */
  readonly matches: (row: IdbEvent) => boolean;
}

/** Ranges of one index that have all rows which a filter may match. */
export interface IdbAccess {
  readonly index: "author" | "kind" | "rank" | "tag";
  readonly ranges: readonly (readonly [lower: IDBValidKey[], upper: IDBValidKey[]])[];
  /** Whether each range is newest first, so that the first ones are enough. */
  readonly isSorted: boolean;
  /** The key of a row that was found in a range with this lower end. */
  readonly keyOf: (lower: readonly IDBValidKey[], row: IdbEvent) => IDBValidKey[];
}

/** Reads a filter; `undefined` if nothing can match it. */
export function idbFilter(filter: NostrFilter): IdbFilter | undefined {
  if (filter.search) return undefined;
  const limit = typeof filter.limit === "number" && !Number.isNaN(filter.limit)
    ? Math.floor(filter.limit)
    : Infinity;
  const ids = strings(filter.ids);
  const authors = strings(filter.authors);
  const kinds = filter.kinds && [...new Set(filter.kinds.filter(Number.isInteger))];
  const tags = Object.entries(filter).filter(([key, list]) => key[0] === "#" && Array.isArray(list))
    .map(([key, list]) => [key.slice(1), new Set(strings(list as unknown[]))] as const);
  const lists = [ids, authors, kinds, ...tags.map(([, values]) => [...values])];
  if (limit <= 0 || lists.some((list) => list?.length === 0)) return undefined;
  const ages = [-time(filter.until, Infinity), -time(filter.since, -Infinity)] as const;
  if (ages[0] > ages[1]) return undefined;
  const [own, people, sorts] = [ids && new Set(ids), authors && new Set(authors), new Set(kinds)];
  const matches = ({ event, age, tags: rowTags }: IdbEvent) =>
    age >= ages[0] && age <= ages[1] && (!own || own.has(event.id)) &&
    (!people || people.has(event.pubkey)) && (!kinds || sorts.has(event.kind)) &&
    tags.every(([name, values]) => rowTags.some(([n, value]) => n === name && values.has(value)));
  return { ids, authors, kinds, tags, ages, limit, matches };
}

function strings(list: readonly unknown[] | undefined): string[] | undefined {
  return list && [...new Set(list.filter((one) => typeof one === "string"))];
}

function time(value: unknown, otherwise: number): number {
  return typeof value === "number" && !Number.isNaN(value) ? value : otherwise;
}

/**
 * How to read a filter without `ids`.
 *
 * @returns `best`: the fewest rows; `scan`: few ranges of which some rows may not match, if `best`
 * has many.
 */
export function idbAccess(
  filter: IdbFilter,
): { readonly best: IdbAccess; readonly scan?: IdbAccess } {
  const { authors, kinds, tags, ages: [lowest, highest] } = filter;
  const range = (...prefix: IDBValidKey[]) =>
    [[...prefix, lowest], [...prefix, highest]] as [IDBValidKey[], IDBValidKey[]];
  const scan: IdbAccess = kinds
    ? {
      index: "kind",
      ranges: kinds.map((kind) => range(kind)),
      isSorted: true,
      keyOf: (_, { event, age }) => [event.kind, age],
    }
    : {
      index: "rank",
      ranges: [range(0), range(1)],
      isSorted: true,
      keyOf: (_, { rank, age }) => [rank, age],
    };
  const [tag] = tags.toSorted(([, a], [, b]) => a.size - b.size);
  if (tag && tag[1].size <= (authors?.length ?? Infinity)) {
    const [name, values] = tag;
    return {
      best: {
        index: "tag",
        ranges: [...values].map((value) => range(name, value)),
        isSorted: true,
        keyOf: ([name, value], { age }) => [name, value, age],
      },
      scan,
    };
  }
  if (!authors) return { best: scan };
  const runs = kinds ? runsOfKinds(kinds) : [[-Infinity, Infinity] as const];
  const ranges = authors.flatMap((pubkey) =>
    runs.map(([first, last]): [IDBValidKey[], IDBValidKey[]] =>
      first === last ? range(pubkey, first) : [[pubkey, first], [pubkey, last, []]]
    )
  );
  return {
    best: {
      index: "author",
      ranges,
      isSorted: runs.every(([first, last]) => first === last),
      keyOf: (_, { event, age }) => [event.pubkey, event.kind, age],
    },
    scan,
  };
}

/** Ranges of kinds. Of replaceable kinds an author has one event each, so they are one range. */
function runsOfKinds(kinds: readonly number[]): (readonly [number, number])[] {
  const lists = kinds.filter((kind) => kind >= 10_000 && isReplaceableKind(kind));
  const others = kinds.filter((kind) => !lists.includes(kind)).map((kind) => [kind, kind] as const);
  if (lists.length === 0) return others;
  return [...others, [Math.min(...lists), Math.max(...lists)]];
}
