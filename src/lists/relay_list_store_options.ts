/**
 * The options of a `RelayListStore`, and their defaults.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { verifyEvent } from "nostr-tools/pure";
import { checkFunction, checkNames, integer, type OptionNames } from "../base/check_option.ts";
import { systemClock } from "../base/clock.ts";
import { placesOf } from "../nostr/vanish_requests.ts";

/** How much a `RelayListStore` keeps in memory, for how long, and what it accepts. */
export interface RelayListStoreOptions {
  /**
   * Most people whose kind 10002 list, or lack of one, is kept in memory; an integer of at
   * least 1. A list takes about 0.4 kB. Set it above the number of people that one request
   * names, or every request reads the database. A tenth as many kind 10050 lists are kept
   * besides: neither kind evicts the other.
   * @default 50_000
   */
  readonly max?: number;
  /**
   * How many milliseconds a list is kept in memory before it is read again, so that the
   * store sees what other processes write; an integer of at least 1.
   * @default 600_000 (ten minutes)
   */
  readonly ttl?: number;
  /**
   * How many milliseconds the store remembers that someone has no list before it reads
   * again; an integer of at least 1.
   * @default 60_000 (one minute)
   */
  readonly missingTtl?: number;
  /**
   * Most pubkeys in one query of the database, which bounds its SQL parameters, and
   * most lists that `RelayListStore.events` writes together; an integer of at least 1.
   * @default 1_000
   */
  readonly batchSize?: number;
  /**
   * Most entries that are read from one list; an integer of at least 1.
   * @default 64
   */
  readonly maxEntries?: number;
  /**
   * How many seconds into the future an event may be dated; an integer of at least 0.
   * @default 900 (fifteen minutes)
   */
  readonly maxFuture?: number;
  /**
   * The URLs of the relay that serves the store's events, if one does: a request to vanish
   * (NIP-62) that names one of them counts, as one that names all relays always does.
   * @default []
   */
  readonly relayUrls?: readonly string[];
  /**
   * Verifies the id and the signature of an event before it is stored, at once or later. Use a
   * faster one if you store lists by the thousand.
   * @default verifyEvent of nostr-tools
   */
  readonly verifyEvent?: (event: NostrEvent) => boolean | Promise<boolean>;
  /**
   * The time in milliseconds since 1970.
   * @default Date.now
   */
  readonly now?: () => number;
  /**
   * How many milliseconds a call waits for a database that does not answer; an integer of at
   * least 1. From then on calls reject at once, and one is passed on now and then, until the
   * database answers. A write waits longer, up to ten times, while other writes are answered.
   * Raise it if other programs lock the database for longer.
   * @default 5_000
   */
  readonly storeTimeout?: number;
  /**
   * Calls `run` once after `ms` milliseconds; the function it returns cancels that.
   * @default the timers of the machine
   */
  readonly after?: (ms: number, run: () => void) => () => void;
  /**
   * Called with each error that a listener of `RelayListStore.onList` throws.
   * @default a warning on the console
   */
  readonly onError?: (error: Error) => void;
}

/** The default of `storeTimeout`. */
export const STORE_TIMEOUT_MS = 5_000;
const LIST_STORE_OPTIONS: OptionNames<RelayListStoreOptions> = {
  max: true,
  ttl: true,
  missingTtl: true,
  batchSize: true,
  maxEntries: true,
  maxFuture: true,
  relayUrls: true,
  storeTimeout: true,
  verifyEvent: true,
  now: true,
  after: true,
  onError: true,
};

/** Options that are complete and checked. */
export type ListStoreSettings = Required<RelayListStoreOptions>;

/**
 * Checks options and fills in the defaults.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If there is no option of a name, or one has the wrong type.
 */
export function listStoreSettings(options: RelayListStoreOptions): ListStoreSettings {
  checkNames(options, LIST_STORE_OPTIONS);
  for (const name of ["verifyEvent", "now", "after", "onError"] as const) {
    checkFunction(name, options[name]);
  }
  const { now = Date.now, relayUrls = [] } = options;
  placesOf(relayUrls);
  return {
    relayUrls,
    max: integer("max", options.max, 50_000, 1),
    ttl: integer("ttl", options.ttl, 600_000, 1),
    missingTtl: integer("missingTtl", options.missingTtl, 60_000, 1),
    batchSize: integer("batchSize", options.batchSize, 1_000, 1),
    maxEntries: integer("maxEntries", options.maxEntries, 64, 1),
    maxFuture: integer("maxFuture", options.maxFuture, 900, 0),
    verifyEvent: options.verifyEvent ?? verifyEvent,
    now,
    storeTimeout: integer("storeTimeout", options.storeTimeout, STORE_TIMEOUT_MS, 1),
    after: options.after ?? systemClock.after,
    onError: options.onError ?? ((error) => console.warn(error)),
  };
}
