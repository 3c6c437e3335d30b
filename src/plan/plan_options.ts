/**
 * The options of the planners, with their defaults, checked once at construction.
 *
 * @module
 */

import {
  checkBoolean,
  checkFunction,
  checkNames,
  checkOption,
  integer,
  type OptionNames,
  show,
} from "../base/check_option.ts";
import { refusalText, type RelayUrlPolicy } from "../nostr/relay_policy.ts";
import { rememberedCheck } from "../nostr/relay_url.ts";
import type { RelayUrlCheck } from "../nostr/relay_url.ts";
import { INDEXERS } from "./default_indexers.ts";

/** How relays are chosen and how filters are cut. */
export interface PlanOptions {
  /**
   * Relays for users who have no usable list, for users whom the cap leaves out, and for
   * filters that name no subject. Of the people one follows, 20 to 44 % have no list, so
   * every app should name one to three big public relays here.
   * @default []
   */
  readonly fallbackRelays?: readonly string[];
  /**
   * Relays that collect profiles and relay lists. Requests for these kinds go there as
   * well, and they are published there as well.
   * @default four public ones, as far as the policy allows them
   */
  readonly indexerRelays?: readonly string[];
  /**
   * Relays that can search (NIP-50). Filters with `search` go there.
   * @default the fallback relays
   */
  readonly searchRelays?: readonly string[];
  /**
   * Most relays that one request asks at a time, fallback relays included: an integer of at least
   * 1. An outbox asks another in place of one that is lost. Lower it on a phone, raise it on a
   * server.
   * @default 20
   */
  readonly maxRelays?: number;
  /**
   * How many of their relays each author is requested from: an integer of at least 1. One
   * saves traffic; two survive a dead relay. What mentions one user or two is requested from
   * one of their inboxes more, gift wraps from all relays of their recipient's list (NIP-17).
   * @default 2
   */
  readonly relaysPerAuthor?: number;
  /**
   * How many popular relays each author without a usable list is requested from, besides hinted and
   * fallback relays: an integer of at least 0. A relay is popular if a tenth of the request's
   * authors with a list name it, and ten at least; the request asks it anyway. With 0, a relay that
   * no hint and no option names learns nothing of people who do not name it.
   * @default 12
   */
  readonly popularRelays?: number;
  /**
   * Most authors in one filter without a `limit`: an integer of at least 1. Relays answer a
   * filter with a few hundred events and call that complete, so smaller filters find more.
   * @default 10
   */
  readonly authorsPerFilter?: number;
  /**
   * Most filters that one relay is sent: an integer of at least 1. If more would be needed,
   * `authorsPerFilter` grows. Many relays refuse a request with more than 200 filters.
   * @default 100
   */
  readonly maxFiltersPerRelay?: number;
  /**
   * Most inbox relays that a published event goes to besides the author's own relays: an
   * integer of at least 0. NIP-65 asks for all inbox relays of every tagged user.
   * @default 20
   */
  readonly maxInboxes?: number;
  /**
   * Which relays may be connected to.
   * @default {} (public `wss://` relays alone)
   */
  readonly policy?: RelayUrlPolicy;
  /**
   * The weight of a relay, given its URL in normal form: a finite number of at least 0. An
   * ordinary relay weighs 1; a relay of weight 0 is never chosen. Set it if you know which
   * relays are healthy. It must answer the same within one plan.
   * @default () => 1
   */
  readonly weight?: (url: string) => number;
}

/** The names of all options of a plan. */
export const PLAN_OPTIONS: OptionNames<PlanOptions> = {
  fallbackRelays: true,
  indexerRelays: true,
  searchRelays: true,
  maxRelays: true,
  relaysPerAuthor: true,
  popularRelays: true,
  authorsPerFilter: true,
  maxFiltersPerRelay: true,
  maxInboxes: true,
  policy: true,
  weight: true,
};

const POLICY_OPTIONS: OptionNames<RelayUrlPolicy> = {
  allowLocal: true,
  allowInsecure: true,
  allowOnion: true,
  allow: true,
};

