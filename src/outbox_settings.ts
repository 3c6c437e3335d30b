/**
 * Checks the options of an outbox, once, and fills in the defaults.
 *
 * @module
 */

import { boundedRecords } from "./base/bounded_records.ts";
import {
  checkBoolean,
  checkFunction,
  checkNames,
  checkOption,
  integer,
  type OptionNames,
  pickOptions,
  show,
} from "./base/check_option.ts";
import { CircuitBreaker } from "./base/circuit_breaker.ts";
import { type Clock, systemClock } from "./base/clock.ts";
import { PolledRecords } from "./base/polled_records.ts";
import type { RecordStore } from "./base/record_store.ts";
import { Workload } from "./base/workload.ts";
import type { OpenRelay } from "./connections/open_relay.ts";
import { isFlooded, RelaySocket } from "./connections/relay_socket.ts";
import type { DiscoveryProgress } from "./discovery/discovery_progress.ts";
import { LateMemoryStore } from "./lists/late_memory_store.ts";
import { RelayListStore } from "./lists/relay_list_store.ts";
import { STORE_TIMEOUT_MS } from "./lists/relay_list_store_options.ts";
import type { UserSigner } from "./lists/user_lists.ts";
import type { AuthOption } from "./nostr/sign_in.ts";
import { RelayFailureError } from "./nostr/errors.ts";
import { isPubkey } from "./nostr/pubkeys.ts";
import type { RelayUrlPolicy } from "./nostr/relay_policy.ts";
import type { VerifyEvent } from "./nostr/verification_cache.ts";
import type { Outbox } from "./outbox.ts";
import { OUTBOX_OPTIONS, type OutboxOptions } from "./outbox_options.ts";
import {
  PLAN_OPTIONS,
  type PlanOptions,
  type PlanSettings,
  planSettings,
} from "./plan/plan_options.ts";
import {
  ROUTER_OPTIONS,
  type RouterOptions,
  type RouterSettings,
  routerSettings,
} from "./router_options.ts";
import { useVerifier, type VerifierUse } from "./signatures/default_verifier.ts";

/** Options, checked once, with every default filled in. */
export interface OutboxSettings {
  /** What most parts of an outbox need. */
  readonly shared: SharedSettings;
  readonly router: RouterSettings;
  /** The app's own weight of a relay, as it is: a plan checks the number, see `router.plan`. */
  readonly weight: (url: string) => number;
  readonly store: RelayListStore;
  readonly storeTimeout: number;
  /** Where records are kept; {@link PolledRecords} if other processes use them, too. */
  readonly records?: RecordStore;
  /** The same without news of other processes. */
  readonly ownRecords?: RecordStore;
  readonly user?: string;
  readonly signer?: UserSigner;
  readonly auth: AuthOption;
  readonly discoveryTimeout: number;
  readonly refreshAfter: number;
  readonly missingTtl: number;
  readonly onProgress?: (progress: DiscoveryProgress) => void;
  readonly open: OpenRelay;
  readonly timeout: number;
  readonly stragglerTimeout: number;
  readonly maxConnecting: number;
  readonly idleTimeout: number;
  readonly maxPages: number;
  readonly deepAfter: number;
  readonly publishFor: number;
  readonly learning: boolean;
  readonly relayInfo: boolean;
  readonly monitors: readonly string[];
  /** One for all who verify: an event that a relay sent is not verified again to be stored. */
  readonly verifier: VerifierUse;
  /** What the program does with what relays send. */
  readonly workload: Workload;
  readonly fetch: typeof fetch;
  readonly onRelayError: (error: RelayFailureError) => void;
  /** The policy as it is, for what is fetched over HTTP. */
  readonly policy?: RelayUrlPolicy;
}

/** Time, randomness, and where errors go. */
export interface SharedSettings {
  readonly clock: Clock;
  readonly random: () => number;
  /** Reports an error: the failure of a relay to `onRelayError`, any other to `onError`. */
  readonly onError: (error: Error) => void;
}

/** Most events that an outbox without a `store` keeps in memory. */
const MAX_EVENTS_IN_MEMORY = 20_000;

