/**
 * Explains why a post may be missing: puts a plan and what is known about its relays into
 * text.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { DM_LIST_KIND, RELAY_LIST_KIND } from "./nostr/kinds.ts";
import type { RelayFailure } from "./nostr/relay_failure.ts";
import { type RefusalReason, refusalText } from "./nostr/relay_policy.ts";
import type { Unrouted } from "./nostr/unrouted.ts";
import type { ReqPlan } from "./plan/plan_req.ts";
import type { Planned } from "./plan/replan.ts";
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
  /** Whether it wants its users to sign in (NIP-42), as it said or its description says. */
  readonly wantsSignIn: boolean;
  /**
   * How far its last answer can be believed. `finish`: it said that it sent everything.
   * `drained`: a further page brought nothing new. `inferred`: it sent fewer events than it sends
   * at most. `unknown`: neither. Absent before the first.
   */
  readonly proof?: "finish" | "drained" | "inferred" | "unknown";
}

/** A plan that explains itself. `JSON.stringify` gives all of it. */
export interface Explanation {
  /** Which relays are asked for which subject, and what no relay is asked for. */
  readonly plan: ReqPlan;
  /** What is known about the plan's relays, best first. */
  readonly relays: readonly RelayReport[];
  /**
   * The relays that a request would ask at once, since relays of the plan failed and are not
   * tried again for now, and the filters for each.
   */
  readonly standIns: readonly (RelayReport & { readonly filters: readonly NostrFilter[] })[];
  /**
   * The people without a usable relay list, and why.
   * - `unusable`: their list names no relay that may be asked.
   * - `none`: indexers have no list of theirs.
   * - `not-answered`: too few relays answered the search for it.
   * - `searching`: the search goes on.
   * - `not-searched`: it was not looked for, or nobody may be asked.
   */
  readonly missingLists: readonly {
    readonly pubkey: string;
    /** 10002, or 10050 for gift wraps. */
    readonly kind: number;
    readonly reason: "unusable" | "none" | "not-answered" | "searching" | "not-searched";
  }[];
  /** All as text, one fact a line. */
  readonly toString: () => string;
  /** All as plain objects and arrays. */
  readonly toJSON: () => object;
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
export function relayReport(source: ReportSource): RelayReport {
  const { url, isOpen, now, weight, record } = source;
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
    wantsSignIn: (record?.limits?.authRequired ?? false) ||
      (record?.failures?.["auth-required"] ?? 0) > 0,
    ...record?.lastProof === undefined ? {} : { proof: record.lastProof },
  };
}

/** The people without a usable relay list, and why; see {@link Explanation.missingLists}. */
export async function missingListsOf(
  { plan, input: { knowledge } }: Pick<Planned, "plan" | "input">,
  searchState: (kind: number, pubkey: string) => Promise<MissingList["reason"]>,
): Promise<MissingList[]> {
  const missing = new Map<string, Promise<MissingList>>();
  for (const { subject: pubkey, role, reason } of plan.subjects) {
    const kind = role === "dm" ? DM_LIST_KIND : RELAY_LIST_KIND;
    const isWithout = reason === "no-list" || reason === "no-dm-list" ||
      (reason === "hint" && isPerson({ role }));
    if (!isWithout || missing.has(`${kind} ${pubkey}`)) continue;
    const hasList = knowledge.get(pubkey)?.[role as "write"] !== undefined;
    const state = hasList ? Promise.resolve("unusable" as const) : searchState(kind, pubkey);
    missing.set(`${kind} ${pubkey}`, state.then((reason) => ({ pubkey, kind, reason })));
  }
  return await Promise.all(missing.values());
}

type MissingList = Explanation["missingLists"][number];

/** Explains a plan and its relays. */
export function explanation(parts: ExplanationParts): Explanation {
  return {
    ...parts,
    toString: () => explanationText(parts),
    toJSON() {
      const { plan: { routes, unrouted, subjects }, ...others } = parts;
      return { plan: { routes: Object.fromEntries(routes), unrouted, subjects }, ...others };
    },
  };
}

/** What an explanation is made of. */
export type ExplanationParts = Omit<Explanation, "toString" | "toJSON">;

