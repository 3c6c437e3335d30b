/**
 * How long to wait for a relay, and whether it lives, by what is known of it. The constants are from measurements of the network, rounded.
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
  /** For the next sign of an answer, before it is late for those who can do without. */
  readonly soft: number;
  /** For the next sign of an answer, before it has failed. */
  readonly hard: number;
}

/** Of 20 relays that live, one takes more than 1.2 s to connect, and 3 to 15 s to answer. */
const UNKNOWN_DEADLINES: Deadlines = { connect: 5_000, soft: 3_000, hard: 8_000 };
/** For relays that do not say EOSE: whatever comes, comes before. */
const SHORT_DEADLINES = { soft: 1_000, hard: 3_000 };
/** Answers in a row without an EOSE after which none is expected. */
const MAX_MISSED_EOSES = 2;

/**
 * How long to wait for a relay: its usual time and four times how far it usually is
 * from it, as TCP does (RFC 6298), within bounds. What holds for an answer holds for
 * each pause in it.
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

/** No time is taken for longer, so that one odd value does not outlast a hundred others. */
const MAX_TIMING_MS = MINUTE_MS;

/** An estimate after one more time was measured; the weights are those of RFC 6298. */
export function timed(timing: Timing | undefined, ms: number): Timing | undefined {
  if (!(ms >= 0)) return timing;
  const time = Math.min(ms, MAX_TIMING_MS);
  if (!timing) return { mean: time, dev: time / 2 };
  const { mean, dev } = timing;
  return { mean: mean + (time - mean) / 8, dev: dev + (Math.abs(time - mean) - dev) / 4 };
}

/**
 * An estimate after a deadline passed: wider, or a relay that has become slower would
 * never get the time to show it.
 */
export function widened(timing: Timing | undefined): Timing | undefined {
  return timing && { ...timing, dev: Math.min(Math.max(2 * timing.dev, 50), MAX_TIMING_MS) };
}

/**
 * How likely an unknown relay can be used. About a fifth of the links from authors to
 * relays lead to dead ones, and a sixth at rank 20, where choices are made.
 */
export const UNKNOWN_ALIVE = 0.75;
/** A relay that just worked works again. */
const JUST_WORKED_ALIVE = 0.98;
/** After so long, what was seen last says half as much. */
const EVIDENCE_HALF_LIFE_MS = 3 * DAY_MS;
/** Of a thousand relays that seem dead for good, some are not. */
const MIN_ALIVE = 0.005;
/** How much more often the dead fail than the living, of which one in 25 is down. */
const FIRST_FAILURE_ODDS = 25;
/** The same for each failure more, which may be of the same outage. */
const NEXT_FAILURE_ODDS = 4;
/** Most failures more that count. */
const MAX_COUNTED_FAILURES = 5;
/** Failures that lie closer in time are no more than one. */
const SAME_FAILURE_MS = 10 * MINUTE_MS;
/** That a relay is dead is half as certain after so long: some return. */
const DEATH_HALF_LIFE_MS = 14 * DAY_MS;
/**
 * Outages that have lasted long will last long: with this and a square root, a third
 * lasts more than 2.7 h and a tenth more than 38 h.
 */
const OUTAGE_MS = 0.3 * HOUR_MS;
/** Each failure in a row of a relay that once worked makes it so much less likely to return. */
const LOST_PER_FAILURE = 0.4;

/** How likely a relay can be used now, in (0, 1). */
export function aliveness(record: RelayRecord | undefined, now: number): number {
  if (!record || record.attempts === 0) return UNKNOWN_ALIVE;
  const { attempts, successes, inARow, lastSuccess, lastFailure, downSince } = record;
  // As if four more had been tried, and that had gone as with any relay.
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

/** That a relay which never worked is dead for good, rather than down. */
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

/** What is left of 1 after `age` milliseconds; the future counts as now. */
export function halved(age: number, halfLife: number): number {
  return 2 ** (-Math.max(0, age) / halfLife);
}
