/**
 * How much a relay counts when relays are chosen. Pure.
 *
 * @module
 */

import { aliveness, halved, UNKNOWN_ALIVE } from "./relay_health.ts";
import { countDay } from "./relay_days.ts";
import type { RelayRecord } from "./relay_record.ts";

const DAY_MS = 86_400_000;

/**
 * What is assumed before anything was learned, as if five subjects had been seen: writes get lost,
 * so an ordinary relay has 85 % of what another one has.
 */
const PRIOR = { hits: 4.25, misses: 0.75 };
const PRIOR_SHARE = PRIOR.hits / (PRIOR.hits + PRIOR.misses);
/** What was learned counts half after this time. */
const LEARNED_HALF_LIFE_MS = 30 * DAY_MS;
/** No more subjects than this count, so that the past can be outvoted. */
const MAX_LEARNED = 200;

/** What was learned of delivery, as of now. */
export function faded(
  { hits, misses, learnedAt }: Pick<RelayRecord, "hits" | "misses" | "learnedAt">,
  now: number,
): { readonly hits: number; readonly misses: number } {
  const left = halved(now - learnedAt, LEARNED_HALF_LIFE_MS);
  return { hits: hits * left, misses: misses * left };
}

/** Adds to what was learned; see {@link RelayRecord}. */
export function learn(
  record: RelayRecord,
  hits: number,
  misses: number,
  now: number,
): Pick<RelayRecord, "hits" | "misses" | "learnedAt" | "days"> {
  const old = faded(record, now);
  const all = old.hits + hits + old.misses + misses;
  const share = Math.min(1, MAX_LEARNED / all);
  return {
    hits: (old.hits + hits) * share,
    misses: (old.misses + misses) * share,
    learnedAt: now,
    days: countDay(record.days, now, { hits, misses }),
  };
}

/**
 * What delivery contributes to a relay's weight: the share of its subjects' events that the relay
 * is expected to deliver, relative to an ordinary relay's. 1 where nothing was learned.
 */
export function deliveryFactor(record: RelayRecord, now: number): number {
  const learned = faded(record, now);
  const hits = PRIOR.hits + learned.hits;
  const misses = PRIOR.misses + learned.misses;
  return hits / (hits + misses) / PRIOR_SHARE;
}

/** The factor for an open connection: it decides between relays that are nearly equal. */
const OPEN_BONUS = 1.15;
/** The factor for each request in a row that a relay refused or did not answer. */
const IN_VAIN_FACTOR = 0.4;
/** After this time such requests count half. */
const IN_VAIN_HALF_LIFE_MS = 3 * DAY_MS;
/** How long reports of monitors are believed. */
const REPORT_TTL_MS = 3 * DAY_MS;
/** Reports of monitors do not count if the relay worked here within this time. */
const OWN_EVIDENCE_TTL_MS = 7 * DAY_MS;
const MIN_WEIGHT = 1e-4;
const MAX_WEIGHT = 10;

/** What decides a relay's weight. */
export interface WeightSource {
  readonly record: RelayRecord | undefined;
  readonly now: number;
  /** Whether a connection is open. */
  readonly isOpen: boolean;
  /** What delivery contributes, as {@link deliveryFactor} says. */
  readonly delivery: number;
}

/** A relay's weight, from 0.0001 to 10; 1 for a relay of which nothing is known. */
export function relayWeight({ record, now, isOpen, delivery }: WeightSource): number {
  if (!record) return isOpen ? OPEN_BONUS / UNKNOWN_ALIVE : 1;
  const { inVain, lastFailure } = record;
  const alive = isOpen ? 1 : aliveness(record, now);
  const useful = IN_VAIN_FACTOR **
    (Math.min(inVain, 5) * halved(now - lastFailure, IN_VAIN_HALF_LIFE_MS));
  const weight = alive / UNKNOWN_ALIVE * (isOpen ? OPEN_BONUS : reportFactor(record, now)) *
    useful *
    delivery;
  return weight >= MIN_WEIGHT ? Math.min(weight, MAX_WEIGHT) : MIN_WEIGHT;
}

function reportFactor(record: RelayRecord, now: number): number {
  const { reports, reportedAt, inARow, lastSuccess } = record;
  const worked = inARow === 0 && lastSuccess > 0 && now - lastSuccess < OWN_EVIDENCE_TTL_MS;
  return worked || now - reportedAt > REPORT_TTL_MS ? 1 : reports;
}
