/**
 * How what is known of a relay's limits changes. Pure.
 *
 * @module
 */

import type { ReportedLimits } from "./relay_replies.ts";

const NUMBER_NAMES = [
  "maxFilters",
  "maxSubscriptions",
  "maxMessageLength",
  "maxLimit",
  "minLimit",
  "cutAt",
  "fullAt",
] as const satisfies (keyof ReportedLimits)[];
const FLAG_NAMES = ["authRequired", "paymentRequired"] as const satisfies (keyof ReportedLimits)[];

/** Keeps only what can be a limit: integers of at least 1, and booleans. */
export function cleanLimits(limits: Readonly<Record<string, unknown>>): ReportedLimits {
  const clean: Record<string, unknown> = {};
  for (const name of NUMBER_NAMES) {
    const value = limits[name];
    if (Number.isSafeInteger(value) && Number(value) >= 1) clean[name] = value;
  }
  for (const name of FLAG_NAMES) if (typeof limits[name] === "boolean") clean[name] = limits[name];
  return clean;
}

/** Returns the limits after the relay showed one by what it did with a request, or said of it. */
export function learnLimits(limits: ReportedLimits, lesson: ReportedLimits): ReportedLimits {
  return { ...limits, ...cleanLimits({ ...lesson }) };
}

/**
 * Returns the limits after the relay's description of itself was read. What was learned earlier and
 * is not in the description is forgotten, since it may have changed; learning it again costs one
 * refused request. Where the relay was seen to cut its answers is kept if that is sooner than the
 * description says: an answer that is taken for complete teaches nothing.
 *
 * @param isFirst Whether no description was read before; then everything else is fresh and stays.
 */
export function reportLimits(
  limits: ReportedLimits,
  described: ReportedLimits,
  isFirst: boolean,
): ReportedLimits {
  const { cutAt = Infinity } = limits;
  const clean = cleanLimits({ ...described });
  const least = Math.min(cutAt, clean.cutAt ?? Infinity);
  return { ...isFirst ? limits : {}, ...clean, ...least < Infinity ? { cutAt: least } : {} };
}
