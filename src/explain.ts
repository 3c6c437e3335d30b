/**
 * Explains why a post may be missing: puts a plan and what is known about its relays into
 * text.
 *
 * @module
 */

import type { RelayFailure } from "./nostr/relay_failure.ts";
import type { ReqPlan } from "./plan/plan_req.ts";
import type { SubjectRoute } from "./plan/route_report.ts";
import type { RelayRecord } from "./relays/relay_record.ts";

/** What is known about a relay. */
export interface RelayReport {
  /** The relay in normal form. */
  readonly url: string;
  /** `open`: connected. `backing-off`: failed, and not tried again yet. `closed`: neither. */
  readonly state: "open" | "backing-off" | "closed";
  /** Milliseconds until it is tried again; 0 unless it is backing off. */
  readonly retryIn: number;
  /** Its weight when relays are chosen; 1 for a relay about which nothing is known. */
  readonly weight: number;
  /** Failures since it last answered; an outage is one, however many requests were open. */
  readonly failuresInARow: number;
  /** How often it failed in each way. */
  readonly failures: Readonly<Partial<Record<RelayFailure, number>>>;
  /** How often it connected. */
  readonly successes: number;
  /** Its usual time to connect, in milliseconds; absent if unknown. */
  readonly connectMs?: number;
  /** Its usual time to the end of stored events (EOSE), in milliseconds; absent if unknown. */
  readonly eoseMs?: number;
  /** The share of the events known from other relays that it delivered; absent if unknown. */
  readonly delivers?: number;
}

/** A plan that explains itself. */
export interface Explanation {
  /** Which relays are asked for which subject, and what no relay is asked for. */
  readonly plan: ReqPlan;
  /** What is known about the plan's relays, best first. */
  readonly relays: readonly RelayReport[];
  /** Both as text, one fact a line. */
  readonly toString: () => string;
}

/** What a report is made of. */
export interface ReportSource {
  readonly url: string;
  readonly isOpen: boolean;
  readonly now: number;
  readonly weight: number;
  readonly record?: RelayRecord;
}

/** The report on one relay. */
export function relayReport({ url, isOpen, now, weight, record }: ReportSource): RelayReport {
  const retryIn = isOpen ? 0 : Math.max(0, (record?.retryAt ?? 0) - now);
  const { hits = 0, misses = 0 } = record ?? {};
  return {
    url,
    state: isOpen ? "open" : retryIn > 0 ? "backing-off" : "closed",
    retryIn,
    weight,
    failuresInARow: record?.inARow ?? 0,
    failures: { ...record?.failures },
    successes: record?.successes ?? 0,
    ...record?.connectMs ? { connectMs: Math.round(record.connectMs.mean) } : {},
    ...record?.eoseMs ? { eoseMs: Math.round(record.eoseMs.mean) } : {},
    ...hits + misses > 0 ? { delivers: hits / (hits + misses) } : {},
  };
}

/** Explains a plan and its relays. */
export function explanation(plan: ReqPlan, relays: readonly RelayReport[]): Explanation {
  return { plan, relays, toString: () => explanationText(plan, relays) };
}

function explanationText(plan: ReqPlan, relays: readonly RelayReport[]): string {
  const people = plan.subjects.filter(isPerson);
  const requested = people.filter(({ relays }) => relays.length > 0);
  const lines = [
    `${distinct(requested)} of ${many(distinct(people), "person", "people")} requested from ` +
    many(relays.length, "relay", "relays"),
  ];
  for (const report of relays) {
    const here = distinct(people.filter(({ relays }) => relays.includes(report.url)));
    const filters = plan.routes.get(report.url)?.length ?? 0;
    const share = `${many(here, "person", "people")}, ${many(filters, "filter", "filters")}`;
    lines.push(`${report.url}: ${share}; ${describe(report)}`);
  }
  const reasons = new Map<string, number>();
  for (const { reason } of people) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  for (const [reason, count] of reasons) {
    if (REASONS[reason]) lines.push(`${many(count, "person", "people")} ${REASONS[reason]}`);
  }
  for (const [role, one, more] of HINTED_ROLES) {
    const hinted = plan.subjects.filter((route) => route.role === role && route.relays.length > 0);
    if (hinted.length > 0) {
      lines.push(`${many(hinted.length, one, more)} requested from relays that hints name`);
    }
  }
  for (const { reason, pubkey, filter } of plan.unrouted) {
    const what = [pubkey, filter === undefined ? undefined : `filter ${filter}`]
      .filter((part) => part !== undefined);
    lines.push(`not requested: ${what.join(" in ")} (${reason})`);
  }
  return lines.join("\n");
}

/** Whether the subject of a route is a person, not an event or a group. */
function isPerson({ role }: SubjectRoute): boolean {
  return role !== "id" && role !== "group";
}

/** How many subjects these routes have, each counted once. */
function distinct(routes: readonly SubjectRoute[]): number {
  return new Set(routes.map(({ subject }) => subject)).size;
}

const HINTED_ROLES = [["id", "event", "events"], ["group", "group", "groups"]] as const;

function many(count: number, one: string, more: string): string {
  return `${count} ${count === 1 ? one : more}`;
}

const REASONS: Readonly<Record<string, string>> = {
  "no-list": "without a usable relay list: requested from fallback relays, if any",
  "hint": "without a usable relay list: requested from relays that hints name, and fallback relays",
  "indexer": "requested from indexers as well",
  "no-dm-list": "without a usable list of relays for gift wraps (kind 10050): not requested",
  "cap": "without a relay within maxRelays: requested from fallback relays, if any",
};

function describe(report: RelayReport): string {
  const { state, retryIn, failuresInARow, failures, connectMs, eoseMs, delivers } = report;
  const parts: string[] = [
    state === "backing-off" ? `not tried again for ${Math.ceil(retryIn / 1000)} s` : state,
  ];
  if (failuresInARow > 0) parts.push(`failed ${many(failuresInARow, "time", "times")} in a row`);
  const kinds = Object.entries(failures).map(([kind, count]) => `${count} x ${kind}`);
  if (kinds.length > 0) parts.push(kinds.join(", "));
  if (connectMs !== undefined) parts.push(`connects in ${connectMs} ms`);
  if (eoseMs !== undefined) parts.push(`answers in ${eoseMs} ms`);
  if (delivers !== undefined) parts.push(`delivers ${Math.round(100 * delivers)} %`);
  return parts.join("; ");
}
