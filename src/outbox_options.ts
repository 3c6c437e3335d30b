/**
 * What an outbox can be set to.
 *
 * @module
 */

import { NCache, NRelay1 } from "@nostrify/nostrify";
import type { NostrEvent, NStore } from "@nostrify/types";
import { verifyEvent } from "nostr-tools/pure";
import { type Clock, systemClock } from "./clock.ts";
import type { RelayError } from "./errors.ts";
import { checkFunction, integer } from "./options.ts";
import { isPubkey } from "./pubkeys.ts";
import type { OpenRelay } from "./relay_hooks.ts";
import { RelayListStore } from "./relay_list_store.ts";
import type { RouterOptions } from "./router_options.ts";
import type { RelayRecordStore } from "./types.ts";

/** The options of {@link createOutbox}. */
export interface OutboxOptions extends RouterOptions {
  /**
   * Where relay lists are kept: a {@link RelayListStore}, or any event store to put
   * one before.
   * @default in memory, gone with the process
   */
  readonly store?: NStore;
  /**
   * Where what is known of relays is kept over restarts.
   * @default beside the lists if `store` can, as a database of this library can; otherwise
   * in memory
   */
  readonly memory?: RelayRecordStore;
  /**
   * Opens a relay. Hand the options on, and more is seen of the relay than its
   * answers: `(url, options) => new NRelay1(url, { ...options, auth })`.
   * @default (url, options) => new NRelay1(url, options)
   */
  readonly open?: OpenRelay;
  /**
   * After how many milliseconds a request is done, whatever relays still do; an
   * integer >= 1. A deep request (see `deepAfter`) has four times as long.
   * @default 30_000
   */
  readonly timeout?: number;
  /**
   * How many milliseconds to wait for stragglers once everybody has been answered
   * by enough relays; an integer >= 0.
   * @default 100
   */
  readonly settle?: number;
  /**
   * Most connections in the making at once, the most valuable first; an integer
   * >= 1. Lower it on mobile networks.
   * @default 10
   */
  readonly maxConnecting?: number;
  /**
   * After how many milliseconds a connection that nobody uses is closed; an integer
   * >= 1.
   * @default 30_000
   */
  readonly idleTimeout?: number;
  /**
   * Most pages beyond the first that are asked for where a relay cut its answer to
   * a filter with `since` and without `limit`; an integer >= 0. 0 takes what the
   * first page has.
   * @default 100
   */
  readonly maxPages?: number;
  /**
   * How many days a filter without a `limit` has to reach back (`since`) to be a deep
   * one; an integer >= 1. Authors change relays, and relays cut long answers short: for
   * a deep request each author is asked for on two relays more, in filters of a third
   * of `authorsPerFilter`, four times `maxFiltersPerRelay` may be sent, and it may
   * take four times `timeout`.
   * @default 30
   */
  readonly deepAfter?: number;
  /**
   * Whether choosing relays takes into account who delivered so far.
   * @default true
   */
  readonly learning?: boolean;
  /**
   * Whether relays are asked for their limits (NIP-11), once a week, over HTTP.
   * @default true
   */
  readonly relayInfo?: boolean;
  /**
   * Pubkeys of monitors (NIP-66) whose reports on relays count a little, as far as
   * nothing better is known. At least two are needed.
   * @default []
   */
  readonly monitors?: readonly string[];
  /**
   * Verifies id and signature of what relays send. Bring a faster one
   * (`nostr-tools/wasm`) where much is read.
   * @default verifyEvent of nostr-tools
   */
  readonly verifyEvent?: (event: NostrEvent) => boolean;
  /** Fetches what relays say of themselves. @default fetch */
  readonly fetch?: typeof fetch;
  /** Told of each failure of a relay, of which requests say nothing. */
  readonly onRelayError?: (error: RelayError) => void;
  /** The time and the timers. @default the machine's */
  readonly clock?: Clock;
  /** Dice, in [0, 1): for pauses, and for trying relays out. @default Math.random */
  readonly random?: () => number;
}

