/**
 * Plans requests: looks up what is known of their subjects, plans, and reports the plan.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { BoundedSet } from "./base/bounded_set.ts";
import type { EarlyKnowledge } from "./discovery/knowledge.ts";
import type { Hint } from "./hints/hint.ts";
import { addAttached, givenRelays } from "./hints/merge_hints.ts";
import { hintsOf } from "./hints/attached_hints.ts";
import { checkFilters } from "./nostr/check_filters.ts";
import { RoutingError } from "./nostr/errors.ts";
import {
  exactFilters,
  invalidEntry,
  invalidError,
  type InvalidValue,
} from "./nostr/exact_filters.ts";
import { isPubkey } from "./nostr/pubkeys.ts";
import type { KnowledgeSource, Lookup, RelayKnowledge } from "./nostr/relay_knowledge.ts";
import { type Unrouted, unroutedTexts } from "./nostr/unrouted.ts";
import type { PlanSettings } from "./plan/plan_options.ts";
import { type Planned, planRequest } from "./plan/replan.ts";
import { reqLookup, type ReqParts, reqParts, withGiven } from "./plan/req_parts.ts";
import { earlyPlan } from "./requests/early_plan.ts";
import type { Found } from "./requests/live_routes.ts";
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
  /**
   * Looks up what is known at once, and what will be known later, for requests that are carried out
   * before it is. @default the source is waited for
   */
  readonly lookUpEarly?: (
    lookup: Lookup,
    opts: NonNullable<Parameters<KnowledgeSource["lookUp"]>[1]>,
  ) => Promise<EarlyKnowledge>;
  /** Settings as of this moment: what they are may change while the planner lives. */
  readonly adapt?: (settings: PlanSettings) => PlanSettings;
}

/** A request that was checked, and what is known of its subjects. */
export interface LookedUp {
  /** Its filters, without invalid values. */
  readonly filters: readonly NostrFilter[];
  readonly invalid: readonly InvalidValue[];
  readonly hints: readonly Hint[];
  readonly parts: ReqParts;
  /** What is known, without the hints. */
  readonly knowledge: ReadonlyMap<string, RelayKnowledge>;
  /** The error of a look-up of which a part failed. */
  readonly error?: Error;
  /** What is still looked for; absent if nothing is. */
  readonly search?: PendingSearch;
}

/** What a request waits for that is planned before it is known. */
export interface PendingSearch {
  /** The people whose lists are looked for. */
  readonly people: ReadonlySet<string>;
  /** All that is known in the end. Rejects with the reason of the signal alone. */
  readonly found: Promise<LookedUp>;
}

/** Most invalid values that are remembered, so that each is reported once. */
const MAX_REPORTED_VALUES = 1_000;

/** See the module. */
export class ReqPlanner {
  readonly #source: RouterSource;
  readonly #settings: RouterSettings;
  readonly #isDeep: (filters: readonly NostrFilter[]) => boolean;
  readonly #adapt: (settings: PlanSettings) => PlanSettings;
  readonly #lookUpEarly: ReqPlannerOptions["lookUpEarly"];
  readonly #reported = new BoundedSet(MAX_REPORTED_VALUES);

  /** Takes a source and settings that were checked. */
  constructor(
    source: RouterSource,
    settings: RouterSettings,
    { isDeep = () => false, adapt = (settings) => settings, lookUpEarly }: ReqPlannerOptions = {},
  ) {
    this.#lookUpEarly = lookUpEarly;
    this.#source = source;
    this.#settings = settings;
    this.#isDeep = isDeep;
    this.#adapt = adapt;
  }

  /** The relays that stand in for lists, as of this moment. */
  get fallbackRelays(): readonly string[] {
    return this.#adapt(this.#settings.plan).fallbackRelays;
  }

