/**
 * What an app can set, with the defaults, checked once at construction.
 *
 * @module
 */

import { checkFunction, integer, show } from "../base/check_option.ts";
import { rememberedCheck } from "../nostr/relay_url.ts";
import type { RelayUrlCheck } from "../nostr/relay_url.ts";
import type { RelayUrlPolicy } from "../nostr/types.ts";
import { INDEXERS } from "./default_indexers.ts";

/** How relays are chosen and filters are cut. */
export interface PlanOptions {
  /**
   * Relays for whoever has no usable list, whom the cap leaves out, and for
   * filters that name nobody. 20 to 44 % of the people one follows have no list,
   * so an app wants one to three big public relays here.
   * @default []
   */
  readonly fallbackRelays?: readonly string[];
  /**
   * Relays that collect relay lists and profiles: these are published and looked for
   * there, too.
   * @default the public ones of `src/indexers.ts`, as far as the policy allows them
   */
  readonly indexerRelays?: readonly string[];
  /**
   * Relays that can search (NIP-50): filters with `search` go there.
   * @default the fallback relays
   */
  readonly searchRelays?: readonly string[];
  /**
   * Most relays one request opens, fallbacks included; an integer >= 1.
   * @default 20
   */
  readonly maxRelays?: number;
  /**
   * On how many of their relays each author is asked for; an integer >= 1. One
   * saves traffic, two survives a dead relay.
   * @default 2
   */
  readonly relaysPerAuthor?: number;
  /**
   * Most authors in one filter without a `limit`; an integer >= 1. Relays answer
   * a filter with a few hundred events and call it complete, so smaller filters
   * find more.
   * @default 10
   */
  readonly authorsPerFilter?: number;
  /**
   * Most filters one relay is sent; an integer >= 1. Where more would be needed,
   * `authorsPerFilter` grows. Many relays refuse a request with over 200.
   * @default 100
   */
  readonly maxFiltersPerRelay?: number;
  /**
   * Most inbox relays a published event is sent to besides the author's own; an
   * integer >= 0. NIP-65 asks for all of every tagged user's.
   * @default 20
   */
  readonly maxInboxes?: number;
  /** Which relays may be connected to. Everything non-public is closed by default. */
  readonly policy?: RelayUrlPolicy;
  /**
   * How much a relay is worth, by its normal form: 1 is an ordinary relay, 0 is
   * never chosen; a finite number >= 0. Health and learning plug in here. Must
   * answer the same within one plan.
   * @default () => 1
   */
  readonly weight?: (url: string) => number;
}

/** What the planners work with: options in which nothing is missing or wrong. */
export interface PlanSettings {
  readonly fallbackRelays: readonly string[];
  readonly indexerRelays: readonly string[];
  /** Where none is named, the fallback relays take their place. */
  readonly searchRelays: readonly string[];
  readonly maxRelays: number;
  readonly relaysPerAuthor: number;
  readonly authorsPerFilter: number;
  readonly maxFiltersPerRelay: number;
  readonly maxInboxes: number;
  /**
   * The policy, with a memory. `use` is "group" where the relay is the host of a group
   * (NIP-29), which the user's block list may let pass.
   */
  readonly check: (url: string, use?: "group") => RelayUrlCheck;
  /** The weight of a relay, known to be a finite number >= 0. */
  readonly weight: (url: string) => number;
}

/**
 * Checks options and fills in the defaults. Done once for one object of options,
 * which therefore must not change afterwards.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If an option has the wrong type, or names a relay that the
 * policy refuses.
 */
export function planSettings(options: PlanOptions = DEFAULTS): PlanSettings {
  const known = settings.get(options);
  if (known) return known;

  const { policy = DEFAULT_POLICY } = options;
  checkPolicy(policy);
  const check = rememberedCheck(policy);
  const checked: PlanSettings = {
    fallbackRelays: relays("fallbackRelays", options.fallbackRelays, check),
    indexerRelays: relays(
      "indexerRelays",
      options.indexerRelays ?? INDEXERS.filter((url) => check(url).url !== undefined),
      check,
    ),
    searchRelays: relays("searchRelays", options.searchRelays, check),
    maxRelays: integer("maxRelays", options.maxRelays, 20, 1),
    relaysPerAuthor: integer("relaysPerAuthor", options.relaysPerAuthor, 2, 1),
    authorsPerFilter: integer("authorsPerFilter", options.authorsPerFilter, 10, 1),
    maxFiltersPerRelay: integer("maxFiltersPerRelay", options.maxFiltersPerRelay, 100, 1),
    maxInboxes: integer("maxInboxes", options.maxInboxes, 20, 0),
    check,
    weight: checkedWeight(options.weight),
  };
  settings.set(options, checked);
  return checked;
}

const DEFAULTS: PlanOptions = {};
const DEFAULT_POLICY: RelayUrlPolicy = {};
const settings = new WeakMap<PlanOptions, PlanSettings>();

function relays(
  name: string,
  urls: readonly string[] = [],
  check: PlanSettings["check"],
): readonly string[] {
  if (!Array.isArray(urls)) {
    throw new TypeError(`Cannot use option "${name}": it must be an array, got ${show(urls)}`);
  }
  const normal = urls.map((value) => {
    const { url, reason } = check(value);
    if (url !== undefined) return url;
    throw new TypeError(
      `Cannot use option "${name}": ${show(value)} is refused (${reason})`,
    );
  });
  return [...new Set(normal)];
}

function checkPolicy(policy: RelayUrlPolicy): void {
  if (typeof policy !== "object" || policy === null) {
    throw new TypeError(`Cannot use option "policy": it must be an object, got ${show(policy)}`);
  }
  for (const name of ["allowLocal", "allowInsecure", "allowOnion"] as const) {
    if (!["boolean", "undefined"].includes(typeof policy[name])) {
      throw new TypeError(
        `Cannot use option "policy.${name}": it must be a boolean, got ${show(policy[name])}`,
      );
    }
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
