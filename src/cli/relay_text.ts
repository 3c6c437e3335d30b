/**
 * Puts what is known about a relay into a few words. Pure.
 *
 * @module
 */

import type { RelayReport } from "../explain.ts";

/** What was seen of a relay so far, in a few words; "nothing" for one that was never used. */
export function relayState(report: RelayReport): string {
  const { state, retryIn, successes, failures, connectMs, delivers, wantsSignIn } = report;
  const parts: string[] = [];
  const failed = Object.entries(failures).sort(([, a], [, b]) => b - a);
  if (state === "backing-off") parts.push(`resting ${duration(retryIn)}`);
  if (successes > 0) parts.push(connectMs === undefined ? "works" : `works, ${connectMs} ms`);
  if (failed.length > 0) parts.push(failed.slice(0, 1).map(([kind]) => kind).join(", "));
  if (delivers !== undefined) parts.push(`delivers ${Math.round(100 * delivers)} %`);
  if (wantsSignIn) parts.push("wants a sign-in");
  return parts.join("; ") || "nothing";
}

/** A time in milliseconds, in the largest unit that fits. */
export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 36 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
