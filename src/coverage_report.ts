/**
 * Says what is known to be complete: puts a plan and the spans of its people together. Pure.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { isEphemeralKind } from "nostr-tools/kinds";
import type { RelayReport } from "./explain.ts";
import { checkFilters } from "./nostr/check_filters.ts";
import { advised, exactFilters, invalidError } from "./nostr/exact_filters.ts";
import { isPubkey } from "./nostr/pubkeys.ts";
import type { RefusalReason } from "./nostr/relay_policy.ts";
import type { UnroutedReason } from "./nostr/unrouted.ts";
import type { ReqPlan } from "./plan/plan_req.ts";
import { intersected, joined, type Span } from "./spans/span.ts";
import type { SpanBook } from "./spans/span_book.ts";

/** What is known to be complete of one person. */
export interface PersonCoverage {
  /** The person. */
  readonly pubkey: string;
  /** From when on everything is known, in Unix seconds; absent where nothing is. */
  readonly since?: number;
  /** Until when, in Unix seconds; absent where nothing is known. */
  readonly until?: number;
  /** The weakest proof of it (see {@link RelayReport.proof}); absent where nothing is known. */
  readonly proof?: "finish" | "drained" | "inferred";
  /** The relays that a request would ask for this person. */
  readonly relays: readonly {
    readonly url: string;
    /** From when to when its answers were complete, newest first. */
    readonly spans: readonly Span[];
    /** Why it cannot answer now; absent if it can. */
    readonly reason?: "backing-off" | "auth-required";
  }[];
  /**
   * The relays that this person lists, or that would be asked, and that cannot answer now.
   * - `backing-off`: it failed, and is not tried again yet.
   * - `auth-required`: it wants its users to sign in (NIP-42), and has answered nothing of this.
   * - `weight`: its weight is 0.
   *
   * The other reasons say why it is no relay to connect to; `blocked`: the user blocks it.
   */
  readonly missing: readonly {
    readonly relay: string;
    readonly reason: "backing-off" | "auth-required" | "weight" | RefusalReason;
  }[];
  /** Why no relay would be asked for some of it, or for all; then nothing counts as complete. */
  readonly unrouted?: UnroutedReason;
}

/** What is known to be complete. `JSON.stringify` gives all of it. */
export interface CoverageReport {
  /** Each person once, in the order in which they were named. */
  readonly people: readonly PersonCoverage[];
  /** All as a few lines of text, however many people there are. */
  readonly toString: () => string;
}

/**
 * The filters whose authors are to be reported on.
 *
 * @throws {TypeError} See {@link Outbox.coverage}.
 * @throws {RangeError} If a number in a filter is out of its range.
 */
export function coverageFilters(
  of: string | readonly NostrFilter[],
  book: Pick<SpanBook, "kindsOf">,
): readonly NostrFilter[] {
  if (typeof of === "string") {
    const kinds = book.kindsOf(of);
    if (isPubkey(of)) return [{ authors: [of], ...kinds?.length ? { kinds } : {} }];
    throw new TypeError(
      `${CANNOT}: a person must be a pubkey of 64 lowercase hex characters, got ${advised(of)}`,
    );
  }
  checkFilters(of);
  const at = of.findIndex(({ authors }) => authors === undefined);
  if (at >= 0 || of.length === 0) {
    const got = at < 0 ? "no filter" : `filter ${at} without`;
    throw new TypeError(`${CANNOT}: each filter must name "authors", got ${got}`);
  }
  const { filters, invalid } = exactFilters(of);
  if (invalid.length > 0 && filters.every(({ authors = [] }) => authors.length === 0)) {
    throw invalidError("report coverage", invalid);
  }
  return of;
}

const CANNOT = "Cannot report coverage";

/** What a report is made of. */
export interface CoverageSource {
  /** The filters, with authors. */
  readonly filters: readonly NostrFilter[];
  readonly plan: ReqPlan;
  /** What is asked at once besides the plan's relays, as some of these are not tried now. */
  readonly standIns: Iterable<readonly [url: string, filters: readonly NostrFilter[]]>;
  readonly report: (url: string) => Pick<RelayReport, "state" | "wantsSignIn">;
  readonly book: Pick<SpanBook, "get">;
}

/** Reports on the authors of some filters. */
export function coverageReport(source: CoverageSource): CoverageReport {
  const { filters, plan, standIns } = source;
  const shares = sharesOf([...plan.routes, ...standIns]);
  const refused = refusedRelays(plan);
  const unrouted = new Map(plan.unrouted.map(({ pubkey, reason }) => [pubkey, reason]));
  const pubkeys = new Set(filters.flatMap(({ authors = [] }) => authors));
  const people = [...pubkeys].map((pubkey) => {
    const reason = unrouted.get(pubkey);
    const asked = shares.get(pubkey) ?? new Map<string, Share>();
    const person = personCoverage(pubkey, asked, refused.get(pubkey) ?? [], source);
    if (reason === undefined) return person;
    // Some of it, or all, is requested from nobody, whatever the other relays answered.
    const { relays, missing } = person;
    return { pubkey, relays, missing, unrouted: reason };
  });
  return { people, toString: () => coverageText(people) };
}

/** What one relay is asked of one person. */
interface Share {
  /** Absent: all kinds. */
  readonly kinds?: readonly number[];
  readonly since: number;
  readonly until: number;
}

