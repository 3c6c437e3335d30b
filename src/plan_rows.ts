/**
 * The people of a request and the relays that come into question for each.
 *
 * @module
 */

import type { PlanSettings } from "./options.ts";
import { isPubkey, sortedOrder } from "./pubkeys.ts";
import { type RelayGraph, RelayGraphBuilder } from "./relay_graph.ts";
import type { PeoplePart } from "./req_parts.ts";
import type { RelayList, Side } from "./types.ts";

/** How a person comes to their relays. */
export const OWN_LIST = 0;
/** The person has no usable list: the fallback relays stand in. */
export const NO_LIST = 1;
/** What should be a pubkey is none. */
export const INVALID = 2;

/** People as rows of a graph: first all authors, then all tagged users. */
export interface PlanRows {
  readonly graph: RelayGraph;
  /** The person of each row. */
  readonly pubkeys: readonly string[];
  /** How many rows, from the top, are authors; the rest are tagged users. */
  readonly authors: number;
  /** The rows in the order of their pubkeys, authors first. */
  readonly order: () => Iterable<number>;
  /** `OWN_LIST`, `NO_LIST` or `INVALID`, for each row. */
  readonly kinds: Uint8Array;
  /** The ids of the fallback relays, in their order. */
  readonly fallbacks: readonly number[];
}

/** Looks up the relays of everyone whom the parts are about. */
export function planRows(
  parts: readonly PeoplePart[],
  lists: ReadonlyMap<string, RelayList>,
  settings: PlanSettings,
): PlanRows {
  const builder = new RelayGraphBuilder((url) => settings.check(url).url, settings.weight);
  const write = namedOn("write", parts);
  const read = namedOn("read", parts);
  const authors = write.pubkeys;
  const pubkeys = authors.concat(read.pubkeys);
  const kinds = new Uint8Array(pubkeys.length);

  for (let row = 0; row < pubkeys.length; row++) {
    const list = lists.get(pubkeys[row]);
    const own = list ? builder.add(row < authors.length ? list.write : list.read) : 0;
    if (own === 0) {
      kinds[row] = isPubkey(pubkeys[row]) ? NO_LIST : INVALID;
      if (kinds[row] === NO_LIST) builder.add(settings.fallbackRelays);
    }
    builder.endRow();
  }
  const fallbacks = settings.fallbackRelays
    .map((url) => builder.idOf(url))
    .filter((id) => id !== undefined);
  const order = () => {
    if (read.pubkeys.length === 0) return write.order();
    return [...write.order(), ...read.order().map((row) => authors.length + row)];
  };
  return { graph: builder.build(), pubkeys, authors: authors.length, order, kinds, fallbacks };
}

/** Finds the row of each person of a part: the answer is by place in its `pubkeys`. */
export function rowFinder(parts: readonly PeoplePart[], rows: PlanRows) {
  const rowOf = { write: new Map<string, number>(), read: new Map<string, number>() };
  return ({ people: { side, pubkeys } }: PeoplePart): (place: number) => number => {
    const first = side === "write" ? 0 : rows.authors;
    if (parts.filter(({ people }) => people.side === side).length === 1) {
      return (place) => first + place;
    }
    const found = rowOf[side];
    if (found.size === 0) {
      const end = side === "write" ? rows.authors : rows.pubkeys.length;
      for (let row = first; row < end; row++) found.set(rows.pubkeys[row], row);
    }
    return (place) => found.get(pubkeys[place])!;
  };
}

/** Whom the parts of one side name, each once, and their order. */
function namedOn(side: Side, parts: readonly PeoplePart[]) {
  const named = parts.filter(({ people }) => people.side === side);
  if (named.length === 1) {
    const { pubkeys, order } = named[0].people;
    return { pubkeys, order: () => order };
  }
  const pubkeys = [...new Set(named.flatMap(({ people }) => people.pubkeys))];
  return { pubkeys, order: () => sortedOrder(pubkeys) };
}
