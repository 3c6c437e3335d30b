/**
 * Puts a plan for a feed into a report: who is asked where, and who cannot be reached. Pure.
 *
 * @module
 */

import type { Explanation, RelayReport } from "../explain.ts";
import type { ReqPlan } from "../plan/plan_req.ts";
import type { SkippedRelay, SubjectRoute } from "../plan/route_report.ts";
import { type CurvePoint, reached } from "./coverage_curve.ts";

/** A relay of a plan. */
export interface PlanRelay {
  readonly url: string;
  /** The people who are asked for there; those who are asked for nowhere else first. */
  readonly people: readonly string[];
  /** How many of these are asked for nowhere else. */
  readonly alone: number;
  /** How many filters it is sent. */
  readonly filters: number;
  /** What is known about it. */
  readonly report: RelayReport;
}

/** Why somebody is not asked for at a relay of their own. */
export type UnreachedReason =
  | Explanation["missingLists"][number]["reason"]
  | "cap"
  | "invalid-pubkey";

/** Somebody who is not asked for at a relay of their own. */
export interface UnreachedPerson {
  readonly pubkey: string;
  readonly reason: UnreachedReason;
  /** The relays that are asked all the same: those of hints, and fallback relays. */
  readonly relays: readonly string[];
  /** Whether hints named some of these. */
  readonly isHinted: boolean;
  /** The relays that their list names, and why each is not asked. */
  readonly skipped: readonly SkippedRelay[];
}

/** Who is asked where. */
export interface PlanReport {
  /** Whose feed it is. */
  readonly pubkey: string;
  /** How many people they follow. */
  readonly follows: number;
  /** The most relays that a request may open. */
  readonly maxRelays: number;
  /** How many of the people are asked for at a relay of their own. */
  readonly once: number;
  /** How many are asked for at two, at least. */
  readonly twice: number;
  /** The relays, those with the most people first. */
  readonly relays: readonly PlanRelay[];
  /** The people who are not asked for at a relay of their own. */
  readonly unreached: readonly UnreachedPerson[];
  /** What it would be with other numbers of relays. */
  readonly curve: readonly CurvePoint[];
  /** The relays of each person. */
  readonly people: readonly SubjectRoute[];
}

/** What a report is made of. */
export interface PlanSource {
  readonly pubkey: string;
  readonly follows: readonly string[];
  readonly maxRelays: number;
  readonly explanation: Pick<Explanation, "plan" | "relays" | "missingLists">;
  readonly curve: readonly CurvePoint[];
}

/** Makes a report. */
export function planReport(
  { pubkey, follows, maxRelays, explanation, curve }: PlanSource,
): PlanReport {
  const { plan, relays } = explanation;
  const people = plan.subjects.filter(({ role }) => role === "write");
  const asked = relaysByPerson(plan);
  return {
    pubkey,
    follows: follows.length,
    maxRelays,
    ...reached(plan),
    relays: relays.map((report) => planRelay(report, asked, plan))
      .sort((a, b) => b.people.length - a.people.length || (a.url < b.url ? -1 : 1)),
    unreached: unreachedPeople(people, asked, explanation),
    curve,
    people,
  };
}

/** The relays that are asked for each person. */
function relaysByPerson({ routes }: ReqPlan): Map<string, string[]> {
  const asked = new Map<string, string[]>();
  for (const [url, filters] of routes) {
    for (const pubkey of new Set(filters.flatMap(({ authors = [] }) => authors))) {
      asked.set(pubkey, [...asked.get(pubkey) ?? [], url]);
    }
  }
  return asked;
}

function planRelay(
  report: RelayReport,
  asked: ReadonlyMap<string, readonly string[]>,
  { routes }: ReqPlan,
): PlanRelay {
  const { url } = report;
  const here = [...asked].filter(([, relays]) => relays.includes(url));
  const alone = here.filter(([, relays]) => relays.length === 1).map(([pubkey]) => pubkey);
  const others = here.filter(([, relays]) => relays.length > 1).map(([pubkey]) => pubkey);
  const filters = routes.get(url)?.length ?? 0;
  return { url, people: [...alone, ...others], alone: alone.length, filters, report };
}

function unreachedPeople(
  people: readonly SubjectRoute[],
  asked: ReadonlyMap<string, readonly string[]>,
  { missingLists }: PlanSource["explanation"],
): UnreachedPerson[] {
  const missing = new Map(missingLists.map(({ pubkey, reason }) => [pubkey, reason]));
  return people.filter(({ reason }) => reason !== "list").map(({ subject, reason, skipped }) => ({
    pubkey: subject,
    reason: reason === "cap" || reason === "invalid-pubkey"
      ? reason
      : missing.get(subject) ?? "not-searched",
    relays: asked.get(subject) ?? [],
    isHinted: reason === "hint",
    skipped,
  }));
}
