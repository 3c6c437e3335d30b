/**
 * What a relay did, as the explorer shows it. Pure.
 *
 * @module
 */

import type { AnswerProof } from "../nostr/answer_proof.ts";
import type { RelayFailure } from "../nostr/relay_failure.ts";
import type { RelayRecord } from "../relays/relay_record.ts";
import { faded } from "../relays/relay_weight.ts";

/** What a relay did. Times are in Unix seconds, durations in milliseconds. */
export interface ExplorerHealth {
  /**
   * - `works`: it worked when it was last used.
   * - `fails`: it did not, and may be tried again.
   * - `backing-off`: it did not, and is not tried again before `retryAt`.
   */
  readonly state: "works" | "fails" | "backing-off";
  /** Attempts to connect. */
  readonly attempts: number;
  /** Those that succeeded. */
  readonly successes: number;
  /** How often it failed in each way. */
  readonly failures: Readonly<Partial<Record<RelayFailure, number>>>;
  /** Its usual time to connect; absent if unknown. */
  readonly connectMs?: number;
  /** Its usual time to the end of stored events; absent if unknown. */
  readonly eoseMs?: number;
  /** The share of the events known from other relays that it delivered; absent if unknown. */
  readonly delivers?: number;
  /** Of how many subjects that was learned; older ones count less. */
  readonly learnedOf?: number;
  /** Events that it delivered in all. */
  readonly events: number;
  /** When it last worked; absent if never. */
  readonly lastSuccess?: number;
  /** When it last failed; absent if never. */
  readonly lastFailure?: number;
  /** Since when it cannot be used; absent if it can. */
  readonly downSince?: number;
  /** When it may be tried again; absent if at once. */
  readonly retryAt?: number;
  /** What its last answer proved; absent before the first. */
  readonly proof?: AnswerProof;
  /** Whether it wants its users to sign in (NIP-42). */
  readonly wantsSignIn?: true;
  /** What happened on each day, the oldest first; absent where no day is known. */
  readonly days?: RelayRecord["days"];
}

/**
 * What a relay did.
 *
 * @param now In milliseconds since 1970.
 */
export function explorerHealth(record: RelayRecord, now: number): ExplorerHealth {
  const { attempts, successes, failures, events, connectMs, eoseMs, lastProof } = record;
  const isBackingOff = record.retryAt > now;
  const { hits, misses } = faded(record, now);
  const learnedOf = Math.ceil(hits + misses);
  const wantsSignIn = record.limits.authRequired || (failures["auth-required"] ?? 0) > 0;
  return {
    state: isBackingOff ? "backing-off" : record.inARow > 0 ? "fails" : "works",
    attempts,
    successes,
    failures,
    events,
    ...connectMs ? { connectMs: Math.round(connectMs.mean) } : {},
    ...eoseMs ? { eoseMs: Math.round(eoseMs.mean) } : {},
    ...learnedOf > 0
      ? { delivers: Math.round(1000 * hits / (hits + misses)) / 1000, learnedOf }
      : {},
    ...time("lastSuccess", record.lastSuccess),
    ...time("lastFailure", record.lastFailure),
    ...time("downSince", record.inARow > 0 ? record.downSince : 0),
    ...time("retryAt", isBackingOff ? record.retryAt : 0),
    ...lastProof === undefined ? {} : { proof: lastProof },
    ...wantsSignIn ? { wantsSignIn: true } : {},
    ...record.days === undefined ? {} : { days: record.days },
  };
}

/** A time in milliseconds since 1970 as one in Unix seconds, if there is one. */
function time<Name extends "lastSuccess" | "lastFailure" | "downSince" | "retryAt">(
  name: Name,
  ms: number,
): Partial<Record<Name, number>> {
  return ms > 0 ? { [name]: Math.floor(ms / 1000) } as Record<Name, number> : {};
}
