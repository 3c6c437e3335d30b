/**
 * How much a relay counts when relays are chosen.
 *
 * @module
 */

import { sampleBeta } from "../base/beta_distribution.ts";
import { aliveness, halved, UNKNOWN_ALIVE } from "./relay_health.ts";
import type { RelayRecord } from "./relay_record.ts";

const DAY = 86_400_000;

/** A Beta distribution: what share of its people's events a relay delivers. */
export interface Posterior {
  /** What was seen to be there. */
  readonly a: number;
  /** What was seen to be missing. */
  readonly b: number;
}

/** Writes get lost: an ordinary relay has 85 % of what another one has. One is worth five people. */
const PRIOR: Posterior = { a: 4.25, b: 0.75 };
const PRIOR_MEAN = PRIOR.a / (PRIOR.a + PRIOR.b);
/** What was learned is worth half after so long. */
const FADES = 30 * DAY;
/** More people than this are worth no more, so that the past can be outvoted. */
const MOST_LEARNED = 200;

/** What was learned of delivery, as of now. */
export function faded(
  { hits, misses, learnedAt }: Pick<RelayRecord, "hits" | "misses" | "learnedAt">,
  now: number,
): { readonly hits: number; readonly misses: number } {
  const left = halved(now - learnedAt, FADES);
  return { hits: hits * left, misses: misses * left };
}

/** What was learned with some more; see {@link RelayRecord}. */
export function learn(
  record: RelayRecord,
  hits: number,
  misses: number,
  now: number,
): Pick<RelayRecord, "hits" | "misses" | "learnedAt"> {
  const old = faded(record, now);
  const all = old.hits + hits + old.misses + misses;
  const share = Math.min(1, MOST_LEARNED / all);
  return {
    hits: (old.hits + hits) * share,
    misses: (old.misses + misses) * share,
    learnedAt: now,
  };
}

/** What share of its people's events a relay delivers, by what was learned. */
export function deliveryPosterior(record: RelayRecord | undefined, now: number): Posterior {
  if (!record) return PRIOR;
  const { hits, misses } = faded(record, now);
  return { a: PRIOR.a + hits, b: PRIOR.b + misses };
}

/** A rule that turns what was learned into a share: Thompson's is to draw one. */
export type Score = (posterior: Posterior, random: () => number) => number;

/** Thompson sampling: who is little known gets the chance to be better than it seems. */
export const thompson: Score = ({ a, b }, random) => sampleBeta(a, b, random);

/** What delivery contributes to a relay's weight; 1 where nothing was learned. */
export function deliveryFactor(
  record: RelayRecord | undefined,
  now: number,
  score: Score,
  random: () => number,
): number {
  if (!record || record.hits + record.misses === 0) return 1;
  return score(deliveryPosterior(record, now), random) / PRIOR_MEAN;
}

/** A connection that stands is worth so much: it decides between relays that are nearly equal. */
const OPEN = 1.15;
/** Each request in a row that a relay refused or was silent to leaves so much of its weight. */
const IN_VAIN = 0.4;
/** And that is half forgotten after so long. */
const IN_VAIN_FADES = 3 * DAY;
/** Monitors are believed for so long, */
const REPORTS_LAST = 3 * DAY;
/** and not at all if the relay worked here in this time. */
const OWN_WORD = 7 * DAY;
const LEAST = 1e-4;
const MOST = 10;

/** What decides on a relay's weight. */
export interface WeightSource {
  readonly record: RelayRecord | undefined;
  readonly now: number;
  /** Whether a connection stands. */
  readonly isOpen: boolean;
  /** What delivery contributes. */
  readonly delivery: number;
}

/** A relay's weight, in [0.0001, 10]; 1 is one of which nothing is known. */
export function relayWeight({ record, now, isOpen, delivery }: WeightSource): number {
  if (!record) return isOpen ? OPEN / UNKNOWN_ALIVE : 1;
  const { inVain, lastFailure } = record;
  const alive = isOpen ? 1 : aliveness(record, now);
  const ofUse = IN_VAIN ** (Math.min(inVain, 5) * halved(now - lastFailure, IN_VAIN_FADES));
  const weight = alive / UNKNOWN_ALIVE * (isOpen ? OPEN : reportFactor(record, now)) * ofUse *
    delivery;
  return weight >= LEAST ? Math.min(weight, MOST) : LEAST;
}

function reportFactor(record: RelayRecord, now: number): number {
  const { reports, reportedAt, inARow, lastSuccess } = record;
  const worked = inARow === 0 && lastSuccess > 0 && now - lastSuccess < OWN_WORD;
  return worked || now - reportedAt > REPORTS_LAST ? 1 : reports;
}
