/**
 * Sorts a request's filters by what a router can do with them.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { isReplaceableKind } from "nostr-tools/kinds";
import {
  eventOrGroupScope,
  type FilterScope,
  matchesNothing,
  peopleScope,
  scopeOf,
} from "../nostr/filter_subjects.ts";
import { DRAFT_KIND, GIFT_WRAP_KINDS } from "../nostr/kinds.ts";
import { sortedOrder } from "../nostr/pubkeys.ts";
import { subjectKey } from "../nostr/subject_key.ts";
import type { Lookup, Role, Unrouted } from "../nostr/types.ts";

/** A filter to be narrowed to those of its subjects that a relay is asked for. */
export interface ScopedPart {
  /** Its place in the request. */
  readonly index: number;
  /** The filter as it was given, or for some of its kinds. */
  readonly filter: NostrFilter;
  /** Whom or what it is about. */
  readonly scope: FilterScope;
}

/** A filter for relays that serve everybody. */
export interface UnscopedPart {
  /** Its place in the request. */
  readonly index: number;
  /** The filter as it was given. */
  readonly filter: NostrFilter;
  /** The events or groups that it names; some may have relays of their own. */
  readonly about?: FilterScope;
}

/** A request, sorted. */
export interface ReqParts {
  /** Filters about people, events and groups; one filter may be on several lanes. */
  readonly scoped: readonly ScopedPart[];
  /** Filters that name no people: for the fallback relays, searches for the search relays. */
  readonly unscoped: readonly UnscopedPart[];
  /** What goes nowhere. */
  readonly unrouted: readonly Unrouted[];
}

/** Sorts the filters of a request; see {@link ReqParts}. */
export function reqParts(filters: readonly NostrFilter[]): ReqParts {
  const scoped: ScopedPart[] = [];
  const unscoped: UnscopedPart[] = [];
  const unrouted: Unrouted[] = [];

  filters.forEach((given, index) => {
    if (matchesNothing(given)) {
      unrouted.push({ reason: "matches-nothing", filter: index });
      return;
    }
    const wraps = given["#p"] && forKinds(given, isGiftWrap);
    if (wraps) scoped.push({ index, filter: wraps, scope: scopeOf(wraps, "dm", "#p") });
    const filter = wraps ? forKinds(given, (kind) => !isGiftWrap(kind)) : given;
    if (filter === undefined) return;

    const scope = peopleScope(filter);
    if (scope === undefined) {
      const things = eventOrGroupScope(filter);
      unscoped.push({ index, filter, about: things });
      if (things) scoped.push({ index, filter, scope: things });
      return;
    }
    scoped.push({ index, filter, scope });
    if (scope.role !== "write") return;
    for (const [role, isMeant] of EXTRA_ROLE_RULES) {
      const narrowed = forKinds(filter, isMeant);
      if (narrowed) scoped.push({ index, filter: narrowed, scope: { ...scope, role } });
    }
  });
  return { scoped, unscoped, unrouted };
}

const isGiftWrap = (kind: number) => GIFT_WRAP_KINDS.includes(kind);

/** What authors are asked for elsewhere, besides on their write relays. */
const EXTRA_ROLE_RULES: readonly (readonly [Role, (kind: number) => boolean])[] = [
  ["private", (kind) => kind === DRAFT_KIND],
  ["index", isReplaceableKind],
];

/** The lanes of that: whoever is asked for there is an author, too. */
export const EXTRA_ROLES: readonly Role[] = EXTRA_ROLE_RULES.map(([lane]) => lane);

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
export function partsFor(
  parts: ReqParts,
  isMeant: (name: string, lane: Role) => boolean,
): ReqParts {
  const scoped = parts.scoped.flatMap(({ scope, ...part }): ScopedPart[] => {
    const subjects = scope.subjects.filter((name) => isMeant(name, scope.role));
    if (subjects.length === 0) return [];
    return [{ ...part, scope: { ...scope, subjects, order: sortedOrder(subjects) } }];
  });
  return { scoped, unscoped: [], unrouted: [] };
}

/** Whom or what the parts of one lane name, each once, and their order. */
export function subjectsIn(
  lane: Role,
  parts: readonly ScopedPart[],
): { names: readonly string[]; order: () => Uint32Array } {
  const named = parts.filter(({ scope }) => scope.role === lane);
  if (named.length === 1) {
    const { subjects, order } = named[0].scope;
    return { names: subjects, order: () => order };
  }
  const names = [...new Set(named.flatMap(({ scope }) => scope.subjects))];
  return { names, order: () => sortedOrder(names) };
}

/** What must be known to plan a request. */
export function reqLookup({ scoped }: ReqParts): Lookup {
  const names = (lane: Role) => subjectsIn(lane, scoped).names;
  const [authors, tagged] = [names("write"), names("read")];
  return {
    people: tagged.length === 0 ? authors : [...new Set([...authors, ...tagged])],
    dm: names("dm"),
    private: names("private"),
    eventsAndGroups: (["id", "group"] as const)
      .flatMap((lane) => names(lane).map((name) => subjectKey(lane, name))),
  };
}
