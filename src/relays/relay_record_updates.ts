/**
 * How a relay's record changes with what the relay does. Pure: each function returns a new record.
 *
 * @module
 */

import type { AnswerProof } from "../nostr/answer_proof.ts";
import type { RelayFailure } from "../nostr/relay_failure.ts";
import { BACKOFFS, isSameOutage, outageWaitMs } from "./backoff.ts";
import { countDay } from "./relay_days.ts";
import { deadlines, timed, widened } from "./relay_health.ts";
import type { RelayRecord } from "./relay_record.ts";

/** A connection that lasted this long was of use, whatever came over it. */
const LASTING_CONNECTION_MS = 60_000;

/** The relay worked: earlier failures no longer count. */
function proven(record: RelayRecord, now: number): RelayRecord {
  return {
    ...record,
    inARow: 0,
    unproven: 0,
    downSince: 0,
    outageSince: 0,
    retryAt: 0,
    answeredAt: now,
  };
}

/**
 * A connection was opened within `ms` milliseconds, where that is known. Some relays take every connection and end it at
 * once, so failures are not forgotten yet.
 */
export function connected(
  record: RelayRecord,
  ms: number | undefined,
  now: number,
): RelayRecord {
  return {
    ...record,
    attempts: record.attempts + 1,
    successes: record.successes + 1,
    unproven: record.unproven + record.inARow,
    inARow: 0,
    retryAt: 0,
    lastSuccess: now,
    days: countDay(record.days, now, { attempts: 1, successes: 1 }),
    ...timing("connectMs", timed(record.connectMs, ms ?? NaN)),
  };
}

/** An answer ended with EOSE, `ms` milliseconds after it was requested, where that is known. */
export function answered(
  record: RelayRecord,
  ms: number | undefined,
  now: number,
  lastProof?: AnswerProof,
): RelayRecord {
  return {
    ...proven(record, now),
    ...lastProof === undefined ? {} : { lastProof },
    lastSuccess: now,
    noEose: 0,
    inVain: 0,
    ...timing("eoseMs", timed(record.eoseMs, ms ?? NaN)),
  };
}

/** EOSE did not come in time. */
export function unanswered(record: RelayRecord, now: number): RelayRecord {
  // A relay that sent events lacks only the EOSE.
  const isSilent = now - record.answeredAt > deadlines(record).hard;
  return {
    ...counted(record, "no-answer", now),
    lastProof: "unknown",
    noEose: record.noEose + 1,
    inVain: record.inVain + (isSilent ? 1 : 0),
    ...timing("eoseMs", widened(record.eoseMs)),
  };
}

/** Events came. */
export function delivered(record: RelayRecord, events: number, now: number): RelayRecord {
  return { ...proven(record, now), events: record.events + events, lastSuccess: now, inVain: 0 };
}

/** When an operation began and failed, in milliseconds since 1970. */
export interface FailureSpan {
  /** When the operation was begun. */
  readonly startedAt: number;
  /** When it failed. */
  readonly now: number;
}

/**
 * An operation failed. What fails again in the same outage, such as a second connection or a retry,
 * makes the outage longer, and counts as nothing more.
 */
export function failed(
  record: RelayRecord,
  failure: RelayFailure,
  { startedAt, now }: FailureSpan,
  random: () => number,
): RelayRecord {
  switch (failure) {
    case "no-answer":
      return unanswered(record, now);
    case "connect-timeout": {
      const wider = timing("connectMs", widened(record.connectMs));
      return down({ ...record, ...wider }, failure, now, random);
    }
    case "disconnected":
      // Relays restart and close quiet connections: that is no sign of death.
      if (record.answeredAt >= startedAt || now - startedAt >= LASTING_CONNECTION_MS) {
        return lost(record, { startedAt, now });
      }
      return down(record, failure, now, random);
    case "unreachable":
    case "flood":
    case "junk":
      return down(record, failure, now, random);
    case "no-ok":
    case "duplicate":
    case "pow":
    case "mute":
      // These are about one event, not about the relay.
      return counted(record, failure, now);
    default: {
      // A refusal is an answer: the relay works.
      const after = counted(record, failure, now);
      return { ...proven(after, now), inVain: after.inVain + 1 };
    }
  }
}

/** Whether a failure is an answer, which only a relay that works can give. */
export function isAnswer(failure: RelayFailure): boolean {
  return !NO_ANSWERS.has(failure);
}

const NO_ANSWERS: ReadonlySet<RelayFailure> = new Set([
  "unreachable",
  "connect-timeout",
  "no-answer",
  "no-ok",
  "disconnected",
]);

function counted(record: RelayRecord, failure: RelayFailure, now: number): RelayRecord {
  const failures = { ...record.failures, [failure]: (record.failures[failure] ?? 0) + 1 };
  return { ...record, failures, lastFailure: now };
}

/** A connection that was of use ended. If the relay does not take another, that began an outage. */
function lost(record: RelayRecord, { startedAt, now }: FailureSpan): RelayRecord {
  // One of several connections that the same outage ended.
  if (isSameOutage(record, now) && startedAt < record.outageSince) {
    return { ...record, lastFailure: now };
  }
  const after = counted(record, "disconnected", now);
  return { ...after, inARow: 0, unproven: 0, downSince: 0, outageSince: now, retryAt: 0 };
}

/** The relay cannot be used. */
function down(
  record: RelayRecord,
  failure: RelayFailure,
  now: number,
  random: () => number,
): RelayRecord {
  const before = record.inARow + record.unproven;
  const isSame = isSameOutage(record, now);
  const isCounted = isSame && before > 0;
  const outageSince = isSame ? record.outageSince : now;
  const backoff = record.successes > 0 ? BACKOFFS.unusable : BACKOFFS.neverWorked;
  const isConnecting = failure === "unreachable" || failure === "connect-timeout";
  const isAttempt = isConnecting && !isCounted;
  return {
    ...isCounted ? record : counted(record, failure, now),
    attempts: record.attempts + (isAttempt ? 1 : 0),
    ...isAttempt ? { days: countDay(record.days, now, { attempts: 1 }) } : {},
    inARow: before + (isCounted ? 0 : 1),
    unproven: 0,
    downSince: before > 0 ? record.downSince : outageSince,
    outageSince,
    lastFailure: now,
    retryAt: now + outageWaitMs(backoff, now - outageSince, random),
  };
}

function timing<Name extends "connectMs" | "eoseMs">(
  name: Name,
  value: RelayRecord[Name],
): Partial<Pick<RelayRecord, Name>> {
  return value ? { [name]: value } as Pick<RelayRecord, Name> : {};
}
