/**
 * The plan of a request whose people's relay lists are still looked for: it asks for those whose
 * lists are known, and gets the newest events of the others from relays that may have them.
 *
 * Pure.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { Assignment } from "../plan/assignment.ts";
import type { Planned } from "../plan/replan.ts";
import type { ReqParts, ScopedPart } from "../plan/req_parts.ts";
import { askedSubjects, type LiveSubject } from "./asked_subjects.ts";
import { liveShares } from "./live_shares.ts";

/** Most relays that are asked for the newest events of people whose lists are looked for. */
const MAX_PREVIEW_RELAYS = 3;
/** Most events that one of them is asked for. */
const MAX_PREVIEW_EVENTS = 200;

/** Whether somebody is not asked for in a role as long as their list is looked for. */
export function isPendingRole(role: LiveSubject["role"]): role is "write" | "read" {
  return role === "write" || role === "read";
}

/**
 * The plan without the people whose lists are looked for. The fallback relays
 * that it has for them are asked for their newest events, where they are asked for nothing else.
 */
export function earlyPlan(planned: Planned, pending: ReadonlySet<string>): Planned {
  const { input: { parts, settings, knowledge }, assignment, plan } = planned;
  const now = new Map<string, LiveSubject[]>();
  const later = new Set<LiveSubject>();
  for (const [url, subjects] of askedSubjects(assignment)) {
    const isLater = ({ role, subject }: LiveSubject) => isPendingRole(role) && pending.has(subject);
    const known: LiveSubject[] = [];
    for (const subject of subjects) isLater(subject) ? later.add(subject) : known.push(subject);
    if (known.length > 0) now.set(url, known);
  }
  // A list beats every hint: relays that strangers name wait until it is known that there is none.
  const previews = settings.fallbackRelays
    .filter((url) => !now.has(url) && settings.weight(url) > 0 && settings.check(url).url === url)
    .slice(0, Math.min(MAX_PREVIEW_RELAYS, settings.maxRelays - now.size));
  const newest = liveShares(
    previewParts(parts),
    new Map(previews.map((url) => [url, later])),
    settings,
  ).routes;
  const asked = [...now.keys(), ...newest.keys()];
  const shares = liveShares(
    parts,
    new Map(asked.map((url) => [url, now.get(url) ?? []])),
    settings,
    knowledge,
  );
  const routes = new Map<string, NostrFilter[]>();
  for (const url of asked) routes.set(url, shares.routes.get(url) ?? newest.get(url)!);
  const unrouted = plan.unrouted
    .filter(({ reason, pubkey }) => reason !== "no-list" || !pubkey || !pending.has(pubkey));
  return {
    ...planned,
    plan: {
      routes,
      unrouted,
      get subjects() {
        return plan.subjects;
      },
    },
    assignment: { ...shares.assignment, pairs: pairsIn(shares.assignment, assignment) },
    early: { pending, previews: new Set(newest.keys()) },
  };
}

/**
 * The parts for people, with a `limit`; without those that indexers are asked for all of, whether a
 * list is known or not.
 */
function previewParts({ scoped }: ReqParts): ReqParts {
  const indexed = new Set(
    scoped.flatMap(({ scope, filter }) => scope.role === "index" ? filter : []),
  );
  const parts = scoped.filter(({ scope, filter }) =>
    isPendingRole(scope.role) && !indexed.has(filter)
  ).map(({ filter, ...part }): ScopedPart => {
    const limit = Math.min(filter.limit ?? Infinity, MAX_PREVIEW_EVENTS);
    return { ...part, filter: { ...filter, limit } };
  });
  return { scoped: parts, unscoped: [], unrouted: [] };
}

/** The pairs of the rows of an assignment that has fewer rows than another. */
function pairsIn(fewer: Assignment, { pairs, subjects }: Assignment): Assignment["pairs"] {
  if (!pairs?.size) return undefined;
  const paired = new Set([...pairs.keys()].map((row) => subjects[row]));
  const rowsOf = (role: string) => {
    const { first = 0, end = 0 } = fewer.roles.find((rows) => rows.role === role) ?? {};
    return new Map(fewer.subjects.slice(first, end).map((subject, i) => [subject, first + i]));
  };
  const [writes, indexed] = [rowsOf("write"), rowsOf("index")];
  return new Map([...indexed].flatMap(([subject, row]): [number, number][] => {
    const other = writes.get(subject);
    return other === undefined || !paired.has(subject) ? [] : [[row, other], [other, row]];
  }));
}
