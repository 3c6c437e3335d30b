/**
 * Sorts the filters of a request into parts by role.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { isReplaceableKind } from "nostr-tools/kinds";
import { checkFilters, normalFilter } from "../nostr/check_filters.ts";
import {
  eventOrGroupScope,
  type FilterScope,
  isThreadKey,
  matchesNothing,
  peopleScope,
  scopeOf,
} from "../nostr/filter_subjects.ts";
import { DRAFT_KIND, GIFT_WRAP_KINDS } from "../nostr/kinds.ts";
import { isPubkey, sortedOrder } from "../nostr/pubkeys.ts";
import type { Lookup, Role } from "../nostr/relay_knowledge.ts";
import { addressAuthor, eventKey, isSubjectKey, subjectKey } from "../nostr/subject_key.ts";
import type { Unrouted } from "../nostr/unrouted.ts";

/** A filter that each relay gets narrowed to some of its subjects. */
export interface ScopedPart {
  /** The index of the filter in the request. */
  readonly index: number;
  /** The filter as it was given, or narrowed to some of its kinds. */
  readonly filter: NostrFilter;
  /** The subjects, and their role. */
  readonly scope: FilterScope;
  /** Whether the request does not name these kinds: it names none, and so asks for any. */
  readonly isImplied?: boolean;
}

/** A filter for relays that serve everybody. */
export interface UnscopedPart {
  /** The index of the filter in the request. */
  readonly index: number;
  /** The filter as it was given. */
  readonly filter: NostrFilter;
  /** The events or groups that it names; some may have relays of their own. */
  readonly scope?: FilterScope;
}

/** The filters of a request, sorted. */
export interface ReqParts {
  /** Filters that name subjects; one filter may have parts in several roles. */
  readonly scoped: readonly ScopedPart[];
  /** Filters that name no people, for the fallback relays; searches, for the search relays. */
  readonly unscoped: readonly UnscopedPart[];
  /** Filters that go nowhere. */
  readonly unrouted: readonly Unrouted[];
}

/**
 * Sorts the filters of a request; see {@link ReqParts}.
 *
 * @throws {TypeError} If a value in a filter has the wrong type.
 * @throws {RangeError} If a number in a filter is none that NIP-01 allows.
 */
export function reqParts(filters: readonly NostrFilter[]): ReqParts {
  const scoped: ScopedPart[] = [];
  const unscoped: UnscopedPart[] = [];
  const unrouted: Unrouted[] = [];

  checkFilters(filters);
  filters.map(normalFilter).forEach((given, index) => {
    if (matchesNothing(given)) {
      unrouted.push({ reason: "matches-nothing", filter: index });
      return;
    }
    const scope = peopleScope(given);
    let filter: NostrFilter | undefined = given;
    if (given.kinds === undefined && scope?.key === "#p") {
      const wraps = { ...given, kinds: [...GIFT_WRAP_KINDS] };
      scoped.push({ index, filter: wraps, scope: { ...scope, role: "dm" }, isImplied: true });
    }
    const wraps = given["#p"] && forKinds(given, isGiftWrap);
    if (wraps) {
      scoped.push({ index, filter: wraps, scope: scopeOf(wraps, "dm", "#p") });
      filter = forKinds(given, (kind) => !isGiftWrap(kind));
      if (filter === undefined) return;
    }

    if (scope === undefined) {
      const scope = eventOrGroupScope(filter);
      unscoped.push({ index, filter, scope });
      if (scope) scoped.push({ index, filter, scope });
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

/** The roles that an author has besides `write`, and the kinds that each role is for. */
export const EXTRA_ROLE_RULES: readonly (readonly [Role, (kind: number) => boolean])[] = [
  ["private", (kind) => kind === DRAFT_KIND],
  ["index", isReplaceableKind],
];

/** The roles that only authors have, besides `write`. */
export const EXTRA_ROLES: readonly Role[] = EXTRA_ROLE_RULES.map(([role]) => role);

/** The filter narrowed to the kinds that are meant; `undefined` if it names none of them. */
function forKinds(
  filter: NostrFilter,
  isMeant: (kind: number) => boolean,
): NostrFilter | undefined {
  const kinds = filter.kinds?.filter(isMeant) ?? [];
  if (kinds.length === 0) return undefined;
  return kinds.length === filter.kinds!.length ? filter : { ...filter, kinds };
}

/**
 * The parts of a request, and besides them the people and events for which it names relays of
 * its own (`given`), each as a part for these relays.
 *
 * @param isGiven Whether it names relays for a subject, by its key.
 */
export function withGiven(parts: ReqParts, isGiven: (key: string) => boolean): ReqParts {
  const given = parts.scoped.flatMap(({ scope, ...part }): ScopedPart[] => {
    const { role } = scope;
    const isEvents = role === "id" || role === "thread";
    if (role !== "write" && role !== "read" && !isEvents) return [];
    const subjects = scope.subjects
      .filter((subject) => isGiven(isEvents ? eventKey(subject) : subject));
    if (subjects.length === 0) return [];
    return [{
      ...part,
      scope: { ...scope, role: "given", subjects, order: sortedOrder(subjects) },
    }];
  });
  return given.length === 0 ? parts : { ...parts, scoped: [...parts.scoped, ...given] };
}

/** The role in which the subjects of a part are requested from all relays but the given ones. */
export function mainRole({ scope: { key } }: ScopedPart): Role {
  if (isThreadKey(key)) return "thread";
  return key === "authors" ? "write" : key === "ids" ? "id" : "read";
}

/** The parts of a request narrowed to some of its subjects, without unscoped filters. */
export function partsFor(
  parts: ReqParts,
  isMeant: (subject: string, role: Role) => boolean,
): ReqParts {
  const scoped = parts.scoped.flatMap(({ scope, ...part }): ScopedPart[] => {
    const subjects = scope.subjects.filter((subject) => isMeant(subject, scope.role));
    if (subjects.length === 0) return [];
    return [{ ...part, scope: { ...scope, subjects, order: sortedOrder(subjects) } }];
  });
  return { scoped, unscoped: [], unrouted: [] };
}

/** The subjects of one role, each once, and the order that sorts them. */
export function subjectsIn(
  role: Role,
  parts: readonly ScopedPart[],
): { subjects: readonly string[]; order: () => Uint32Array } {
  const scopes = parts.map(({ scope }) => scope).filter((scope) => scope.role === role);
  if (scopes.length === 1) {
    const [{ subjects, order }] = scopes;
    return { subjects, order: () => order };
  }
  const subjects = [...new Set(scopes.flatMap((scope) => scope.subjects))];
  return { subjects, order: () => sortedOrder(subjects) };
}

/** What must be looked up to plan a request. */
export function reqLookup({ scoped }: ReqParts): Lookup {
  const subjects = (role: Role) => subjectsIn(role, scoped).subjects;
  const authors = subjects("write");
  const threads = subjects("thread").map(eventKey).filter(isSubjectKey);
  const others = [...subjects("read"), ...threads.map(addressAuthor).filter(isPubkey)];
  const eventsAndGroups = (["id", "group"] as const)
    .flatMap((role) => subjects(role).map((id) => subjectKey(role, id)));
  return {
    people: others.length === 0 ? authors : [...new Set([...authors, ...others])],
    dm: subjects("dm"),
    private: subjects("private"),
    eventsAndGroups: threads.length === 0
      ? eventsAndGroups
      : [...new Set([...eventsAndGroups, ...threads])],
    ...threads.length > 0 ? { threads } : {},
  };
}
