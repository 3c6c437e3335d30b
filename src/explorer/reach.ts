/**
 * How the people of a plan are reached. Pure.
 *
 * @module
 */

import type { ReqPlan } from "../plan/plan_req.ts";
import type { SubjectRoute } from "../plan/route_report.ts";

/** How a person is reached, from best to worst. */
export type Reach =
  /** At two or more relays of their list. */
  | "several"
  /** At one relay of their list. */
  | "one"
  /** Only at relays that may have them: fallback and popular ones, and those that hints name. */
  | "guess"
  /** At none. */
  | "none";

/** How a person is reached, by their route as an author; whether anybody is asked for them. */
export function reachOf(
  { relays = [], reason }: Partial<SubjectRoute>,
  isUnrouted: boolean,
): Reach {
  if (isUnrouted || relays.length === 0) return "none";
  if (reason !== "list") return "guess";
  return relays.length === 1 ? "one" : "several";
}

/** How many people are reached in each way. */
export function countReaches(reaches: Iterable<Reach>): Record<Reach, number> {
  const counts: Record<Reach, number> = { several: 0, one: 0, guess: 0, none: 0 };
  for (const reach of reaches) counts[reach]++;
  return counts;
}

/** How many of the authors of a plan are reached in each way. */
export function authorReaches(
  { subjects, unrouted }: Pick<ReqPlan, "subjects" | "unrouted">,
): Record<Reach, number> {
  const lost = new Set(unrouted.map(({ pubkey }) => pubkey));
  const authors = subjects.filter(({ role }) => role === "write");
  return countReaches(authors.map((route) => reachOf(route, lost.has(route.subject))));
}
