/**
 * What is known of a relay, as a value.
 *
 * @module
 */

import type { RelayFailure } from "../nostr/types.ts";
import type { ReportedLimits } from "./relay_replies.ts";

/** How long something usually takes, in milliseconds. */
export interface Timing {
  /** The mean of the last ones, the latest counting most. */
  readonly mean: number;
  /** How far they usually are from it. */
  readonly dev: number;
}

/** What is known of a relay. Times are milliseconds since 1970; 0 stands for never. */
export interface RelayRecord {
  /** How often it was tried to connect to it. */
  readonly attempts: number;
  /** How often that worked. */
  readonly successes: number;
  /** How often it failed in which way. */
  readonly failures: Readonly<Partial<Record<RelayFailure, number>>>;
  /** How often it could not be used, one time after the other, up to now. */
  readonly inARow: number;
  /** The same up to the last connection, which has brought nothing yet. */
  readonly unproven: number;
  /** When the first of these failures was. */
  readonly downSince: number;
  /** When it last connected, answered or delivered. */
  readonly lastSuccess: number;
  /** When it last said something of use. */
  readonly answeredAt: number;
  /** When it last failed in whichever way. */
  readonly lastFailure: number;
  /** Not to be connected to before. */
  readonly retryAt: number;
  /** How long it takes to connect. */
  readonly connectMs?: Timing;
  /** How long it takes from then until the stored events are over (EOSE). */
  readonly eoseMs?: Timing;
  /** Answers in a row that did not end with an EOSE. */
  readonly noEose: number;
  /** Requests in a row that it refused, or answered with nothing at all. */
  readonly inVain: number;
  /** Events it delivered in all. */
  readonly events: number;
  /** People's worth of events that others had and it had, too; faded up to `learnedAt`. */
  readonly hits: number;
  /** The same that it had not. */
  readonly misses: number;
  /** When `hits` and `misses` last changed. */
  readonly learnedAt: number;
  /** What it accepts and answers. */
  readonly limits: ReportedLimits;
  /** When its description of itself (NIP-11) was last asked for. */
  readonly infoAt: number;
  /** What monitors (NIP-66) say its weight is to be multiplied with; 1 where nothing. */
  readonly reports: number;
  /** When they said so. */
  readonly reportedAt: number;
}

/** A relay of which nothing is known. */
export const UNKNOWN_RELAY: RelayRecord = {
  attempts: 0,
  successes: 0,
  failures: {},
  inARow: 0,
  unproven: 0,
  downSince: 0,
  lastSuccess: 0,
  answeredAt: 0,
  lastFailure: 0,
  retryAt: 0,
  noEose: 0,
  inVain: 0,
  events: 0,
  hits: 0,
  misses: 0,
  learnedAt: 0,
  limits: {},
  infoAt: 0,
  reports: 1,
  reportedAt: 0,
};
