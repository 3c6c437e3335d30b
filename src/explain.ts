/**
 * Why a post may be missing: a plan, and what is known of its relays, in words.
 *
 * @module
 */

import type { RelayFailure } from "./nostr/types.ts";
import type { ReqPlan } from "./plan/plan_req.ts";
import type { PersonRoute } from "./plan/route_report.ts";
import type { RelayRecord } from "./relays/relay_record.ts";

/** What is known of a relay. */
export interface RelayReport {
  /** In normal form. */
  readonly url: string;
  /** `open`: connected. `backing-off`: failed, and not asked again for now. `closed`: neither. */
  readonly state: "open" | "backing-off" | "closed";
  /** For how many milliseconds more it is not asked; 0 where it is. */
  readonly retryIn: number;
  /** How much it counts when relays are chosen: 1 is one of which nothing is known. */
  readonly weight: number;
  /** How often it failed since it last answered. */
  readonly failuresInARow: number;
  /** How often it failed in which way. */
  readonly failures: Readonly<Partial<Record<RelayFailure, number>>>;
  /** How often it was connected. */
  readonly successes: number;
  /** Its usual time to connect, in milliseconds; absent where it is not known. */
  readonly connectMs?: number;
  /** Its usual time to the end of stored events, in milliseconds; absent where it is not known. */
  readonly eoseMs?: number;
  /** Share of the events known from other relays that it delivered; absent where it is not known. */
  readonly delivers?: number;
}

/** A plan that explains itself. */
export interface Explanation {
  /** Who is asked for where, and what nobody is asked for. */
  readonly plan: ReqPlan;
  /** What is known of the plan's relays, best first. */
  readonly relays: readonly RelayReport[];
  /** Both in words, a line each. */
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

/** Puts a plan and its relays into words. */
export function explanation(plan: ReqPlan, relays: readonly RelayReport[]): Explanation {
  return { plan, relays, toString: () => inWords(plan, relays) };
}

function inWords(plan: ReqPlan, relays: readonly RelayReport[]): string {
  const asked = peopleIn(plan, ({ relays }) => relays.length > 0);
  const lines = [
    `${asked} of ${many(peopleIn(plan), "person", "people")} asked for on ` +
    many(relays.length, "relay", "relays"),
  ];
  for (const report of relays) {
    const people = peopleIn(plan, ({ relays }) => relays.includes(report.url));
    const filters = plan.routes.get(report.url)?.length ?? 0;
    const about = `${many(people, "person", "people")}, ${many(filters, "filter", "filters")}`;
    lines.push(`${report.url}: ${about}; ${describe(report)}`);
  }
  const reasons = new Map<string, number>();
  for (const { reason } of plan.people) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  for (const [reason, count] of reasons) {
    if (REASONS[reason]) lines.push(`${many(count, "person", "people")} ${REASONS[reason]}`);
  }
  for (const [lane, one, more] of THINGS) {
    const count = plan.things.filter((thing) => thing.role === lane && thing.relays.length > 0);
    if (count.length > 0) lines.push(`${many(count.length, one, more)} asked for where hints say`);
  }
  for (const { reason, pubkey, filter } of plan.unrouted) {
    const what = [pubkey, filter === undefined ? undefined : `filter ${filter}`]
      .filter((part) => part !== undefined);
    lines.push(`not asked for: ${what.join(" in ")} (${reason})`);
  }
  return lines.join("\n");
}

/** How many people a plan is about, each counted once. */
function peopleIn(plan: ReqPlan, isMeant: (person: PersonRoute) => boolean = () => true): number {
  return new Set(plan.people.filter(isMeant).map(({ pubkey }) => pubkey)).size;
}

const THINGS = [["id", "event", "events"], ["group", "group", "groups"]] as const;

function many(count: number, one: string, more: string): string {
  return `${count} ${count === 1 ? one : more}`;
}

const REASONS: Readonly<Record<string, string>> = {
  "no-list": "without a usable relay list: asked for on fallback relays, if any",
  "hint": "without a usable relay list: asked for where hints say, and on fallback relays",
  "indexer": "asked for on indexers, too",
  "no-dm-list": "without a usable list of relays for gift wraps (kind 10050): not asked for",
  "cap": "without a relay within maxRelays: asked for on fallback relays, if any",
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
