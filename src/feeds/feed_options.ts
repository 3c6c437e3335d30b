/**
 * The options of a feed, and their check.
 *
 * @module
 */

import type { NStore } from "@nostrify/types";
import {
  checkBoolean,
  checkNames,
  checkOption,
  integer,
  type OptionNames,
} from "../base/check_option.ts";

/** How a feed is read. */
export interface FeedOptions {
  /**
   * A store for the feed's events. What was read into it completely is read from it, and relays are
   * asked for the rest alone: the first page comes at once. An app must not remove events from it
   * one by one, or the feed has gaps; a store that was emptied or replaced is noticed.
   * @default none: every feed asks relays for everything
   */
  readonly store?: NStore;
  /** Events in a page: an integer from 1 to 5,000. @default 50 */
  readonly pageSize?: number;
  /**
   * How long a page waits for relays that do not answer, in milliseconds: an integer of at least 0.
   * What they have comes in `late`, and `behind` names them.
   * @default 1_500
   */
  readonly patience?: number;
  /**
   * Whether the first page waits for relays as the others do, though the store could give one at
   * once.
   * @default false: what came since stands in `late` of the second page, or comes by `live()`
   */
  readonly fresh?: boolean;
  /** Ends the feed. @default none */
  readonly signal?: AbortSignal;
}

const FEED_OPTIONS: OptionNames<FeedOptions> = {
  store: true,
  pageSize: true,
  patience: true,
  fresh: true,
  signal: true,
};
/** The largest {@link FeedOptions.pageSize}. */
export const MAX_PAGE_SIZE = 5_000;

/**
 * Options with their defaults.
 *
 * @throws {TypeError} If one is of the wrong type or does not exist.
 * @throws {RangeError} If a number is out of its range.
 */
export function checkFeedOptions(options: FeedOptions) {
  checkNames(options, FEED_OPTIONS);
  const { store, signal } = options;
  const pageSize = integer("pageSize", options.pageSize, 50, 1);
  const isSmall = pageSize <= MAX_PAGE_SIZE;
  checkOption(
    "pageSize",
    isSmall,
    `be an integer from 1 to ${MAX_PAGE_SIZE}`,
    pageSize,
    RangeError,
  );
  const patience = integer("patience", options.patience, 1_500, 0);
  checkBoolean("fresh", options.fresh);
  const isStore = store === undefined || typeof store?.query === "function";
  checkOption("store", isStore, "be an NStore", store);
  return { pageSize, patience, signal };
}
