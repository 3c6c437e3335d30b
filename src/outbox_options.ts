/**
 * What an outbox can be set to.
 *
 * @module
 */

import type { NostrEvent, NStore } from "@nostrify/types";
import type { Clock } from "./base/clock.ts";
import type { RecordStore } from "./base/record_store.ts";
import type { OpenRelay } from "./connections/open_relay.ts";
import type { DiscoveryProgress } from "./discovery/discovery_progress.ts";
import type { UserSigner } from "./lists/user_lists.ts";
import type { RelayFailureError } from "./nostr/errors.ts";
import type { RouterOptions } from "./router_options.ts";

/** The options of {@link createOutbox}. */
export interface OutboxOptions extends RouterOptions {
  /**
   * Where relay lists are kept: a {@link RelayListStore}, or any event store to put
   * one before.
   * @default in memory, gone with the process
   */
  readonly store?: NStore;
  /**
   * Where what is learned is kept over restarts: of relays, of lists that were asked for,
   * and hints.
   * @default beside the lists if `store` can, as a database of this library can; otherwise
   * in memory
   */
  readonly records?: RecordStore;
  /**
   * The pubkey of the app's user, where it has one: their own lists are then looked for
   * at the start and kept. Relays that they block (kind 10006) are never connected to,
   * their searches go where they want (10007), their groups (10009) to their hosts, and
   * their drafts to their private relays (10013).
   * @default nobody: a server or a bot for many
   */
  readonly user?: string;
  /**
   * Reads what the user has encrypted in their own lists: the private entries of kinds
   * 10006 and 10007, and all of kind 10013. Any Nostrify signer is one.
   * @default none: public entries alone count, and drafts go nowhere
   */
  readonly signer?: UserSigner;
  /**
   * How many milliseconds a request or an event waits for relay lists that are missing;
   * an integer >= 0. After that it is routed by what is known, and follows what is still
   * found. 0 waits for nothing.
   * @default 3_000
   */
  readonly discoveryTimeout?: number;
  /**
   * After how many milliseconds a relay list is looked for anew, behind the requests
   * that use it; an integer >= 1.
   * @default 21_600_000 (six hours)
   */
  readonly refreshAfter?: number;
  /**
   * After how many milliseconds someone who was asked for and has no list is asked for
   * again; an integer >= 1.
   * @default 3_600_000 (one hour)
   */
  readonly missingTtl?: number;
  /**
   * Told how the search for relay lists goes on, ten times a second at the most, and at its
   * end.
   */
  readonly onProgress?: (progress: DiscoveryProgress) => void;
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
  readonly stragglerTimeout?: number;
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
  /** Fetches what relays say of themselves (NIP-11), and NIP-05 documents. @default fetch */
  readonly fetch?: typeof fetch;
  /** Told of each failure of a relay, of which requests say nothing. */
  readonly onRelayError?: (error: RelayFailureError) => void;
  /** The time and the timers. @default the machine's */
  readonly clock?: Clock;
  /** Dice, in [0, 1): for pauses, and for trying relays out. @default Math.random */
  readonly random?: () => number;
}
