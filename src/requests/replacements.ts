/**
 * Other relays for the subjects of a request whose relays are all lost.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { Role } from "../nostr/relay_knowledge.ts";
import { type Assignment, roleOf } from "../plan/assignment.ts";
import type { Replan } from "../plan/replan.ts";
import type { Coverage } from "./coverage.ts";

/** Relays for part of what a request asks for. */
export interface RequestShares {
  /** The filters for each relay. */
  readonly routes: ReadonlyMap<string, NostrFilter[]>;
  readonly assignment: Assignment;
  /** Plans anew for the subjects whose relays are lost; absent where there is no plan. */
  readonly replan?: Replan;
}

/**
 * Plans for each subject that has no relay left, once for each of them: first for those that
 * fallback relays may serve, then for those that they have answered for. Empty where there is no
 * such subject, or no relay for it.
 */
export function planReplacements(
  assignment: Assignment,
  coverage: Coverage,
  replan: Replan,
): RequestShares[] {
  const { urls, subjects, roles, fallbacks = [] } = assignment;
  const keyOf = (role: Role, subject: string) => `${role} ${subject}`;
  const orphans = coverage.takeOrphans();
  const isLost = (relayIndex: number) => coverage.relays[relayIndex].isLost;
  return [false, true].flatMap((hasFallback): RequestShares[] => {
    const keys = new Set(
      orphans.filter((row) => coverage.hasEmptyFallback(row) === hasFallback)
        .map((row) => keyOf(roleOf(roles, row), subjects[row])),
    );
    if (keys.size === 0) return [];
    const excluding = new Set(
      urls.filter((_, index) => isLost(index) || hasFallback && fallbacks.includes(index)),
    );
    const replanned = replan({
      excluding,
      isMeant: (subject, role) => keys.has(keyOf(role, subject)),
      maxRelays: urls.filter((_, index) => isLost(index)).length,
    });
    const { plan: { routes } } = replanned;
    return routes.size === 0 ? [] : [{ ...replanned, routes }];
  });
}

/**
 * Plans one further indexer for the subjects on whose newest version a write relay and an indexer
 * did not agree; `undefined` where there is no such subject, or no further indexer.
 */
export function planSecondOpinions(
  { urls, subjects, relayIndexes, relaysPerSubject }: Assignment,
  coverage: Coverage,
  replan: Replan,
): RequestShares | undefined {
  const rows = coverage.takeDoubtful();
  if (rows.length === 0) return undefined;
  const doubtful = new Set(rows.map((row) => subjects[row]));
  const excluding = new Set(
    rows.flatMap((row) =>
      [...relayIndexes.subarray(row * relaysPerSubject, (row + 1) * relaysPerSubject)]
        .map((index) => urls[index])
    ),
  );
  const planned = replan({
    excluding,
    isMeant: (subject, role) => role === "index" && doubtful.has(subject),
    maxRelays: 1,
  });
  const { plan: { routes } } = planned;
  return routes.size === 0 ? undefined : { ...planned, routes };
}
