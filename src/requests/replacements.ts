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
 * Plans for each subject that has no relay left, once for each of them. `undefined` where
 * there is no such subject, or no relay for it.
 */
export function planReplacements(
  assignment: Assignment,
  coverage: Coverage,
  replan: Replan,
): RequestShares | undefined {
  const { urls, subjects, roles } = assignment;
  const keyOf = (role: Role, subject: string) => `${role} ${subject}`;
  const orphans = new Set(
    coverage.takeOrphans().map((row) => keyOf(roleOf(roles, row), subjects[row])),
  );
  if (orphans.size === 0) return undefined;
  const excluding = new Set(urls.filter((_, relayIndex) => coverage.relays[relayIndex].isLost));
  const replanned = replan({
    excluding,
    isMeant: (subject, role) => orphans.has(keyOf(role, subject)),
    maxRelays: excluding.size,
  });
  const { plan: { routes } } = replanned;
  return routes.size === 0 ? undefined : { ...replanned, routes };
}
