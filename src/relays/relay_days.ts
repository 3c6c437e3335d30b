/**
 * What a relay did day by day, over the last weeks. Pure.
 *
 * @module
 */

const DAY_MS = 86_400_000;

/** Most days that are kept: those before the latest of them go first. */
export const MAX_DAYS = 30;

/** What a relay did on one day (UTC). */
export type RelayDay = readonly [
  /** Days since 1970. */
  day: number,
  /** Attempts to connect, and outages that began otherwise. */
  attempts: number,
  /** Attempts that succeeded. */
  successes: number,
  /** How much of what other relays delivered it delivered, too, as in a record's `hits`. */
  hits: number,
  /** How much of it it did not deliver. */
  misses: number,
];

/** Adds to the counts of the day of `now`, in milliseconds since 1970. */
export function countDay(
  days: readonly RelayDay[] = [],
  now: number,
  counts: { attempts?: number; successes?: number; hits?: number; misses?: number },
): readonly RelayDay[] {
  const { attempts = 0, successes = 0, hits = 0, misses = 0 } = counts;
  const day = Math.floor(now / DAY_MS);
  const [, ...old] = days.find(([other]) => other === day) ?? [day, 0, 0, 0, 0];
  const added = [attempts, successes, hits, misses].map((count, i) => rounded(old[i] + count));
  const others = days.filter(([other]) => other !== day);
  return [...others, [day, ...added] as unknown as RelayDay].sort(([a], [b]) => a - b)
    .slice(-MAX_DAYS);
}

/** Hundredths are enough for a picture, and short. */
function rounded(count: number): number {
  return Math.round(100 * count) / 100;
}
