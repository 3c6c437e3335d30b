/**
 * Puts what is known about a relay into a few words. Pure.
 *
 * @module
 */

import type { RelayReport } from "../explain.ts";
import { duration } from "./text.ts";

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