function explanationText({ plan, relays, standIns, missingLists }: ExplanationParts): string {
  const people = plan.subjects.filter(isPerson);
  const requested = people.filter(({ relays }) => relays.length > 0);
  const lines = [
    `${distinct(requested)} of ${many(distinct(people), "person", "people")} requested from ` +
    many(relays.length, "relay", "relays"),
  ];
  const peopleOf = peopleByRelay(requested);
  for (const report of relays) {
    const here = peopleOf.get(report.url)?.size ?? 0;
    const filters = plan.routes.get(report.url)?.length ?? 0;
    const share = `${many(here, "person", "people")}, ${many(filters, "filter", "filters")}`;
    lines.push(`${report.url}: ${share}; ${describe(report)}`);
  }
  for (const report of standIns) {
    const filters = many(report.filters.length, "filter", "filters");
    lines.push(`${report.url}: stands in, ${filters}; ${describe(report)}`);
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
  for (const [reason, source] of THREAD_SOURCES) {
    const threads = plan.subjects.filter((route) =>
      route.role === "thread" && route.reason === reason
    );
    if (threads.length === 0) continue;
    lines.push(`replies to ${many(threads.length, "event", "events")} requested from ${source}`);
  }
  const given = plan.subjects.filter(({ role, relays }) => role === "given" && relays.length > 0);
  if (given.length > 0) {
    const what = many(given.length, "person or event", "people and events");
    lines.push(`${what} requested from relays that came with the request`);
  }
  const states = new Map<string, number>();
  for (const { reason, kind } of missingLists) {
    const state = `a kind ${kind} list ${MISSING[reason]}`;
    states.set(state, (states.get(state) ?? 0) + 1);
  }
  for (const [state, count] of states) lines.push(`${many(count, "person", "people")}: ${state}`);
  lines.push(...refusedLines(plan), ...unroutedLines(plan.unrouted));
  return lines.join("\n");
}

const MISSING: Readonly<Record<MissingList["reason"], string>> = {
  "unusable": "is known, but names no usable relay",
  "none": "was looked for, and indexers have none",
  "not-answered": "was looked for, but too few relays answered",
  "searching": "is being looked for",
  "not-searched": "was not looked for",
};

/** Most lines about refused relays, and about what no relay is asked for by one reason. */
const MAX_SIMILAR_LINES = 5;

/** A line for each relay that a list names and that may not be connected to. */
function refusedLines({ subjects }: ReqPlan): string[] {
  const people = new Map<string, Set<string>>();
  for (const { subject, skipped } of subjects) {
    for (const { url, reason } of skipped) {
      if (reason === "cap" || reason === "enough" || reason === "host") continue;
      const text = reason === "weight" ? "its weight is 0" : refusalText(reason as RefusalReason);
      const line = `not asked: ${url.slice(0, MAX_SHOWN_URL)}, ${text}`;
      people.set(line, (people.get(line) ?? new Set()).add(subject));
    }
  }
  const most = [...people].sort(([, a], [, b]) => b.size - a.size);
  const lines = most.map(([line, { size }]) =>
    `${line}; listed by ${many(size, "person", "people")}`
  );
  return shortened(lines, (more) => `and ${many(more, "other relay", "other relays")} not asked`);
}

/** Most characters of a URL that was refused. */
const MAX_SHOWN_URL = 100;

/** A line for each subject that no relay is asked for; of many with one reason, for a few. */
function unroutedLines(unrouted: readonly Unrouted[]): string[] {
  return [...new Set(unrouted.map(({ reason }) => reason))].flatMap((reason) => {
    const all = unrouted.filter((one) => one.reason === reason);
    const lines = all.map(({ pubkey, id, filter }) => {
      const what = [pubkey ?? id, filter === undefined ? undefined : `filter ${filter}`]
        .filter((part) => part !== undefined);
      return `not requested: ${what.join(" in ")} (${reason})`;
    });
    return shortened(lines, (more) => `not requested: ${more} more (${reason})`);
  });
}

/** The first lines, and one that counts the others. */
function shortened(lines: readonly string[], rest: (more: number) => string): string[] {
  if (lines.length <= MAX_SIMILAR_LINES) return [...lines];
  return [...lines.slice(0, MAX_SIMILAR_LINES), rest(lines.length - MAX_SIMILAR_LINES)];
}

/** Whether the subject of a route is a person, not an event or a group. */
function isPerson({ role }: Pick<SubjectRoute, "role">): boolean {
  return role !== "id" && role !== "thread" && role !== "group" && role !== "given";
}

/** The subjects of these routes by their relays. */
function peopleByRelay(routes: readonly SubjectRoute[]): Map<string, Set<string>> {
  const people = new Map<string, Set<string>>();
  for (const { subject, relays } of routes) {
    for (const url of relays) {
      const others = people.get(url);
      if (others) others.add(subject);
      else people.set(url, new Set([subject]));
    }
  }
  return people;
}

/** How many subjects these routes have, each counted once. */
function distinct(routes: readonly SubjectRoute[]): number {
  return new Set(routes.map(({ subject }) => subject)).size;
}

const THREAD_SOURCES = [
  ["list", "inboxes of the author, and relays that hints name"],
  ["hint", "relays that hints name"],
] as const;

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
  const { wantsSignIn, proof } = report;
  const parts: string[] = [
    state === "backing-off" ? `not tried again for ${Math.ceil(retryIn / 1000)} s` : state,
  ];
  if (failuresInARow > 0) parts.push(`failed ${many(failuresInARow, "time", "times")} in a row`);
  const kinds = Object.entries(failures).map(([kind, count]) => `${count} x ${kind}`);
  if (kinds.length > 0) parts.push(kinds.join(", "));
  if (connectMs !== undefined) parts.push(`connects in ${connectMs} ms`);
  if (eoseMs !== undefined) parts.push(`answers in ${eoseMs} ms`);
  if (delivers !== undefined) parts.push(`delivers ${Math.round(100 * delivers)} %`);
  if (wantsSignIn) parts.push("wants a sign-in (NIP-42)");
  if (proof !== undefined) parts.push(`last answer: ${proof}`);
  return parts.join("; ");
}