  /** Plans by another source, and reports nothing. Throws for what is no filter, as `route` does. */
  async plan(filters: readonly NostrFilter[], source = this.#source): Promise<Planned> {
    checkFilters(filters);
    return this.planned(await this.#lookedUp(filters, {}, source));
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
    const request = await this.lookUp(filters, opts);
    const planned = this.planned(request);
    this.report(planned, request);
    return planned;
  }

  /**
   * Checks a request, and looks up what its plan needs.
   *
   * @throws As {@link ReqPlanner.route} does for filters and signals.
   */
  async lookUp(
    filters: readonly NostrFilter[],
    opts: RouteOptions = {},
    source: RouterSource = this.#source,
  ): Promise<LookedUp> {
    try {
      checkFilters(filters);
    } catch (fault) {
      // `pool.query()` passes no error on.
      this.#settings.onError(fault as Error);
      throw fault;
    }
    return await this.#lookedUp(filters, opts, source);
  }

  /**
   * Like {@link ReqPlanner.lookUp}, but does not wait for relay lists where something can be asked
   * without them: `search` says what is still looked for.
   *
   * @throws As {@link ReqPlanner.lookUp} does.
   */
  async lookUpEarly(filters: readonly NostrFilter[], opts: RouteOptions = {}): Promise<LookedUp> {
    const early = this.#lookUpEarly;
    if (!early) return await this.lookUp(filters, opts);
    let rest: EarlyKnowledge | undefined;
    const source: KnowledgeSource = {
      async lookUp(lookup, opts) {
        rest = await early(lookup, opts ?? {});
        return rest.knowledge;
      },
    };
    const request = await this.lookUp(filters, opts, source);
    if (!rest?.pending || !rest.rest) return request;
    const whole: KnowledgeSource = { lookUp: () => rest!.rest! };
    const lookup = lookupFor(request.parts, request.hints);
    const found = lookUp(whole, lookup, this.#settings, opts.signal)
      .then(({ knowledge, error }): LookedUp => ({ ...request, knowledge, error }));
    // Whoever does not wait for it is not to hear of it.
    void Promise.allSettled([found]);
    const isOfPeople = request.parts.unscoped.length === 0 && request.hints.length === 0;
    const pending = { ...request, search: { people: rest.pending, found } };
    if (!isOfPeople || this.planned(pending).plan.routes.size === 0) return await found;
    return pending;
  }

  /**
   * The plan of a request, or of one for several, with `maxRelays` as often as `factor` says. Leaves
   * out the people whose lists are still looked for.
   */
  planned({ filters, parts, hints, knowledge, search }: LookedUp, factor = 1): Planned {
    const all = addAttached(knowledge, hints);
    const settings = this.#adapt(this.#settings.plan);
    const maxRelays = settings.maxRelays * factor;
    const planned = planRequest(parts, all, { ...settings, maxRelays }, this.#isDeep(filters));
    return search ? earlyPlan(planned, search.people) : planned;
  }

  /** Calls `onReqPlan` with the plan that a request has in the end, if it was planned before. */
  async reportFound({ search }: LookedUp): Promise<void> {
    const { onReqPlan } = this.#settings;
    if (!search || !onReqPlan) return;
    const [found] = await Promise.allSettled([search.found]);
    if (found.status === "fulfilled") onReqPlan(this.planned(found.value).plan);
  }

  /**
   * Calls `onReqPlan`, and `onError` once for each invalid value.
   *
   * @throws {RoutingError} If the request cannot be sent anywhere.
   * @throws {TypeError} If no event can match for invalid values.
   */
  report({ plan }: Pick<Planned, "plan">, { invalid, error }: LookedUp): void {
    const { onError, onReqPlan } = this.#settings;
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
  }

  async #lookedUp(
    given: readonly NostrFilter[],
    opts: RouteOptions,
    source: RouterSource,
  ): Promise<LookedUp> {
    const { filters, invalid } = exactFilters(given);
    const hints = [...hintsOf(given), ...opts.hints ?? []];
    const parts = partsOf(filters, invalid, hints);
    const lookup = lookupFor(parts, hints);
    const { knowledge, error } = await lookUp(source, lookup, this.#settings, opts.signal);
    return { filters, invalid, hints, parts, knowledge, error };
  }
}

/** What will be known of the people of a request whose lists are looked for. */
export function foundBy({ search }: LookedUp): Found | undefined {
  const found = search?.found.then(({ knowledge }) => knowledge);
  // It rejects for requests alone that are given up.
  void Promise.allSettled([found]);
  return found;
}

/** The parts of a request. */
export function partsOf(
  filters: readonly NostrFilter[],
  invalid: readonly InvalidValue[],
  hints: readonly Hint[],
): ReqParts {
  const relays = givenRelays(hints);
  const named = withInvalid(reqParts(filters), invalid);
  return relays.size === 0 ? named : withGiven(named, (key) => relays.has(key));
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
