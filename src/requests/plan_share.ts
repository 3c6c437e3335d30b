/**
 * The share that one of several joined requests has in the plan that was made for all: what it is
 * asked for, where, and what of it goes nowhere.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { copyFilter } from "../nostr/filter_subjects.ts";
import type { Role } from "../nostr/relay_knowledge.ts";
import type { Unrouted } from "../nostr/unrouted.ts";
import type { Assignment } from "../plan/assignment.ts";
import type { ReqPlan } from "../plan/plan_req.ts";
import type { Planned } from "../plan/replan.ts";
import type { ReqParts } from "../plan/req_parts.ts";
import type { RequestScope } from "./scope_progress.ts";
import { type AskedSubjects, assignmentFor, routesFor } from "./live_shares.ts";

/** What the parts of a request ask for. */
export function scopeOfParts({ scoped, unscoped }: ReqParts): RequestScope {
  const subjects = new Map<Role, Set<string>>();
  for (const { scope } of scoped) {
    const before = subjects.get(scope.role);
    if (before) { for (const subject of scope.subjects) before.add(subject); }
    else subjects.set(scope.role, new Set(scope.subjects));
  }
  return { subjects, hasUnscoped: unscoped.length > 0 };
}

/**
 * A function that gives the plan of one of the joined requests: its subjects at the relays that
 * the plan for all has for them. That plan can be carried out by itself, too.
 *
 * Its `parts` are the filters of the one request, which is of the same shape as all others, and
 * `indexes` says for each of these filters which joined filter has it.
 */
export function planSharer(
  planned: Planned,
): (parts: ReqParts, indexes: readonly number[]) => Planned {
  const { assignment: { urls, unscoped, relayIndexes, relaysPerSubject }, input } = planned;
  const { rowsOf, subjectAt } = rowFinder(planned.assignment);
  return (parts, indexes) => {
    const scope = scopeOfParts(parts);
    const whole = new Set(scope.hasUnscoped ? unscoped : []);
    const asked = new Map<number, Map<Role, string[]>>(
      [...whole].map((index) => [index, new Map()]),
    );
    for (const [role, subjects] of scope.subjects) {
      // In the order of every plan, so that the filters do not depend on the app's order.
      for (const row of rowsOf(role, subjects)) {
        const subject = subjectAt(row);
        const end = (row + 1) * relaysPerSubject;
        for (let at = row * relaysPerSubject; at < end && relayIndexes[at] >= 0; at++) {
          addSubject(asked, relayIndexes[at], role, subject);
        }
      }
    }
    const order = [...asked.keys()].sort((a, b) => a - b);
    const byUrl: AskedSubjects = new Map(order.map((index) => [urls[index], asked.get(index)!]));
    const shares = routesFor(parts, byUrl, input.settings);
    // A relay that gets whole filters is not asked for their events besides.
    const scoped = parts.scoped.filter(({ scope: { role } }) => role !== "id");
    const besides = whole.size === 0
      ? shares
      : routesFor({ ...parts, scoped }, byUrl, input.settings);
    const routes = new Map<string, NostrFilter[]>();
    for (const index of order) {
      const filters = whole.has(index)
        ? [
          ...besides.get(urls[index]) ?? [],
          ...parts.unscoped.map(({ filter }) => copyFilter(filter)),
        ]
        : shares.get(urls[index]) ?? [];
      if (filters.length > 0) routes.set(urls[index], filters);
    }
    const plan: ReqPlan = {
      routes,
      unrouted: [...parts.unrouted, ...sharedUnrouted(planned.plan.unrouted, parts, indexes)],
      get subjects() {
        const isOwn = new Map([...scope.subjects].map(([role, own]) => [role, new Set(own)]));
        return planned.plan.subjects.filter(({ role, subject }) => isOwn.get(role)?.has(subject));
      },
    };
    let assignment: Assignment | undefined;
    return {
      ...planned,
      ...planned.replannersFor(parts),
      plan,
      // Needed by those alone that are carried out by themselves.
      get assignment() {
        return assignment ??= {
          ...assignmentFor(byUrl, input.settings, input.knowledge),
          unscoped: [...whole].map((i) => order.indexOf(i)),
        };
      },
      input: { ...input, parts },
    };
  };
}

function addSubject(
  asked: Map<number, Map<Role, string[]>>,
  relayIndex: number,
  role: Role,
  subject: string,
): void {
  let roles = asked.get(relayIndex);
  if (!roles) asked.set(relayIndex, roles = new Map());
  const subjects = roles.get(role);
  if (subjects) subjects.push(subject);
  else roles.set(role, [subject]);
}

/** The subjects that a plan requests from none of their relays, since these are too many. */
export function cutSubjects({ subjects }: Pick<ReqPlan, "subjects">): ReadonlySet<string> {
  const cut = new Set(subjects.flatMap(({ reason, subject }) => reason === "cap" ? subject : []));
  // Relays of a route that was cut are fallback relays.
  for (const { subject, relays, reason } of subjects) {
    if (reason !== "cap" && relays.length > 0) cut.delete(subject);
  }
  return cut;
}

/** Finds the rows of some subjects in a role, sorted by subject. */
function rowFinder({ subjects, roles }: Assignment) {
  const rankOf = new Map(roles.map(({ role, first, end }) => {
    const sorted = [...subjects.slice(first, end).keys()].map((i) => first + i)
      .sort((a, b) => subjects[a] < subjects[b] ? -1 : 1);
    const ranks = new Map(sorted.map((row, rank): [string, number] => [subjects[row], rank]));
    return [role, { sorted, ranks }];
  }));
  return {
    subjectAt: (row: number) => subjects[row],
    rowsOf(role: Role, some: Iterable<string>): number[] {
      const { sorted, ranks } = rankOf.get(role) ?? {};
      if (!sorted || !ranks) return [];
      const own: number[] = [];
      for (const subject of some) {
        const rank = ranks.get(subject);
        if (rank !== undefined) own.push(rank);
      }
      // Numbers, which are sorted faster than what they stand for.
      return [...Uint32Array.from(own).sort()].map((rank) => sorted[rank]);
    },
  };
}

/** What of the joined filters goes nowhere and is named by the parts' filters, too. */
function sharedUnrouted(
  unrouted: readonly Unrouted[],
  { scoped }: ReqParts,
  indexes: readonly number[],
): Unrouted[] {
  return unrouted.flatMap((entry) =>
    entry.reason === "matches-nothing" ? [] : indexes.flatMap((joined, filter): Unrouted[] => {
      const isNamed = entry.pubkey === undefined ||
        scoped.some(({ index, scope }) =>
          index === filter && scope.subjects.includes(entry.pubkey!)
        );
      return joined === entry.filter && isNamed ? [{ ...entry, filter }] : [];
    })
  );
}