/**
 * Checks options and fills in the defaults.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If there is no option of a name, or one has the wrong type or names a
 * relay that the policy refuses.
 */
export function outboxSettings(options: OutboxOptions): OutboxSettings {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot create an outbox: the options must be an object, got ${options}`);
  }
  checkNames(options, OUTBOX_OPTIONS);
  for (const name of FUNCTIONS) checkFunction(name, options[name]);
  for (const name of ["learning", "relayInfo"] as const) checkBoolean(name, options[name]);
  const { user, signer } = checkUser(options);
  const { random = Math.random, onRelayError = () => {} } = options;
  const clock = checkClock(options.clock);
  const router = routerSettings(pickOptions<RouterOptions>(options, ROUTER_OPTIONS));
  const storeTimeout = integer("storeTimeout", options.storeTimeout, STORE_TIMEOUT_MS, 1);
  // Verifying signatures takes most of the time that the program spends on what relays send.
  const workload = new Workload(clock);
  const used = useVerifier(options, isFlooded);
  const verifier = { ...used, verify: workload.measured(used.verify) };
  const store = listStore(options, clock, verifier.verify, storeTimeout);
  const shared = { clock, random, onError: sortingErrors(router.onError, onRelayError) };
  const ownRecords = recordStore(options.records, clock, storeTimeout) ?? store.records;
  return {
    shared,
    router,
    weight: options.weight ?? (() => 1),
    store,
    storeTimeout,
    records: ownRecords?.shared
      ? new PolledRecords(ownRecords, ownRecords.shared, shared)
      : ownRecords,
    ownRecords,
    user,
    signer,
    auth: checkAuth(options.auth),
    discoveryTimeout: integer("discoveryTimeout", options.discoveryTimeout, 3_000, 0),
    refreshAfter: integer("refreshAfter", options.refreshAfter, 21_600_000, 1),
    missingTtl: integer("missingTtl", options.missingTtl, 3_600_000, 1),
    onProgress: options.onProgress,
    open: options.open ?? ((url, hooks) => new RelaySocket(url, hooks)),
    timeout: integer("timeout", options.timeout, 30_000, 1),
    stragglerTimeout: integer("stragglerTimeout", options.stragglerTimeout, 100, 0),
    maxConnecting: integer("maxConnecting", options.maxConnecting, 10, 1),
    idleTimeout: integer("idleTimeout", options.idleTimeout, 30_000, 1),
    maxPages: integer("maxPages", options.maxPages, 100, 0),
    deepAfter: integer("deepAfter", options.deepAfter, 30, 1),
    publishFor: integer("publishFor", options.publishFor, 7, 0),
    learning: options.learning ?? true,
    relayInfo: options.relayInfo ?? true,
    monitors: checkMonitors(options.monitors),
    verifier,
    workload,
    fetch: options.fetch ?? ((...args) => fetch(...args)),
    onRelayError,
    policy: options.policy,
  };
}

/** The settings that can change while an outbox is open. */
export interface CurrentSettings {
  readonly user?: string;
  readonly signer?: UserSigner;
  readonly plan: PlanSettings;
}

/** The options that can change while an outbox is open. */
type ChangeableOptions = Parameters<Outbox["use"]>[0];

const CHANGEABLE_OPTIONS: OptionNames<ChangeableOptions> = {
  user: true,
  signer: true,
  fallbackRelays: true,
  searchRelays: true,
  maxRelays: true,
  relaysPerAuthor: true,
  popularRelays: true,
  authorsPerFilter: true,
  maxFiltersPerRelay: true,
  maxInboxes: true,
};

/** Options with changes, to be changed again. */
export interface ChangedOptions {
  readonly options: OutboxOptions;
  readonly settings: CurrentSettings;
}

/**
 * Checks changes of options as the options themselves are checked. A change that is `undefined`
 * brings the default back. Another user has no signer unless the changes have one.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If an option cannot change, has the wrong type, or names a relay that the
 * policy refuses.
 */
export function changedOptions(options: OutboxOptions, changes: ChangeableOptions): ChangedOptions {
  if (typeof changes !== "object" || changes === null) {
    throw new TypeError(`Cannot change options: they must be an object, got ${show(changes)}`);
  }
  for (const name of Object.keys(changes)) {
    if (Object.hasOwn(CHANGEABLE_OPTIONS, name) || !Object.hasOwn(OUTBOX_OPTIONS, name)) continue;
    throw new TypeError(
      `Cannot change option "${name}" of an outbox that is open: create another outbox`,
    );
  }
  checkNames(changes, CHANGEABLE_OPTIONS);
  const changed = { ...options, ...changes };
  const isOther = changed.user !== options.user;
  if (isOther && !("signer" in changes)) changed.signer = undefined;
  const plan = planSettings(pickOptions<PlanOptions>(changed, PLAN_OPTIONS));
  return { options: changed, settings: { ...checkUser(changed), plan } };
}

/** Relays fail every day, so an error that one of them caused is not the app's concern. */
function sortingErrors(
  onError: (error: Error) => void,
  onRelayError: (error: RelayFailureError) => void,
): (error: Error) => void {
  return (error) => {
    const failure = [error, error.cause].find((cause) => cause instanceof RelayFailureError);
    if (failure) onRelayError(failure);
    else onError(error);
  };
}

const FUNCTIONS = [
  "open",
  "verifyEvent",
  "verifyWorker",
  "fetch",
  "onRelayError",
  "onProgress",
  "random",
  "weight",
] as const;

const AUTH_NAMES: readonly unknown[] = ["never", "own", "throwaway"];

function checkAuth(auth: AuthOption = "own"): AuthOption {
  const isRight = typeof auth === "function" || AUTH_NAMES.includes(auth);
  checkOption("auth", isRight, `be ${AUTH_NAMES.map(show).join(", ")} or a function`, auth);
  return auth;
}

function checkClock(clock: Clock = systemClock): Clock {
  checkMethods("clock", clock, ["now", "after"]);
  return clock;
}

function checkMonitors(monitors: readonly string[] = []): readonly string[] {
  const wrong = Array.isArray(monitors) ? monitors.filter((value) => !isPubkey(value)) : [monitors];
  checkOption(
    "monitors",
    wrong.length === 0,
    "be an array of pubkeys (64 lowercase hex)",
    wrong[0],
  );
  return [...monitors];
}

function checkUser({ user, signer }: OutboxOptions): Pick<OutboxOptions, "user" | "signer"> {
  const isUser = user === undefined || isPubkey(user);
  checkOption("user", isUser, "be a pubkey (64 lowercase hex)", user);
  const isSigner = signer === undefined || typeof signer === "object" && signer !== null;
  checkOption("signer", isSigner, "be an object", signer);
  if (signer && !user) {
    throw new TypeError(`Cannot use option "signer": it needs option "user", whose lists it reads`);
  }
  return { user, signer };
}

function listStore(
  { store }: OutboxOptions,
  clock: Clock,
  verifyEvent: VerifyEvent,
  storeTimeout: number,
): RelayListStore {
  if (store instanceof RelayListStore) return store;
  if (store !== undefined) checkMethods("store", store, ["event", "query"]);
  const now = () => clock.now();
  return new RelayListStore(store ?? new LateMemoryStore({ max: MAX_EVENTS_IN_MEMORY, now }), {
    verifyEvent,
    storeTimeout,
    now,
    after: (ms, run) => clock.after(ms, run),
  });
}

function recordStore(
  records: OutboxOptions["records"],
  clock: Clock,
  timeout: number,
): RecordStore | undefined {
  if (records === undefined) return undefined;
  checkMethods("records", records, ["readRecords", "writeRecords"]);
  return boundedRecords(records, new CircuitBreaker({ clock, timeout }));
}

function checkMethods<T>(name: string, value: T, methods: readonly (keyof T & string)[]): void {
  const isRight = methods.every((method) => typeof value?.[method] === "function");
  checkOption(name, isRight, `have the methods ${methods.join(" and ")}`, value);
}
