/**
 * What is known of one relay, as a value.
 *
 * @module
 */

import type { AnswerProof } from "../nostr/answer_proof.ts";
import type { RelayFailure } from "../nostr/relay_failure.ts";
import type { RelayDay } from "./relay_days.ts";
import type { ReportedLimits } from "./relay_replies.ts";

/** How long something takes, in milliseconds. */
export interface Timing {
  /** The mean of the last measurements, the latest counting most. */
  readonly mean: number;
  /** Their mean deviation from it. */
  readonly dev: number;
}

/** What is known of a relay. Times are milliseconds since 1970; 0 stands for never. */
export interface RelayRecord {
  /** Attempts to connect. */
  readonly attempts: number;
  /** Attempts that succeeded. */
  readonly successes: number;
  /** How often the relay failed, by reason; an outage counts once, by what began it. */
  readonly failures: Readonly<Partial<Record<RelayFailure, number>>>;
  /** Outages in a row in which the relay could not be used, up to now; one that goes on included. */
  readonly inARow: number;
  /** The same up to the last connection, as long as that has brought nothing. */
  readonly unproven: number;
  /** When the first of them began. */
  readonly downSince: number;
  /** When the last of them began, or a connection was lost since which the relay has not worked. */
  readonly outageSince: number;
  /** When the relay last connected, answered or delivered. */
  readonly lastSuccess: number;
  /** When it last sent something of use. */
  readonly answeredAt: number;
  /** When it last failed, whatever the reason. */
  readonly lastFailure: number;
  /** When it may be connected to again. */
  readonly retryAt: number;
  /** How long connecting takes. */
  readonly connectMs?: Timing;
  /** How long it takes from the REQ to EOSE. */
  readonly eoseMs?: Timing;
  /** What its last answer proved about what it lacks; absent before the first. */
  readonly lastProof?: AnswerProof;
  /** Answers in a row without an EOSE. */
  readonly noEose: number;
  /** Requests in a row that it refused, or did not answer at all. */
  readonly inVain: number;
  /** Events that it delivered in all. */
  readonly events: number;
  /**
   * How much of what other relays delivered this relay delivered, too. All events of one subject in
   * one request count as 1. Faded up to `learnedAt`.
   */
  readonly hits: number;
  /** How much of it this relay did not deliver. */
  readonly misses: number;
  /** When `hits` and `misses` last changed. */
  readonly learnedAt: number;
  /** What it accepts, and where it cuts answers. */
  readonly limits: ReportedLimits;
  /** When its description of itself (NIP-11) was last requested. */
  readonly infoAt: number;
  /** The factor for its weight by the reports of monitors (NIP-66); 1 without any. */
  readonly reports: number;
  /** When that factor was last written. */
  readonly reportedAt: number;
  /** What happened on each of the last days on which anything did, the oldest first. */
  readonly days?: readonly RelayDay[];
}

/** The record of a relay of which nothing is known. */
export const UNKNOWN_RELAY: RelayRecord = {
  attempts: 0,
  successes: 0,
  failures: {},
  inARow: 0,
  unproven: 0,
  downSince: 0,
  outageSince: 0,
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
