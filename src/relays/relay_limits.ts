/**
 * What is known of a relay's limits, and how that changes.
 *
 * @module
 */

import type { ReportedLimits } from "./relay_replies.ts";

const NUMBER_NAMES = [
  "maxFilters",
  "maxSubscriptions",
  "maxMessageLength",
  "maxLimit",
  "cutAt",
  "fullAt",
] as const satisfies (keyof ReportedLimits)[];
const FLAG_NAMES = ["authRequired", "paymentRequired"] as const satisfies (keyof ReportedLimits)[];

/** Only what can be a limit: integers from 1 on, and yes or no. */
export function cleanLimits(limits: Readonly<Record<string, unknown>>): ReportedLimits {
  const clean: Record<string, unknown> = {};
  for (const name of NUMBER_NAMES) {
    const value = limits[name];
    if (Number.isSafeInteger(value) && Number(value) >= 1) clean[name] = value;
  }
  for (const name of FLAG_NAMES) if (typeof limits[name] === "boolean") clean[name] = limits[name];
  return clean;
}

/** Limits after something was learned from what the relay did or said of a request. */
export function learnLimits(limits: ReportedLimits, lesson: ReportedLimits): ReportedLimits {
  return { ...limits, ...cleanLimits({ ...lesson }) };
}

/**
 * Limits after the relay's description of itself was read. What was learned
 * before that and is not in it is forgotten, since it may have changed; it is learned
 * again at the price of one refused request. Where the relay was seen to cut its
 * answers stays known if that is sooner than it says: an answer that is taken for
 * complete teaches nothing.
 *
 * @param isFirst Whether none was read before: all else is fresh, then, and stays.
 */
export function reportLimits(
  limits: ReportedLimits,
  told: ReportedLimits,
  isFirst: boolean,
): ReportedLimits {
  const { cutAt = Infinity } = limits;
  const clean = cleanLimits({ ...told });
  const least = Math.min(cutAt, clean.cutAt ?? Infinity);
  return { ...isFirst ? limits : {}, ...clean, ...least < Infinity ? { cutAt: least } : {} };
}
