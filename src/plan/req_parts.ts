/**
 * Sorts a request's filters by what a router can do with them.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { isReplaceableKind } from "nostr-tools/kinds";
import {
  matchesNothing,
  peopleOf,
  type Subjects,
  subjectsOf,
  thingsOf,
} from "../nostr/filter_subjects.ts";
import { DRAFT_KIND, GIFT_WRAP_KINDS } from "../nostr/kinds.ts";
import { sortedOrder } from "../nostr/pubkeys.ts";
import { hintKey } from "../nostr/subject_key.ts";
import type { Lane, Unrouted, Wishes } from "../nostr/types.ts";

/** A filter to be narrowed to those of its subjects that a relay is asked for. */
export interface NamedPart {
  /** Its place in the request. */
  readonly index: number;
  /** The filter as it was given, or for some of its kinds. */
  readonly filter: NostrFilter;
  /** Whom or what it is about. */
  readonly about: Subjects;
}

/** A filter for relays that serve everybody. */
export interface OpenPart {
  /** Its place in the request. */
  readonly index: number;
  /** The filter as it was given. */
  readonly filter: NostrFilter;
  /** The events or groups that it names; some may have relays of their own. */
  readonly about?: Subjects;
}

/** A request, sorted. */
export interface ReqParts {
  /** Filters about people, events and groups; one filter may be on several lanes. */
  readonly named: readonly NamedPart[];
  /** Filters that name no people: for the fallback relays, searches for the search relays. */
  readonly open: readonly OpenPart[];
  /** What goes nowhere. */
  readonly unrouted: readonly Unrouted[];
}

/** Sorts the filters of a request; see {@link ReqParts}. */
export function reqParts(filters: readonly NostrFilter[]): ReqParts {
  const named: NamedPart[] = [];
  const open: OpenPart[] = [];
  const unrouted: Unrouted[] = [];

  filters.forEach((given, index) => {
    if (matchesNothing(given)) {
      unrouted.push({ reason: "matches-nothing", filter: index });
      return;
    }
    const wraps = given["#p"] && forKinds(given, isGiftWrap);
    if (wraps) named.push({ index, filter: wraps, about: subjectsOf(wraps, "dm", "#p") });
    const filter = wraps ? forKinds(given, (kind) => !isGiftWrap(kind)) : given;
    if (filter === undefined) return;

    const about = peopleOf(filter);
    if (about === undefined) {
      const things = thingsOf(filter);
      open.push({ index, filter, about: things });
      if (things) named.push({ index, filter, about: things });
      return;
    }
    named.push({ index, filter, about });
    if (about.lane !== "write") return;
    for (const [lane, isMeant] of BESIDES) {
      const narrowed = forKinds(filter, isMeant);
      if (narrowed) named.push({ index, filter: narrowed, about: { ...about, lane } });
    }
  });
  return { named, open, unrouted };
}

const isGiftWrap = (kind: number) => GIFT_WRAP_KINDS.includes(kind);

/** What authors are asked for elsewhere, besides on their write relays. */
const BESIDES: readonly (readonly [Lane, (kind: number) => boolean])[] = [
  ["private", (kind) => kind === DRAFT_KIND],
  ["index", isReplaceableKind],
];

/** The lanes of that: whoever is asked for there is an author, too. */
export const BESIDES_WRITE: readonly Lane[] = BESIDES.map(([lane]) => lane);

/** The filter for those of its kinds that are meant; `undefined` if it names none of them. */
function forKinds(
  filter: NostrFilter,
  isMeant: (kind: number) => boolean,
): NostrFilter | undefined {
  const kinds = filter.kinds?.filter(isMeant) ?? [];
  if (kinds.length === 0) return undefined;
  return kinds.length === filter.kinds!.length ? filter : { ...filter, kinds };
}

/** The part of a request that is about some of its subjects, and about nothing else. */
export function partsAbout(
  parts: ReqParts,
  isMeant: (name: string, lane: Lane) => boolean,
): ReqParts {
  const named = parts.named.flatMap(({ about, ...part }): NamedPart[] => {
    const names = about.names.filter((name) => isMeant(name, about.lane));
    if (names.length === 0) return [];
    return [{ ...part, about: { ...about, names, order: sortedOrder(names) } }];
  });
  return { named, open: [], unrouted: [] };
}

/** Whom or what the parts of one lane name, each once, and their order. */
export function namedOn(
  lane: Lane,
  parts: readonly NamedPart[],
): { names: readonly string[]; order: () => Uint32Array } {
  const named = parts.filter(({ about }) => about.lane === lane);
  if (named.length === 1) {
    const { names, order } = named[0].about;
    return { names, order: () => order };
  }
  const names = [...new Set(named.flatMap(({ about }) => about.names))];
  return { names, order: () => sortedOrder(names) };
}

/** What must be known to plan a request. */
export function reqWishes({ named }: ReqParts): Wishes {
  const names = (lane: Lane) => namedOn(lane, named).names;
  const [authors, tagged] = [names("write"), names("read")];
  return {
    people: tagged.length === 0 ? authors : [...new Set([...authors, ...tagged])],
    dm: names("dm"),
    private: names("private"),
    things: (["id", "group"] as const)
      .flatMap((lane) => names(lane).map((name) => hintKey(lane, name))),
  };
}
