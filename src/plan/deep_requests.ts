/**
 * Requests that reach far back: where people write changes, and relays cut long
 * answers short, so that more relays are asked for each of them, in smaller filters.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { PlanSettings } from "./plan_options.ts";

/** More relays per author: an entry stays in a relay list for 500 days on average. */
const MORE_RELAYS = 2;
/** So many times fewer authors in a filter: they post that much more in a year than in a month. */
const FEWER_AUTHORS = 3;
/** So many times more filters: they go out in several REQs. */
const MORE_FILTERS = 4;

/**
 * Whether a filter wants all that was written since long ago.
 *
 * @param before Unix seconds: what reaches back further is deep.
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
    relaysPerAuthor: relaysPerAuthor + MORE_RELAYS,
    authorsPerFilter: Math.max(1, Math.floor(authorsPerFilter / FEWER_AUTHORS)),
    maxFiltersPerRelay: maxFiltersPerRelay * MORE_FILTERS,
  };
}
