/**
 * A span: from when to when a relay's answer was complete. Pure.
 *
 * The room `spans` keeps what is known to be complete, per author, relay and kind: from when to
 * when, by which proof, and when that was seen.
 *
 * @module
 */

import { ANSWER_PROOFS, weakestProof } from "../nostr/answer_proof.ts";

/** What proves that an answer is complete. */
export type SpanProof = Span["proof"];

/** A range of `created_at` in which a relay's answer was complete. */
export interface Span {
  /** The first second, in Unix seconds; it belongs to the span. */
  readonly since: number;
  /** The last second, in Unix seconds; it belongs to the span. */
  readonly until: number;
  /** What proves it; where spans were joined, the weakest of their proofs. */
  readonly proof: "finish" | "drained" | "inferred";
  /**
   * When it was seen, in Unix seconds: the start of that day (UTC), so that spans of one day can be
   * merged. Where spans were joined, the oldest of them.
   */
  readonly seenAt: number;
  /** The store that holds all its events, a small positive integer; absent: none. */
  readonly store?: number;
}

/** A day, in seconds. */
export const DAY_S = 86_400;

/** For how many days a proof counts. A relay may get older events meanwhile, or lose its store. */
const LIFETIME_DAYS: Readonly<Record<SpanProof, number>> = {
  finish: 30,
  drained: 30,
  inferred: 7,
};

/** The longest of these. */
export const MAX_LIFETIME_DAYS: number = Math.max(...Object.values(LIFETIME_DAYS));

/** The start of the day of a time, both in Unix seconds. */
export function startOfDay(time: number): number {
  return Math.floor(time / DAY_S) * DAY_S;
}

/** When a span counts no longer, in Unix seconds. */
export function expiryOf({ seenAt, proof }: Span): number {
  return seenAt + LIFETIME_DAYS[proof] * DAY_S;
}

/** How far a clock may have been ahead, in seconds: what feeds read again of what they know. */
export const MAX_AHEAD_S = 3_600;

/**
 * Whether a span counts at a time in Unix seconds. One of the future does not: the clock was ahead
 * when the relay answered, so that is not known to be complete which was published since.
 */
export function isValid(span: Span, now: number): boolean {
  const isPast = span.seenAt <= now && span.until <= now + MAX_AHEAD_S;
  return isPast && now < expiryOf(span);
}

/**
 * The best of what some spans say about each second: newest first, disjoint. Spans that touch are
 * one where they agree about all but the time. The order of the spans changes nothing.
 */
export function overlaid(spans: readonly Span[]): Span[] {
  const pieces: Span[] = [];
  const edges = edgesOf(spans);
  for (const [i, since] of edges.entries()) {
    const covering = spans.filter((span) => span.since <= since && since <= span.until);
    if (covering.length === 0) continue;
    const best = covering.reduce((a, b) => isBetter(b, a) ? b : a);
    const until = edges[i + 1] - 1;
    const last = pieces.at(-1);
    if (last && last.until === since - 1 && isAlike(last, best)) {
      pieces[pieces.length - 1] = { ...last, until };
    } else pieces.push({ ...best, since, until });
  }
  return pieces.reverse();
}

/** Where spans begin, and the seconds after they end; ascending, each once. */
function edgesOf(spans: readonly Span[]): number[] {
  const edges = new Set(spans.flatMap(({ since, until }) => [since, until + 1]));
  return [...edges].sort((a, b) => a - b);
}

/** Whether two spans agree about all but the time. */
function isAlike(a: Span, b: Span): boolean {
  return a.proof === b.proof && a.seenAt === b.seenAt && a.store === b.store;
}

/** What counts longer is better; if equal, the stronger proof, and what a store holds. */
function isBetter(a: Span, b: Span): boolean {
  const longer = expiryOf(a) - expiryOf(b);
  if (longer !== 0) return longer > 0;
  const stronger = ANSWER_PROOFS.indexOf(b.proof) - ANSWER_PROOFS.indexOf(a.proof);
  if (stronger !== 0) return stronger > 0;
  return (a.store ?? Infinity) < (b.store ?? Infinity);
}

/** Disjoint spans, newest first, as one wherever they touch. */
export function joined(spans: readonly Span[]): Span[] {
  const wide: Span[] = [];
  for (const span of spans) {
    const last = wide.at(-1);
    if (last?.since === span.until + 1) {
      wide[wide.length - 1] = both(last, span, span.since, last.until);
    } else wide.push(span);
  }
  return wide;
}

/** The seconds that are in both lists of disjoint spans, newest first. */
export function intersected(a: readonly Span[], b: readonly Span[]): Span[] {
  const common: Span[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const since = Math.max(a[i].since, b[j].since);
    const until = Math.min(a[i].until, b[j].until);
    if (since <= until) common.push(both(a[i], b[j], since, until));
    if (a[i].since > b[j].since) i++;
    else j++;
  }
  return common;
}

/** At most `max` disjoint spans, newest first: the neighbours that differ least become one. */
export function atMost(spans: readonly Span[], max: number): Span[] {
  const fewer = [...spans];
  while (fewer.length > max) {
    let at = -1, least = Infinity;
    for (let i = 0; i + 1 < fewer.length; i++) {
      if (fewer[i].since !== fewer[i + 1].until + 1) continue;
      const loss = Math.abs(expiryOf(fewer[i]) - expiryOf(fewer[i + 1]));
      if (loss > least) continue;
      [at, least] = [i, loss];
    }
    // None of them touch: the oldest is of the least use.
    if (at < 0) fewer.pop();
    else fewer.splice(at, 2, both(fewer[at], fewer[at + 1], fewer[at + 1].since, fewer[at].until));
  }
  return fewer;
}

/** A span that claims no more than either of two. */
function both(a: Span, b: Span, since: number, until: number): Span {
  const proof = weakestProof([a.proof, b.proof]) as SpanProof;
  const seenAt = Math.min(a.seenAt, b.seenAt);
  const store = a.store === b.store ? a.store : undefined;
  return { since, until, proof, seenAt, ...store === undefined ? {} : { store } };
}