/** Options in which nothing is missing or wrong: what the planners work with. */
export interface PlanSettings {
  readonly fallbackRelays: readonly string[];
  readonly indexerRelays: readonly string[];
  /** If it is empty, searches go to the fallback relays. */
  readonly searchRelays: readonly string[];
  readonly maxRelays: number;
  readonly relaysPerAuthor: number;
  readonly popularRelays: number;
  readonly authorsPerFilter: number;
  readonly maxFiltersPerRelay: number;
  readonly maxInboxes: number;
  /**
   * Whether a further indexer is asked where a write relay and an indexer have different versions:
   * then one of each is enough to begin with.
   * @default false
   */
  readonly asksAgain?: boolean;
  /**
   * The policy, with a memory. `use` is "group" for the host of a group (NIP-29), which may
   * pass although the user has blocked the relay.
   */
  readonly check: (url: string, use?: "group") => RelayUrlCheck;
  /** The weight of a relay, known to be a finite number of at least 0. */
  readonly weight: (url: string) => number;
}

/**
 * Checks options and fills in the defaults. Each object of options is checked once, so it
 * must not change afterwards.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If there is no option of a name, or one has the wrong type or names a
 * relay that the policy refuses.
 */
export function planSettings(options: PlanOptions = DEFAULT_OPTIONS): PlanSettings {
  const cached = settingsByOptions.get(options);
  if (cached) return cached;

  checkNames(options, PLAN_OPTIONS);
  const { policy = DEFAULT_POLICY } = options;
  checkPolicy(policy);
  const check = rememberedCheck(policy);
  const settings: PlanSettings = {
    fallbackRelays: checkedRelays("fallbackRelays", options.fallbackRelays, check),
    indexerRelays: checkedRelays(
      "indexerRelays",
      options.indexerRelays ?? INDEXERS.filter((url) => check(url).url !== undefined),
      check,
    ),
    searchRelays: checkedRelays("searchRelays", options.searchRelays, check),
    maxRelays: integer("maxRelays", options.maxRelays, 20, 1),
    relaysPerAuthor: integer("relaysPerAuthor", options.relaysPerAuthor, 2, 1),
    popularRelays: integer("popularRelays", options.popularRelays, 12, 0),
    authorsPerFilter: integer("authorsPerFilter", options.authorsPerFilter, 10, 1),
    maxFiltersPerRelay: integer("maxFiltersPerRelay", options.maxFiltersPerRelay, 100, 1),
    maxInboxes: integer("maxInboxes", options.maxInboxes, 20, 0),
    check,
    weight: checkedWeight(options.weight),
  };
  settingsByOptions.set(options, settings);
  return settings;
}

const DEFAULT_OPTIONS: PlanOptions = {};
const DEFAULT_POLICY: RelayUrlPolicy = {};
const settingsByOptions = new WeakMap<PlanOptions, PlanSettings>();

function checkedRelays(
  name: string,
  urls: readonly string[] = [],
  check: PlanSettings["check"],
): readonly string[] {
  checkOption(name, Array.isArray(urls), "be an array", urls);
  const normal = urls.map((value) => {
    const { url, reason } = check(value);
    if (url !== undefined) return url;
    throw new TypeError(
      `Cannot use option "${name}": ${show(value)} is ${refusalText(reason)}`,
    );
  });
  return [...new Set(normal)];
}

function checkPolicy(policy: RelayUrlPolicy): void {
  checkOption("policy", typeof policy === "object" && policy !== null, "be an object", policy);
  checkNames(policy, POLICY_OPTIONS, "policy.");
  for (const name of ["allowLocal", "allowInsecure", "allowOnion"] as const) {
    checkBoolean(`policy.${name}`, policy[name]);
  }
  checkFunction("policy.allow", policy.allow);
}

function checkedWeight(weight: PlanOptions["weight"]): PlanSettings["weight"] {
  if (weight === undefined) return () => 1;
  checkFunction("weight", weight);
  return (url) => {
    const value = weight(url);
    if (Number.isFinite(value) && value >= 0) return value;
    throw new RangeError(
      `Cannot weigh relay ${url}: "weight" must give a finite number >= 0, got ${show(value)}`,
    );
  };
}