/** Relays by person, with what each is asked. */
function sharesOf(
  routes: Iterable<readonly [string, readonly NostrFilter[]]>,
): Map<string, Map<string, Share>> {
  const people = new Map<string, Map<string, Share>>();
  for (const [url, filters] of routes) {
    for (const { authors = [], kinds, since = 0, until = Infinity } of filters) {
      for (const pubkey of authors) {
        const shares = people.get(pubkey) ?? new Map<string, Share>();
        people.set(pubkey, shares);
        const { kinds: others = [], ...times } = shares.get(url) ?? { since, until };
        const isAll = kinds === undefined ||
          shares.has(url) && shares.get(url)!.kinds === undefined;
        shares.set(url, {
          ...isAll ? {} : { kinds: [...others, ...kinds] },
          since: Math.min(times.since, since),
          until: Math.max(times.until, until),
        });
      }
    }
  }
  return people;
}

type Missing = PersonCoverage["missing"][number];

/** The relays of each person that may not be asked. */
function refusedRelays({ subjects }: ReqPlan): Map<string, Missing[]> {
  const people = new Map<string, Missing[]>();
  for (const { subject, skipped } of subjects) {
    const refused = skipped.flatMap(({ url, reason }) =>
      reason === "cap" || reason === "enough" || reason === "host" ? [] : [{ relay: url, reason }]
    );
    people.set(subject, [...people.get(subject) ?? [], ...refused]);
  }
  return people;
}

function personCoverage(
  pubkey: string,
  shares: ReadonlyMap<string, Share>,
  refused: readonly Missing[],
  { report, book }: CoverageSource,
): PersonCoverage {
  const relays = [...shares].map(([url, share]) => {
    const spans = spansOf(book, pubkey, url, share);
    const { state, wantsSignIn } = report(url);
    const reason = state === "backing-off"
      ? state
      : wantsSignIn && spans.length === 0
      ? "auth-required" as const
      : undefined;
    return { url, spans, ...reason === undefined ? {} : { reason } };
  });
  const able = relays.filter(({ reason }) => reason === undefined);
  // Where none can answer, what some of them answered before is all that there is.
  const counted = able.length > 0 ? able : relays.filter(({ spans }) => spans.length > 0);
  const [first, ...others] = counted.map(({ spans }) => spans);
  const [newest] = first === undefined ? [] : joined(others.reduce(intersected, first));
  const failed = relays.flatMap(({ url, reason }) => reason ? [{ relay: url, reason }] : []);
  const missing = [...failed, ...refused];
  if (newest === undefined) return { pubkey, relays, missing };
  const { since, until, proof } = newest;
  return { pubkey, since, until, proof, relays, missing };
}

/** From when to when a relay's answers were complete, within what is asked of it. */
function spansOf(
  book: CoverageSource["book"],
  pubkey: string,
  url: string,
  { kinds, since, until }: Share,
): Span[] {
  // Relays keep no ephemeral events (NIP-01): there is nothing to know about them.
  const stored = kinds?.filter((kind) => !isEphemeralKind(kind));
  return book.get(pubkey, url, stored).flatMap((span) => {
    const clipped = {
      ...span,
      since: Math.max(span.since, since),
      until: Math.min(span.until, until),
    };
    return clipped.since <= clipped.until ? [clipped] : [];
  });
}

/** Most lines about relays that cannot answer. */
const MAX_RELAY_LINES = 5;

function coverageText(people: readonly PersonCoverage[]): string {
  const complete = people.filter(({ until }) => until !== undefined);
  const lines = [`${complete.length} of ${count(people.length, "person", "people")} complete`];
  if (complete.length > 0) {
    const since = Math.max(...complete.map(({ since = 0 }) => since));
    const until = Math.min(...complete.map(({ until = 0 }) => until));
    lines[0] += since <= until ? `, all of them from ${date(since)} to ${date(until)}` : "";
    lines[0] += proofText(complete);
  }
  const unknown = people.filter(({ until, unrouted }) => until === undefined && !unrouted);
  if (unknown.length > 0) lines.push(`${count(unknown.length, "person", "people")}: unknown`);
  for (const [reason, of] of Map.groupBy(people, ({ unrouted }) => unrouted)) {
    if (reason) lines.push(`${count(of.length, "person", "people")}: no relay to ask (${reason})`);
  }
  const missing = people.flatMap(({ missing }) => missing);
  const byRelay = [...Map.groupBy(missing, ({ relay, reason }) => `${relay} (${reason})`)]
    .sort(([, a], [, b]) => b.length - a.length);
  for (const [text, { length }] of byRelay.slice(0, MAX_RELAY_LINES)) {
    lines.push(`missing: ${text.slice(0, 150)}, of ${count(length, "person", "people")}`);
  }
  const more = byRelay.length - MAX_RELAY_LINES;
  if (more > 0) lines.push(`and ${count(more, "other relay", "other relays")} missing`);
  return lines.join("\n");
}

function proofText(complete: readonly PersonCoverage[]): string {
  const proofs = [...Map.groupBy(complete, ({ proof }) => proof)]
    .map(([proof, { length }]) => `${length} by ${proof}`).sort();
  return `; ${proofs.join(", ")}`;
}

function count(count: number, one: string, more: string): string {
  return `${count} ${count === 1 ? one : more}`;
}

/** A time in Unix seconds as text. */
function date(time: number): string {
  if (time === 0) return "the beginning";
  const date = new Date(time * 1000);
  return Number.isNaN(date.getTime()) ? `${time}` : date.toISOString().slice(0, 19) + "Z";
}
