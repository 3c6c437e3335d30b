/**
 * How a change of a relay's record is made to what another process has written meanwhile. Pure.
 *
 * @module
 */

import type { RelayRecord } from "./relay_record.ts";

/** When a record last changed, in milliseconds since 1970. */
export function relayChangedAt(record: RelayRecord): number {
  const { lastSuccess, lastFailure, infoAt, reportedAt } = record;
  return Math.max(lastSuccess, lastFailure, infoAt, reportedAt);
}

/**
 * The record after a change that was made at a time. If it has changed since, what the change counts
 * is counted; but the state of the relay stays, since that is newer.
 */
export function rebaseRelayRecord(
  before: RelayRecord,
  after: RelayRecord,
  at: number,
): RelayRecord {
  const learnedAt = Math.max(before.learnedAt, after.learnedAt);
  if (relayChangedAt(before) <= at) {
    return learnedAt === after.learnedAt ? after : { ...after, learnedAt };
  }
  const { attempts, successes, failures, events, hits, misses, connectMs, eoseMs, days } = after;
  const latest = (name: "lastSuccess" | "answeredAt" | "lastFailure") =>
    Math.max(before[name], after[name]);
  const { reports, reportedAt } = after.reportedAt > before.reportedAt ? after : before;
  const isInformed = after.infoAt > before.infoAt;
  return {
    ...before,
    ...{ attempts, successes, failures, events, hits, misses },
    ...connectMs && { connectMs },
    ...eoseMs && { eoseMs },
    ...days && { days },
    limits: isInformed ? after.limits : { ...after.limits, ...before.limits },
    infoAt: isInformed ? after.infoAt : before.infoAt,
    ...{ reports, reportedAt, learnedAt },
    lastSuccess: latest("lastSuccess"),
    answeredAt: latest("answeredAt"),
    lastFailure: latest("lastFailure"),
  };
}
