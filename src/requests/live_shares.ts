/**
 * The filters for each relay, and the assignment, made of the subjects that each relay of an
 * open request is to be asked for.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { RelayKnowledge, Role } from "../nostr/relay_knowledge.ts";
import { type Assignment, roleOf, type RoleRows } from "../plan/assignment.ts";
import { cutFilters } from "../plan/cut_filters.ts";
import type { PlanSettings } from "../plan/plan_options.ts";
import { EXTRA_ROLES, mainRole, type ReqParts, type ScopedPart } from "../plan/req_parts.ts";
import { listsRelay } from "./listed_roles.ts";
import type { LiveSubject } from "./asked_subjects.ts";

/** Part of a plan. */
export interface LiveShares {
  /** The filters for each relay. */
  readonly routes: ReadonlyMap<string, NostrFilter[]>;
  readonly assignment: Assignment;
}

/** The subjects that each relay is to be asked for, by their roles. */
export type AskedSubjects = ReadonlyMap<string, ReadonlyMap<Role, string[]>>;

/**
 * Makes the filters of a request for the subjects that each relay is asked for, and the
 * assignment that goes with them. Unscoped filters are left out.
 *
 * @param knowledge Says whose lists name which relays. @default nobody has a list
 */
export function liveShares(
  parts: ReqParts,
  asked: ReadonlyMap<string, Iterable<LiveSubject>>,
  settings: PlanSettings,
  knowledge: ReadonlyMap<string, RelayKnowledge> = new Map(),
): LiveShares {
  const byRole = new Map<string, Map<Role, string[]>>();
  for (const [url, subjects] of asked) {
    const wanted = new Map<Role, string[]>();
    for (const { role, subject } of subjects) {
      if (role !== "unscoped") add(wanted, role, subject);
    }
    byRole.set(url, wanted);
  }
  return {
    routes: routesFor(parts, byRole, settings),
    assignment: assignmentFor(byRole, settings, knowledge),
  };
}

/** The filters for each relay that is asked for anything. */
export function routesFor(
  parts: ReqParts,
  asked: AskedSubjects,
  settings: PlanSettings,
): Map<string, NostrFilter[]> {
  const select = subjectSelector(parts);
  const routes = new Map<string, NostrFilter[]>();
  for (const [url, wanted] of asked) {
    const shares = parts.scoped.flatMap((part) => {
      const { role } = part.scope;
      let subjects = select(part, wanted.get(role) ?? []);
      // The relay is asked for all kinds of its authors already.
      if (EXTRA_ROLES.includes(role) || role === "given") {
        const asked = new Set(wanted.get(mainRole(part)));
        subjects = subjects.filter((it) => !asked.has(it));
      }
      return subjects.length > 0 ? [{ part, subjects }] : [];
    });
    const filters = cutFilters(shares, settings);
    if (filters.length > 0) routes.set(url, filters);
  }
  return routes;
}

/**
 * The relays as an assignment, in this order.
 *
 * @param knowledge Says whose lists name which relays. @default nobody has a list
 */
export function assignmentFor(
  asked: AskedSubjects,
  settings: PlanSettings,
  knowledge: ReadonlyMap<string, RelayKnowledge> = new Map(),
): Assignment {
  const urls = [...asked.keys()];
  const indexesOf = new Map<Role, Map<string, number[]>>();
  urls.forEach((url, relayIndex) => {
    for (const [role, subjects] of asked.get(url)!) {
      const indexes = indexesOf.get(role) ?? new Map<string, number[]>();
      indexesOf.set(role, indexes);
      for (const subject of subjects) add(indexes, subject, relayIndex);
    }
  });
  const fallbacks = settings.fallbackRelays.map((url) => urls.indexOf(url))
    .filter((index) => index >= 0);
  const { check, relaysPerAuthor } = settings;
  const made = assignmentOf(urls, indexesOf);
  const isListed = (row: number, relayIndex: number) => {
    const subject = made.subjects[row];
    return listsRelay(knowledge.get(subject), roleOf(made.roles, row), urls[relayIndex], check);
  };
  return { ...made, fallbacks, relaysPerAuthor, isListed };
}

/** Selects, of some subjects, those that a part names. */
function subjectSelector(
  parts: ReqParts,
): (part: ScopedPart, subjects: string[]) => string[] {
  const sets = new Map<ScopedPart, ReadonlySet<string>>();
  return (part, subjects) => {
    const { role, subjects: own } = part.scope;
    const isOnly = parts.scoped.every((other) => other === part || other.scope.role !== role);
    if (isOnly || subjects.length === 0) return subjects;
    const set = sets.get(part) ?? new Set(own);
    sets.set(part, set);
    return subjects.filter((subject) => set.has(subject));
  };
}

function assignmentOf(
  urls: readonly string[],
  indexesOf: ReadonlyMap<Role, ReadonlyMap<string, readonly number[]>>,
): Omit<Assignment, "fallbacks"> {
  const subjects: string[] = [];
  const roles: RoleRows[] = [];
  const rows: (readonly number[])[] = [];
  for (const [role, indexesOfSubjects] of indexesOf) {
    const first = subjects.length;
    for (const [subject, indexes] of indexesOfSubjects) {
      subjects.push(subject);
      rows.push(indexes);
    }
    roles.push({ role, first, end: subjects.length });
  }
  const relaysPerSubject = rows.reduce((most, { length }) => Math.max(most, length), 0);
  const relayIndexes = new Int32Array(rows.length * relaysPerSubject).fill(-1);
  rows.forEach((indexes, row) => relayIndexes.set(indexes, row * relaysPerSubject));
  return { urls, subjects, roles, relayIndexes, relaysPerSubject, unscoped: [] };
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
