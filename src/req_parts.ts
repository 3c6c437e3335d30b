/**
 * Sorts a request's filters by what a router can do with them.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { copyFilter, matchesNothing, type People, peopleOf } from "./filters.ts";
import { GIFT_WRAP_KINDS } from "./kinds.ts";
import { sortedOrder } from "./pubkeys.ts";
import type { Side, Unrouted } from "./types.ts";

/** A filter about people, to be narrowed to those that a relay is asked for. */
export interface PeoplePart {
  /** Its place in the request. */
  readonly index: number;
  /** The filter as it was given. */
  readonly filter: NostrFilter;
  /** Whom it is about. */
  readonly people: People;
}

/** A request, sorted. */
export interface ReqParts {
  /** Filters about people. */
  readonly named: readonly PeoplePart[];
  /** Filters that name nobody, for the fallback relays. */
  readonly open: readonly { readonly index: number; readonly filter: NostrFilter }[];
  /** What goes nowhere. */
  readonly unrouted: readonly Unrouted[];
}

/** Sorts the filters of a request; see {@link ReqParts}. */
export function reqParts(filters: readonly NostrFilter[]): ReqParts {
  const named: PeoplePart[] = [];
  const open: { index: number; filter: NostrFilter }[] = [];
  const unrouted: Unrouted[] = [];

  filters.forEach((given, index) => {
    if (matchesNothing(given)) {
      unrouted.push({ reason: "matches-nothing", filter: index });
      return;
    }
    // Somebody's gift wraps are on the relays of their kind 10050 list and
    // nowhere else; asking elsewhere only tells strangers who waits for mail.
    const filter = given["#p"] ? withoutGiftWraps(given) : given;
    if (filter !== given) {
      for (const pubkey of new Set(given["#p"])) {
        unrouted.push({ reason: "no-dm-list", pubkey, filter: index });
      }
      if (filter.kinds!.length === 0) return;
    }
    const people = peopleOf(filter);
    if (people === undefined) open.push({ index, filter });
    else named.push({ index, filter, people });
  });
  return { named, open, unrouted };
}

/** The part of a request that is about some of its people, and about nobody else. */
export function partsAbout(
  parts: ReqParts,
  isMeant: (pubkey: string, side: Side) => boolean,
): ReqParts {
  const named = parts.named.flatMap(({ people, ...part }): PeoplePart[] => {
    const pubkeys = people.pubkeys.filter((pubkey) => isMeant(pubkey, people.side));
    if (pubkeys.length === 0) return [];
    return [{ ...part, people: { ...people, pubkeys, order: sortedOrder(pubkeys) } }];
  });
  return { named, open: [], unrouted: [] };
}

/** The filter itself, or a copy that no longer asks for gift wraps. */
function withoutGiftWraps(filter: NostrFilter): NostrFilter {
  if (!filter.kinds?.some((kind) => GIFT_WRAP_KINDS.includes(kind))) return filter;
  return {
    ...copyFilter(filter),
    kinds: filter.kinds.filter((kind) => !GIFT_WRAP_KINDS.includes(kind)),
  };
}
