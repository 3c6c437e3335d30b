/**
 * The options of an outbox.
 *
 * @module
 */

import type { NostrEvent, NStore } from "@nostrify/types";
import type { OptionNames } from "./base/check_option.ts";
import type { Clock } from "./base/clock.ts";
import type { RecordStore } from "./base/record_store.ts";
import type { OpenRelay } from "./connections/open_relay.ts";
import type { DiscoveryProgress } from "./discovery/discovery_progress.ts";
import type { UserSigner } from "./lists/user_lists.ts";
import type { AuthOption } from "./nostr/sign_in.ts";
import type { RelayFailureError } from "./nostr/errors.ts";
import { ROUTER_OPTIONS, type RouterOptions } from "./router_options.ts";

/**
 * The options of {@link createOutbox}. Most apps set `store` and `fallbackRelays`, and `user`
 * if they have one; every default was measured.
 */
export interface OutboxOptions extends RouterOptions {
  /**
   * The database of relay lists: any event store, or a {@link RelayListStore} if you set its
   * options yourself. Set it unless the process is short-lived.
   * @default a store in memory, gone with the process
   */
  readonly store?: NStore;
  /**
   * Keeps what is learned over restarts: what relays are worth, which lists were searched
   * for, and hints. Set it if the lists are in a database that cannot keep records.
   * @default `store`, if it can, as the databases of this library can; otherwise memory
   */
  readonly records?: RecordStore;
  /**
   * How many milliseconds a request waits for a database that does not answer: an integer of
   * at least 1. It is then routed by what is in memory, by hints, indexers and fallback
   * relays; `onError` is called once, and later requests do not wait until the database
   * answers again. It counts for `records`, too; a {@link RelayListStore} has its own. Raise
   * it if other programs lock the database for longer.
   * @default 5_000
   */
  readonly storeTimeout?: number;
  /**
   * The pubkey of the app's user: 64 lowercase hex characters. The outbox searches for the
   * user's own lists and follows them: it never connects to relays that the user blocks
   * (kind 10006), sends searches to the user's search relays (10007), messages of a group to
   * its host (10009) and drafts to the user's private relays (10013), and it uses the user's
   * indexers (10086) besides those of the app. Leave it out on a
   * server or in a bot that acts for many.
   * @default no user
   */
  readonly user?: string;
  /**
   * Signs in to relays as the user, if it has `signEvent` and `auth` allows it, and decrypts the
   * private entries of the user's own lists: those of kinds 10006 and 10007,
   * and all of kind 10013. Any Nostrify signer will do. One that fails, or is not ready, is
   * asked again: after 5 seconds, and then less and less often, down to every ten minutes. Needs
   * `user`.
   * @default none: only public entries count, and drafts cannot be sent
   */
  readonly signer?: UserSigner;
  /**
   * Where to sign in (NIP-42), once a relay has refused something with `auth-required`, or said
   * `auth` in its EOSE; a challenge alone is never answered, and a relay that the user blocks
   * never is.
   *
   * - `"own"`: as the user, at the relays of the user's own lists (kinds 10002, 10050, 10013,
   *   10009, 10089), to read what is the user's and to publish; and where people whom the user
   *   follows or has answered want their messages (kind 10050), to deliver gift wraps. It needs a
   *   `signer` with `signEvent`.
   * - `"throwaway"`: the same, and elsewhere with a key of its own for each relay, which is made
   *   for that and never kept: for posts that nobody reads without a sign-in.
   * - `"never"`: nowhere.
   * - A function that is asked at most once for each relay and purpose until the user changes. If
   *   it returns `true`, the user signs in. A request waits ten seconds for it; the answer counts
   *   later, too. What it throws counts as `false`, and calls `onError`.
   *
   * What is read without a name and what is read as the user never share a connection.
   * @default "own"
   */
  readonly auth?: AuthOption;
  /**
   * How long an event, and the EOSE of a request, wait for missing relay lists, in milliseconds:
   * an integer of at least 0; 0 does not wait. After that they are routed by what is known, and an
   * open request follows what is found later. Requests for people's events are sent before, to
   * relays that are known and to fallback relays.
   * @default 3_000
   */
  readonly discoveryTimeout?: number;
  /**
   * How old a relay list may get before the outbox searches for a newer one, in
   * milliseconds: an integer of at least 1. No request waits for that search.
   * @default 21_600_000 (six hours)
   */
  readonly refreshAfter?: number;
  /**
   * How long "has no list" is believed after a search, in milliseconds: an integer of at
   * least 1.
   * @default 3_600_000 (one hour)
   */
  readonly missingTtl?: number;
  /**
   * Called with the progress of the search for relay lists: ten times a second at most, and
   * when it ends.
   * @default none
   */
  readonly onProgress?: (progress: DiscoveryProgress) => void;
  /**
   * Opens a relay. Set it for a relay class of your own. Pass the second argument on, and the
   * outbox sees failures at once instead of at a deadline:
   * `(url, options) => new NRelay1(url, options)`. If you give an `NRelay1` an `auth`, that
   * answers every challenge of every relay, whatever the option `auth` of the outbox says.
   * @default a WebSocket that reads every message of a relay
   */
  readonly open?: OpenRelay;
  /**
   * When a request is done whatever its relays still do, in milliseconds: an integer of at
   * least 1. Time in which the program is behind with verifying does not count, up to ten times
   * as long in all. A deep request (see `deepAfter`) has four times as long. Lower it if you
   * would rather show less at once.
   * @default 30_000
   */
  readonly timeout?: number;
  /**
   * How long to wait for more relays once enough of them have answered for everyone, in
   * milliseconds: an integer of at least 0; 0 returns fastest.
   * @default 100
   */
  readonly stragglerTimeout?: number;
  /**
   * Most relays that are being connected at once: an integer of at least 1. The most
   * valuable relays are connected first. Lower it on mobile networks.
   * @default 10
   */
  readonly maxConnecting?: number;
  /**
   * When an unused connection is closed, in milliseconds: an integer of at least 1. Raise it
   * if the app repeats its requests every minute.
   * @default 30_000
   */
  readonly idleTimeout?: number;
  /**
   * Most pages to request beyond the first where a relay cut short its answer to a filter
   * with `since` and without `limit`: an integer of at least 0. Set 0 if the newest few
   * hundred events of each author are enough.
   * @default 100
   */
  readonly maxPages?: number;
  /**
   * How many days a filter without a `limit` must reach back (`since`) to make its request
   * a deep one: an integer of at least 1. Authors change relays, and relays cut long answers
   * short. So a deep request goes to two more relays of each author, in filters of a third
   * of `authorsPerFilter`, up to four times `maxFiltersPerRelay` of them, and may take four
   * times `timeout`.
   * @default 30
   */
  readonly deepAfter?: number;
  /**
   * How many days a published event is tried at relays that have not taken it: an integer of at
   * least 0; with 0 each relay is offered it once. Lower it if what you publish is of use only for
   * a while.
   * @default 7
   */
  readonly publishFor?: number;
  /**
   * Whether the choice of relays takes into account how much each has delivered. Set
   * `false` for plans that depend on health alone.
   * @default true
   */
  readonly learning?: boolean;
  /**
   * Whether to fetch the limits of relays (NIP-11) over HTTP, once a week. Set `false` where
   * relays cannot be reached over HTTP.
   * @default true
   */
  readonly relayInfo?: boolean;
  /**
   * Pubkeys of relay monitors (NIP-66), each 64 lowercase hex characters. Their reports
   * count a little where nothing better is known of a relay; fewer than two monitors have no
   * effect.
   * @default []
   */
  readonly monitors?: readonly string[];
  /**
   * Verifies the id and signature of events that relays send, at once or later, once for each
   * event. Set it if you have a faster way, or do not want the default.
   * @default nostr-tools while events are few; where some hundred wait, workers, if the runtime has
   * any and lets them start
   */
  readonly verifyEvent?: (event: NostrEvent) => boolean | Promise<boolean>;
  /**
   * Starts a worker in which signatures are verified. Set it in a bundle, which leaves the file of
   * the worker out:
   * `() => new Worker(new URL("./verify_worker.ts", import.meta.url), { type: "module" })`, where
   * that file of the app is `import "@npool/outbox/verify_worker"`.
   * @default a worker from the file of this package, or from `verify_worker.js` beside the bundle
   */
  readonly verifyWorker?: () => Worker;
  /**
   * Fetches the information documents of relays (NIP-11) and NIP-05 documents. Set it to go
   * through a proxy.
   * @default fetch
   */
  readonly fetch?: typeof fetch;
  /**
   * Called for each failure of a relay, which requests pass over. Set it to keep logs.
   * @default none
   */
  readonly onRelayError?: (error: RelayFailureError) => void;
  /** Tells the time and sets timers. Set it in tests. @default the machine's clock */
  readonly clock?: Clock;
  /**
   * Returns random numbers in [0, 1), for instance to vary the pauses between retries. Set
   * it in tests.
   * @default Math.random
   */
  readonly random?: () => number;
}

/** The names of all options of an outbox. */
export const OUTBOX_OPTIONS: OptionNames<OutboxOptions> = {
  ...ROUTER_OPTIONS,
  store: true,
  storeTimeout: true,
  records: true,
  user: true,
  signer: true,
  auth: true,
  discoveryTimeout: true,
  refreshAfter: true,
  missingTtl: true,
  onProgress: true,
  open: true,
  timeout: true,
  stragglerTimeout: true,
  maxConnecting: true,
  idleTimeout: true,
  maxPages: true,
  deepAfter: true,
  publishFor: true,
  learning: true,
  relayInfo: true,
  monitors: true,
  verifyEvent: true,
  verifyWorker: true,
  fetch: true,
  onRelayError: true,
  clock: true,
  random: true,
};
