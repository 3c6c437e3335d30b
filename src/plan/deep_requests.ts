/**
 * Requests that reach far back. Over a long time users change their relays, and relays cut
 * long answers short, so each author is requested from more relays, in smaller filters.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { PlanSettings } from "./plan_options.ts";

/** Added to `relaysPerAuthor`: an entry stays in a relay list for 500 days on average. */
const EXTRA_RELAYS_PER_AUTHOR = 2;
/** Divides `authorsPerFilter`: authors post that much more in a year than in a month. */
const FILTER_SIZE_DIVISOR = 3;
/** Multiplies `maxFiltersPerRelay`: the filters go out in several REQs. */
const FILTER_COUNT_FACTOR = 4;

/**
 * Whether a filter asks for everything since a time long ago.
 *
 * @param before Unix seconds: a filter that reaches back further is deep.
 */
export function isDeep(filters: readonly NostrFilter[], before: number): boolean {
  return filters.some(({ since, limit }) =>
    since !== undefined && since < before && limit === undefined
  );
}

/** The settings for deep requests. */
export function deepSettings(settings: PlanSettings): PlanSettings {
  const { relaysPerAuthor, authorsPerFilter, maxFiltersPerRelay } = settings;
  return {
    ...settings,
    relaysPerAuthor: relaysPerAuthor + EXTRA_RELAYS_PER_AUTHOR,
    authorsPerFilter: Math.max(1, Math.floor(authorsPerFilter / FILTER_SIZE_DIVISOR)),
    maxFiltersPerRelay: maxFiltersPerRelay * FILTER_COUNT_FACTOR,
  };
}
