/**
 * What all relays did together, day by day. Pure.
 *
 * @module
 */

import type { ExplorerData } from "../explorer_data.ts";

/** What all relays did on one day (UTC). */
export interface HealthDay {
  /** Days since 1970. */
  readonly day: number;
  /** Attempts to connect. */
  readonly attempts: number;
  /** Those that succeeded. */
  readonly successes: number;
  /** How much of what others delivered was looked for. */
  readonly known: number;
  /** How much of it was delivered. */
  readonly hits: number;
}

/** The days on which anything happened, the oldest first. */
export function healthDays({ relays }: Pick<ExplorerData, "relays">): HealthDay[] {
  const days = new Map<number, HealthDay>();
  for (const { health } of relays) {
    for (const [day, attempts, successes, hits, misses] of health?.days ?? []) {
      const before = days.get(day);
      days.set(day, {
        day,
        attempts: attempts + (before?.attempts ?? 0),
        successes: successes + (before?.successes ?? 0),
        known: hits + misses + (before?.known ?? 0),
        hits: hits + (before?.hits ?? 0),
      });
    }
  }
  return [...days.values()].sort((a, b) => a.day - b.day);
}
