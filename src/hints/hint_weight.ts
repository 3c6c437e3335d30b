/**
 * The weight of a hint, by its source and its age.
 *
 * @module
 */

import type { HintSource } from "../nostr/relay_knowledge.ts";

/**
 * When each source last named a relay, and when the relay was last found to have nothing that
 * another relay had, in Unix seconds.
 */
export type HintMarks = Readonly<Partial<Record<HintSource | "missed", number>>>;

/** How much a source is trusted. */
export interface Trust {
  /** The weight of a new hint, in (0, 1]. */
  readonly first: number;
  /** After how many days the weight is half of that. */
  readonly halfLifeDays: number;
}

/**
 * How much each source is trusted.
 *
 * A relay stays in its owner's list for 500 days on average, so half of what was true is
 * still true after a year: that is the half-life of what somebody enters by hand. What a
 * profile, a pasted code or a follow list says was copied some time before: half a year. Tags
 * and deliveries show one moment, and repeat as long as it lasts: three months and one.
 */
export const TRUST: Readonly<Record<HintSource, Trust>> = {
  hand: { first: 1, halfLifeDays: 365 },
  nip19: { first: 0.8, halfLifeDays: 180 },
  nip05: { first: 0.6, halfLifeDays: 180 },
  follows: { first: 0.4, halfLifeDays: 180 },
  tag: { first: 0.25, halfLifeDays: 90 },
  delivered: { first: 0.2, halfLifeDays: 30 },
};

/** What the weight of a hint is multiplied by once the relay was found to have nothing. */
const MISSED_FACTOR = 1 / 8;
/** A day, in seconds. */
export const DAY_S = 86_400;
/** How many half-lives a source vouches for a relay, against less trusted sources. */
const VOUCHING_HALF_LIVES = 4;

/** The sources that named a relay. */
function sources(marks: HintMarks): HintSource[] {
  return Object.keys(marks).filter((key) => key !== "missed") as HintSource[];
}

/** How many half-lives ago a source named a relay; 0 for a time in the future. */
function age(marks: HintMarks, source: HintSource, now: number): number {
  return Math.max(0, now - marks[source]!) / (TRUST[source].halfLifeDays * DAY_S);
}

/** The weight of one source's mark, in [0, 1]; less if it is not newer than the last miss. */
function markWeight(marks: HintMarks, source: HintSource, now: number): number {
  const { missed } = marks;
  const factor = missed !== undefined && missed <= now && marks[source]! <= missed
    ? MISSED_FACTOR
    : 1;
  return factor * TRUST[source].first * 2 ** -age(marks, source, now);
}

/**
 * The weight of all sources that named a relay, in (0, 1]: the probability that at least one
 * is right, if each is right with a probability equal to its weight.
 *
 * @param marks At least one.
 * @param now In Unix seconds.
 */
export function hintWeight(marks: HintMarks, now: number): number {
  let allWrong = 1;
  for (const source of sources(marks)) allWrong *= 1 - markWeight(marks, source, now);
  // Never 0, however old: a plan takes no weight of 0.
  return Math.max(1 - allWrong, Number.EPSILON);
}

/** The source with the greatest weight; of equals the more trusted one. */
export function heaviestSource(marks: HintMarks, now: number): HintSource {
  return sources(marks).reduce((best, source) => {
    const more = markWeight(marks, source, now) - markWeight(marks, best, now);
    return more > 0 || more === 0 && isMoreTrusted(source, best) ? source : best;
  });
}

/** Whether one source is trusted more than another. */
export function isMoreTrusted(source: HintSource, other: HintSource): boolean {
  return TRUST[source].first > TRUST[other].first;
}

/** Whether a more trusted source than `source` named a relay within four of its half-lives. */
export function isVouchedFor(marks: HintMarks, source: HintSource, now: number): boolean {
  return sources(marks).some((other) =>
    isMoreTrusted(other, source) && age(marks, other, now) <= VOUCHING_HALF_LIVES
  );
}