/** Options in which nothing is missing or wrong. */
export interface OutboxSettings {
  readonly routing: RouterOptions & Required<Pick<RouterOptions, "onError">>;
  readonly store: RelayListStore;
  readonly memory?: RelayRecordStore;
  readonly open: OpenRelay;
  readonly timeout: number;
  readonly settle: number;
  readonly maxConnecting: number;
  readonly idleTimeout: number;
  readonly maxPages: number;
  readonly deepAfter: number;
  readonly learning: boolean;
  readonly relayInfo: boolean;
  readonly monitors: readonly string[];
  readonly verifyEvent: (event: NostrEvent) => boolean;
  readonly fetch: typeof fetch;
  readonly onRelayError: (error: RelayError) => void;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Most relay lists that an outbox without a `store` keeps. */
const MOST_IN_MEMORY = 20_000;

/**
 * Checks options and fills in the defaults.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If an option has the wrong type.
 */
export function outboxSettings(options: OutboxOptions): OutboxSettings {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot create an outbox: the options must be an object, got ${options}`);
  }
  const { clock = systemClock, random = Math.random, monitors = [] } = options;
  for (const name of FUNCTIONS) checkFunction(name, options[name]);
  for (const name of ["learning", "relayInfo"] as const) checkBoolean(name, options[name]);
  if (typeof clock?.now !== "function" || typeof clock.after !== "function") {
    throw new TypeError(
      `Cannot use option "clock": it must have the methods now and after, got ${clock}`,
    );
  }
  if (!Array.isArray(monitors) || !monitors.every(isPubkey)) {
    throw new TypeError(
      `Cannot use option "monitors": it must be an array of pubkeys (64 lowercase hex), ` +
        `got ${JSON.stringify(monitors)}`,
    );
  }
  const store = listStore(options, clock);
  return {
    routing: { ...options, onError: options.onError ?? ((error) => console.warn(error)) },
    store,
    memory: recordStore(options.memory) ?? store.relayRecords,
    open: options.open ?? ((url, options) => new NRelay1(url, options)),
    timeout: integer("timeout", options.timeout, 30_000, 1),
    settle: integer("settle", options.settle, 100, 0),
    maxConnecting: integer("maxConnecting", options.maxConnecting, 10, 1),
    idleTimeout: integer("idleTimeout", options.idleTimeout, 30_000, 1),
    maxPages: integer("maxPages", options.maxPages, 100, 0),
    deepAfter: integer("deepAfter", options.deepAfter, 30, 1),
    learning: options.learning ?? true,
    relayInfo: options.relayInfo ?? true,
    monitors: [...monitors],
    verifyEvent: options.verifyEvent ?? verifyEvent,
    fetch: options.fetch ?? ((...args) => fetch(...args)),
    onRelayError: options.onRelayError ?? (() => {}),
    clock,
    random,
  };
}

const FUNCTIONS = ["open", "verifyEvent", "fetch", "onRelayError", "random", "weight"] as const;

function checkBoolean(name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new TypeError(`Cannot use option "${name}": it must be a boolean, got ${value}`);
}

function listStore({ store, verifyEvent }: OutboxOptions, clock: Clock): RelayListStore {
  if (store instanceof RelayListStore) return store;
  const isStore = typeof store?.event === "function" && typeof store.query === "function";
  if (store !== undefined && !isStore) {
    throw new TypeError(
      `Cannot use option "store": it must have the methods event and query, got ${store}`,
    );
  }
  const now = () => clock.now();
  return new RelayListStore(store ?? new NCache({ max: MOST_IN_MEMORY }), { verifyEvent, now });
}

function recordStore(memory: OutboxOptions["memory"]): RelayRecordStore | undefined {
  if (memory === undefined) return undefined;
  if (typeof memory?.readRelays === "function" && typeof memory.writeRelays === "function") {
    return memory;
  }
  throw new TypeError(
    `Cannot use option "memory": it must have the methods readRelays and writeRelays, ` +
      `got ${memory}`,
  );
}
