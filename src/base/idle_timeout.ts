/**
 * A timeout that counts only time in which the program had nothing to do: what others sent in that
 * time was read.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import type { WorkTime } from "./workload.ts";

/** How often it is looked at, in milliseconds: of a longer stall, as much counts at most. */
const CHECK_MS = 1_000;
/** A program that is always busy waits this many times as long, and no longer. */
const MAX_FACTOR = 10;

/**
 * Calls `act` after `ms` milliseconds in which the program was not behind, but after ten times as
 * long at the latest.
 *
 * @param workload Absent for a program that is never busy.
 * @returns Cancels that.
 */
export function startIdleTimeout(
  clock: Clock,
  ms: number,
  workload: WorkTime | undefined,
  act: () => void,
): () => void {
  const latest = clock.now() + MAX_FACTOR * ms;
  let left = ms;
  const arm = (): () => void => {
    const behindMs = workload?.behindMs ?? 0;
    // A timer for less than a millisecond may not move a clock at all.
    const wait = Math.max(Math.min(left, CHECK_MS), Math.min(ms, 1));
    return clock.after(wait, () => {
      left -= Math.max(0, wait - ((workload?.behindMs ?? 0) - behindMs));
      if (left > 0 && clock.now() < latest) cancel = arm();
      else act();
    });
  };
  let cancel = arm();
  return () => cancel();
}
