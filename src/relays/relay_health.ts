/**
 * How long to wait for a relay, and how likely it is alive, by what is known of it. The constants
 * are rounded from measurements of the network. Pure.
 *
 * @module
 */

import type { RelayRecord, Timing } from "./relay_record.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long to wait for a relay, in milliseconds. */
export interface Deadlines {
  /** For the connection. */
  readonly connect: number;
  /**
   * For the next sign of progress, before the answer is late for subjects that have another one.
   */
  readonly soft: number;
  /** For the next sign of progress, before the relay has failed. */
  readonly hard: number;
}

/** Of 20 living relays, one takes more than 1.2 s to connect, and 3 to 15 s to answer. */
const UNKNOWN_DEADLINES: Deadlines = { connect: 5_000, soft: 3_000, hard: 8_000 };
/** For relays that never send EOSE: whatever comes, comes before. */
const SHORT_DEADLINES = { soft: 1_000, hard: 3_000 };
/** Answers in a row without an EOSE after which none is expected. */
const MAX_MISSED_EOSES = 2;

/**
 * How long to wait for a relay: its mean time and four mean deviations, as TCP does (RFC 6298),
 * within bounds. The deadlines of an answer hold for each pause in it.
 */
export function deadlines(
  record?: Pick<RelayRecord, "connectMs" | "eoseMs" | "noEose">,
): Deadlines {
  const { connectMs, eoseMs, noEose = 0 } = record ?? {};
  const connect = connectMs
    ? clamp(lateAfter(connectMs), 2_000, 10_000)
    : UNKNOWN_DEADLINES.connect;
  if (noEose >= MAX_MISSED_EOSES) return { connect, ...SHORT_DEADLINES };
  if (!eoseMs) return { ...UNKNOWN_DEADLINES, connect };
  const soft = clamp(lateAfter(eoseMs), 500, 5_000);
  return { connect, soft, hard: clamp(2 * lateAfter(eoseMs), 3_000, 15_000) };
}

function lateAfter({ mean, dev }: Timing): number {
  return mean + 4 * dev;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

/** Longer times count as this, so that one odd value does not outlast a hundred others. */
const MAX_TIMING_MS = MINUTE_MS;

/** Updates an estimate with one more time; the weights are those of RFC 6298. */
export function timed(timing: Timing | undefined, ms: number): Timing | undefined {
  if (!(ms >= 0)) return timing;
  const time = Math.min(ms, MAX_TIMING_MS);
  if (!timing) return { mean: time, dev: time / 2 };
  const { mean, dev } = timing;
  return { mean: mean + (time - mean) / 8, dev: dev + (Math.abs(time - mean) - dev) / 4 };
}

/**
 * Widens an estimate after a deadline has passed: otherwise a relay that has become slower would
 * never get the time to show it.
 */
export function widened(timing: Timing | undefined): Timing | undefined {
  return timing && { ...timing, dev: Math.min(Math.max(2 * timing.dev, 50), MAX_TIMING_MS) };
}

/**
 * How likely an unknown relay is alive. About a fifth of the entries in lists are dead relays, and
 * a sixth at rank 20, where choices are made.
 */
export const UNKNOWN_ALIVE = 0.75;
/** How likely a relay that just worked works again. */
const JUST_WORKED_ALIVE = 0.98;
/** After this time, the last success says half as much. */
const EVIDENCE_HALF_LIFE_MS = 3 * DAY_MS;
/** The least: of a thousand relays that seem dead for good, some are not. */
const MIN_ALIVE = 0.005;
/** How much more often dead relays fail than living ones, of which one in 25 is down. */
const FIRST_FAILURE_ODDS = 25;
/** The same for each further failure, which may belong to the same outage. */
const NEXT_FAILURE_ODDS = 4;
/** Most further failures that count. */
const MAX_COUNTED_FAILURES = 5;
/** Failures closer in time than this count as one. */
const SAME_FAILURE_MS = 10 * MINUTE_MS;
/** After this time the evidence of death counts half: some relays return. */
const DEATH_HALF_LIFE_MS = 14 * DAY_MS;
/**
 * Outages that have lasted long will last long: with this value and a square root, a third lasts
 * more than 2.7 h and a tenth more than 38 h.
 */
const OUTAGE_MS = 0.3 * HOUR_MS;
/** How much each failure in a row makes the return of a relay less likely that once worked. */
const LOST_PER_FAILURE = 0.4;

/** How likely a relay is alive now, in (0, 1). */
export function aliveness(record: RelayRecord | undefined, now: number): number {
  if (!record || record.attempts === 0) return UNKNOWN_ALIVE;
  const { attempts, successes, inARow, lastSuccess, lastFailure, downSince } = record;
  // As if four more attempts had gone as with any relay.
  const usual = (Math.min(successes, attempts) + 4 * UNKNOWN_ALIVE) / (attempts + 4);
  if (inARow === 0) {
    return Math.max(
      MIN_ALIVE,
      usual + (JUST_WORKED_ALIVE - usual) * halved(now - lastSuccess, EVIDENCE_HALF_LIFE_MS),
    );
  }
  const lasted = Math.max(0, lastFailure - downSince);
  const since = Math.max(0, now - lastFailure);
  const isBack = 1 - Math.sqrt((OUTAGE_MS + lasted) / (OUTAGE_MS + lasted + since));
  const lives = successes > 0
    ? usual / (1 + LOST_PER_FAILURE * Math.min(inARow, MAX_COUNTED_FAILURES))
    : 1 / (1 + oddsOfDeath(inARow, lasted, since));
  return Math.max(MIN_ALIVE, lives * isBack);
}

/** The odds that a relay that never worked is dead for good rather than down. */
function oddsOfDeath(inARow: number, lasted: number, since: number): number {
  const more = Math.min(
    inARow - 1,
    2 * Math.log2(1 + lasted / SAME_FAILURE_MS),
    MAX_COUNTED_FAILURES,
  );
  const evidence = Math.log(FIRST_FAILURE_ODDS) + more * Math.log(NEXT_FAILURE_ODDS);
  const before = (1 - UNKNOWN_ALIVE) / UNKNOWN_ALIVE;
  return before * Math.exp(evidence * halved(since, DEATH_HALF_LIFE_MS));
}

/** What is left of 1 after `age` milliseconds; a time in the future counts as now. */
export function halved(age: number, halfLife: number): number {
  return 2 ** (-Math.max(0, age) / halfLife);
}
