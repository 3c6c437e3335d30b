/**
 * Plans requests: looks up what is known of their subjects, plans, and reports the plan.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { BoundedSet } from "./base/bounded_set.ts";
import type { Hint } from "./hints/hint.ts";
import { addAttached, givenRelays } from "./hints/merge_hints.ts";
import { hintsOf } from "./hints/with_hints.ts";
import { checkFilters } from "./nostr/check_filters.ts";
import { RoutingError } from "./nostr/errors.ts";
import {
  exactFilters,
  invalidEntry,
  invalidError,
  type InvalidValue,
} from "./nostr/exact_filters.ts";
import { isPubkey } from "./nostr/pubkeys.ts";
import type { Lookup } from "./nostr/relay_knowledge.ts";
import { type Unrouted, unroutedTexts } from "./nostr/unrouted.ts";
import type { PlanSettings } from "./plan/plan_options.ts";
import { type Planned, planRequest } from "./plan/replan.ts";
import { reqLookup, type ReqParts, reqParts, withGiven } from "./plan/req_parts.ts";
import { lookUp, type RouterSettings, type RouterSource } from "./router_options.ts";

/** What a request says besides its filters, where the host passes it on; `NPool` does not. */
export interface RouteOptions {
  /**
   * Relays that may have what the request is for. {@link withHints} attaches hints to a
   * filter instead, which works through `NPool`.
   * @default []
   */
  readonly hints?: readonly Hint[];
  /** Ends the wait for relay lists that are missing. @default none */
  readonly signal?: AbortSignal;
}

/** What an outbox adds to a planner. */
export interface ReqPlannerOptions {
  /** Whether a request reaches back so far that it is planned as a deep one. */
  readonly isDeep?: (filters: readonly NostrFilter[]) => boolean;
  /** Settings as of this moment: what they are may change while the planner lives. */
  readonly adapt?: (settings: PlanSettings) => PlanSettings;
}

/** Most invalid values that are remembered, so that each is reported once. */
const MAX_REPORTED_VALUES = 1_000;

/** See the module. */
export class ReqPlanner {
  readonly #source: RouterSource;
  readonly #settings: RouterSettings;
  readonly #isDeep: (filters: readonly NostrFilter[]) => boolean;
  readonly #adapt: (settings: PlanSettings) => PlanSettings;
  readonly #reported = new BoundedSet(MAX_REPORTED_VALUES);

  /** Takes a source and settings that were checked. */
  constructor(
    source: RouterSource,
    settings: RouterSettings,
    { isDeep = () => false, adapt = (settings) => settings }: ReqPlannerOptions = {},
  ) {
    this.#source = source;
    this.#settings = settings;
    this.#isDeep = isDeep;
    this.#adapt = adapt;
  }

  /** Plans by another source, and reports nothing. Throws for what is no filter, as `route` does. */
  async plan(filters: readonly NostrFilter[], source = this.#source): Promise<Planned> {
    checkFilters(filters);
    return (await this.#plan(filters, {}, source)).planned;
  }

  /**
   * Plans, and calls `onReqPlan`. Invalid values are left out, and `onError` is called once for
   * each of them.
   *
   * @throws {RoutingError} If the request cannot be sent anywhere.
   * @throws {TypeError} If a value in a filter has the wrong type, or no event can match for
   * invalid values.
   * @throws {RangeError} If a number in a filter is out of its range.
   * @throws The signal's reason, if it is aborted.
   */
  async route(filters: readonly NostrFilter[], opts: RouteOptions = {}): Promise<Planned> {
    const { onError, onReqPlan } = this.#settings;
    try {
      checkFilters(filters);
    } catch (fault) {
      // `pool.query()` passes no error on.
      onError(fault as Error);
      throw fault;
    }
    const { planned, invalid, error } = await this.#plan(filters, opts, this.#source);
    const { plan } = planned;
    onReqPlan?.(plan);
    const lost = plan.unrouted.filter(couldMatch);
    if (plan.routes.size === 0 && lost.length > 0) {
      const message = `Cannot send a request anywhere: ${unroutedTexts(lost).join(", ")}`;
      const nowhere = new RoutingError(message, plan.unrouted, error && { cause: error });
      if (error === undefined) onError(nowhere);
      throw nowhere;
    }
    if (plan.routes.size === 0 && invalid.length > 0) {
      const wrong = invalidError("send a request", invalid);
      onError(wrong);
      throw wrong;
    }
    const news = invalid.filter(({ key, value }) => this.#reported.add(`${key} ${value}`));
    if (news.length > 0) onError(invalidError("request some of what a filter names", news));
    return planned;
  }

  async #plan(given: readonly NostrFilter[], opts: RouteOptions, source: RouterSource) {
    const { filters, invalid } = exactFilters(given);
    const hints = [...hintsOf(given), ...opts.hints ?? []];
    const relays = givenRelays(hints);
    const named = withInvalid(reqParts(filters), invalid);
    const parts = relays.size === 0 ? named : withGiven(named, (key) => relays.has(key));
    const lookup = lookupFor(parts, hints);
    const { knowledge, error } = await lookUp(source, lookup, this.#settings, opts.signal);
    const all = addAttached(knowledge, hints);
    const settings = this.#adapt(this.#settings.plan);
    const planned = planRequest(parts, all, settings, this.#isDeep(filters));
    return { planned, invalid, error };
  }
}

/** Adds invalid values to what goes nowhere, in place of the filters that they emptied. */
function withInvalid(parts: ReqParts, invalid: readonly InvalidValue[]): ReqParts {
  if (invalid.length === 0) return parts;
  const concerned = new Set<number | undefined>(invalid.map(({ filter }) => filter));
  const others = parts.unrouted.filter(({ filter }) => !concerned.has(filter));
  return { ...parts, unrouted: [...others, ...invalid.map(invalidEntry)] };
}

/** What a plan needs to know: also about the authors whom hints name. */
function lookupFor(parts: ReqParts, hints: readonly Hint[]): Lookup {
  const lookup = reqLookup(parts);
  const named = hints.filter(({ author }) => isPubkey(author));
  if (named.length === 0) return lookup;
  const people = [...new Set([...lookup.people, ...named.map(({ author }) => author!)])];
  const subjects = new Set(named.map(({ subject }) => subject));
  // Who wrote these is known: nobody need look for the events.
  const threads = lookup.threads?.filter((key) => !subjects.has(key)) ?? [];
  return { ...lookup, people, ...lookup.threads && { threads } };
}

/** Whether events may be missing, as opposed to a filter that no event can match. */
function couldMatch({ reason }: Unrouted): boolean {
  return reason !== "matches-nothing" && reason !== "invalid-pubkey" && reason !== "invalid-id";
}
