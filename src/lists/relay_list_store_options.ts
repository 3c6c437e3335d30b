/**
 * What a store of relay lists can be set to, with the defaults.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { verifyEvent } from "nostr-tools/pure";
import { checkFunction, integer } from "../base/check_option.ts";

/** How much a `RelayListStore` remembers, and for how long. */
export interface RelayListStoreOptions {
  /**
   * Most people whose kind 10002, or lack of one, is kept in memory; an integer of at
   * least 1. A list takes about 0.4 kB. Set it above the number of people one request
   * names, or every request reads the database. Of kind 10050 a tenth as many are
   * kept besides: looking for the ones never drives out the others.
   * @default 50_000
   */
  readonly max?: number;
  /**
   * After how many milliseconds a list is read again, so that what other
   * processes write is seen; an integer >= 1.
   * @default 600_000 (ten minutes)
   */
  readonly ttl?: number;
  /**
   * After how many milliseconds someone who has no list is looked up again; an
   * integer >= 1.
   * @default 60_000 (one minute)
   */
  readonly missingTtl?: number;
  /**
   * Most pubkeys in one query of the database, which bounds its SQL parameters, and
   * most lists that `RelayListStore.events` writes together; an integer >= 1.
   * @default 1_000
   */
  readonly batchSize?: number;
  /**
   * Most entries read from one list; an integer >= 1.
   * @default 64
   */
  readonly maxEntries?: number;
  /**
   * How many seconds into the future an event may be dated; an integer >= 0.
   * @default 900 (fifteen minutes)
   */
  readonly maxFuture?: number;
  /**
   * Verifies id and signature of an event before it is stored. Bring a faster one
   * (`nostr-tools/wasm`) where lists are stored by the thousand.
   * @default verifyEvent of nostr-tools
   */
  readonly verifyEvent?: (event: NostrEvent) => boolean;
  /**
   * The time in milliseconds since 1970.
   * @default Date.now
   */
  readonly now?: () => number;
  /**
   * Told of an error that a listener of `RelayListStore.onList` throws.
   * @default a warning on the console
   */
  readonly onError?: (error: Error) => void;
}

/** Options in which nothing is missing or wrong. */
export type ListStoreSettings = Required<RelayListStoreOptions>;

/**
 * Checks options and fills in the defaults.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If an option has the wrong type.
 */
export function listStoreSettings(options: RelayListStoreOptions): ListStoreSettings {
  for (const name of ["verifyEvent", "now", "onError"] as const) {
    checkFunction(name, options[name]);
  }
  const { now = Date.now } = options;
  return {
    max: integer("max", options.max, 50_000, 1),
    ttl: integer("ttl", options.ttl, 600_000, 1),
    missingTtl: integer("missingTtl", options.missingTtl, 60_000, 1),
    batchSize: integer("batchSize", options.batchSize, 1_000, 1),
    maxEntries: integer("maxEntries", options.maxEntries, 64, 1),
    maxFuture: integer("maxFuture", options.maxFuture, 900, 0),
    verifyEvent: options.verifyEvent ?? verifyEvent,
    now,
    onError: options.onError ?? ((error) => console.warn(error)),
  };
}
