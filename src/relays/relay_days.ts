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
  /** Attempts to connect. */
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

/** Reads days that were stored: leaves out what is no day, and all but the latest of them. */
export function cleanDays(stored: unknown): readonly RelayDay[] {
  if (!Array.isArray(stored)) return [];
  const days = new Map<number, RelayDay>();
  for (const day of stored.slice(-MAX_DAYS)) {
    if (!Array.isArray(day) || day.length !== 5 || !day.every(isCount)) continue;
    if (Number.isInteger(day[0])) days.set(day[0], day.map(rounded) as unknown as RelayDay);
  }
  return [...days.values()].sort(([a], [b]) => a - b);
}

/** No day has more of anything, so that what is stored stays short. */
const MAX_COUNT = 9_999_999;

function isCount(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value <= MAX_COUNT;
}

/** Hundredths are enough for a picture, and short. */
function rounded(count: number): number {
  return Math.min(MAX_COUNT, Math.round(100 * count) / 100);
}
