/**
 * What a hint is worth: by who gave it, and how long ago.
 *
 * @module
 */

import type { HintSource } from "../nostr/types.ts";

/** Who named a relay, and when last, in Unix seconds. */
export type HintMarks = Readonly<Partial<Record<HintSource, number>>>;

/** How much a source is worth at first, in (0, 1], and after how many days half of it. */
export interface Trust {
  readonly first: number;
  readonly halfLife: number;
}

/**
 * A relay stays in its owner's list for 500 days on average, so that half of what was
 * true is true for a year: what somebody enters is worth half after that. What a profile,
 * a pasted string or a follow list says was copied from elsewhere some time before: half
 * a year. Tags and delivery tell of one moment, and tell it again as long as it is so:
 * three months and one.
 */
export const TRUST: Readonly<Record<HintSource, Trust>> = {
  hand: { first: 1, halfLife: 365 },
  nip19: { first: 0.8, halfLife: 180 },
  nip05: { first: 0.6, halfLife: 180 },
  follows: { first: 0.4, halfLife: 180 },
  tag: { first: 0.25, halfLife: 90 },
  delivered: { first: 0.2, halfLife: 30 },
};

/** A day, in seconds. */
export const DAY = 86_400;
/** After so many half-lives a source's word keeps no other relay out. */
const STANDS = 4;

/** The sources that named a relay. */
function sources(marks: HintMarks): HintSource[] {
  return Object.keys(marks) as HintSource[];
}

/** How many half-lives ago a source named a relay; none in the future. */
function age(marks: HintMarks, source: HintSource, now: number): number {
  return Math.max(0, now - marks[source]!) / (TRUST[source].halfLife * DAY);
}

/** What the word of one source is worth, in [0, 1]. */
function markWeight(marks: HintMarks, source: HintSource, now: number): number {
  return TRUST[source].first * 2 ** -age(marks, source, now);
}

/**
 * What the word of all who named a relay is worth, in (0, 1]: the chance that one of them
 * is right, if each is by the chance that is its weight.
 *
 * @param marks One at least.
 * @param now In Unix seconds.
 */
export function hintWeight(marks: HintMarks, now: number): number {
  let allWrong = 1;
  for (const source of sources(marks)) allWrong *= 1 - markWeight(marks, source, now);
  // However old: a plan takes no weight of 0.
  return Math.max(1 - allWrong, Number.EPSILON);
}

/** Whose word is worth most; of equals the more trusted. */
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

/** Whether somebody who is trusted more than `source` named a relay, not too long ago. */
export function isVouchedFor(marks: HintMarks, source: HintSource, now: number): boolean {
  return sources(marks).some((other) =>
    isMoreTrusted(other, source) && age(marks, other, now) <= STANDS
  );
}
