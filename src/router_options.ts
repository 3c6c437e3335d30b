/**
 * The options of both routers, checked once, and the lookup that comes before a plan.
 *
 * @module
 */

import { checkFunction, checkNames, type OptionNames, pickOptions } from "./base/check_option.ts";
import { oncePerOutage } from "./base/outage.ts";
import { addDmLists } from "./hints/merge_hints.ts";
import { knownLists, type KnownListsOptions } from "./lists/known_lists.ts";
import { DM_LIST_KIND } from "./nostr/kinds.ts";
import type {
  KnowledgeSource,
  Lookup,
  RelayKnowledge,
  RelayListSource,
} from "./nostr/relay_knowledge.ts";
import type { EventPlan } from "./plan/event_plan.ts";
import {
  PLAN_OPTIONS,
  type PlanOptions,
  type PlanSettings,
  planSettings,
} from "./plan/plan_options.ts";
import type { ReqPlan } from "./plan/plan_req.ts";

/** The options of {@link createReqRouter} and {@link createEventRouter}; one object serves both. */
export interface RouterOptions extends PlanOptions {
  /**
   * Called once when relay lists cannot be looked up; the request or event then goes to the
   * fallback relays. Also called when a request cannot be sent anywhere, because
   * `NPool.query` answers such a request with `[]`.
   * @default (error) => console.warn(error)
   */
  readonly onError?: (error: Error) => void;
  /**
   * Called with the plan of each request: which subject is requested from which relays, and
   * what is requested from none. Use it to log or to show routes. An outbox calls it again once
   * it has found relay lists that it looked for meanwhile.
   * @default none
   */
  readonly onReqPlan?: (plan: ReqPlan) => void;
  /**
   * Called with the plan of each event: its relays, why each was chosen, and which tagged
   * users it does not reach.
   * @default none
   */
  readonly onEventPlan?: (plan: EventPlan) => void;
}

/** The names of all options of a router. */
export const ROUTER_OPTIONS: OptionNames<RouterOptions> = {
  ...PLAN_OPTIONS,
  onError: true,
  onReqPlan: true,
  onEventPlan: true,
};

/** Router options, checked; later changes to the caller's object have no effect. */
export interface RouterSettings extends Pick<RouterOptions, "onReqPlan" | "onEventPlan"> {
  readonly plan: PlanSettings;
  readonly onError: (error: Error) => void;
}

/** Where a router looks up relays; a {@link RelayListStore} is enough. */
export type RouterSource = RelayListSource | KnowledgeSource;

/**
 * Checks options and fills in the defaults.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If there is no option of a name, or one has the wrong type or names a
 * relay that the policy refuses.
 */
export function routerSettings(options: RouterOptions): RouterSettings {
  checkNames(options, ROUTER_OPTIONS);
  const { onError = (error) => console.warn(error), onReqPlan, onEventPlan } = options;
  for (const [name, value] of Object.entries({ onError, onReqPlan, onEventPlan })) {
    checkFunction(name, value);
  }
  return {
    plan: planSettings(pickOptions<PlanOptions>(options, PLAN_OPTIONS)),
    onError: oncePerOutage(onError),
    onReqPlan,
    onEventPlan,
  };
}

/** Checks a router's source. @throws {TypeError} If it has neither `get` nor `lookUp`. */
export function checkSource(source: RouterSource): void {
  const { get, lookUp } = Object(source);
  if (typeof get === "function" || typeof lookUp === "function") return;
  throw new TypeError(`Cannot route: the first argument must be a RelayListStore, got ${source}`);
}

/** What a lookup found, and the error if a part of it failed. */
export interface LookupResult {
  readonly knowledge: ReadonlyMap<string, RelayKnowledge>;
  readonly error?: Error;
}

/**
 * Looks up what a plan needs. If a database fails, calls `onError` once, and finds what is
 * known without it.
 *
 * @throws The signal's reason, if it is aborted.
 */
export async function lookUp(
  source: RouterSource,
  lookup: Lookup,
  { onError }: RouterSettings,
  signal?: AbortSignal,
): Promise<LookupResult> {
  let error: Error | undefined;
  const onFailure = (cause: unknown) => {
    if (error) return;
    const count = new Set([...lookup.people, ...lookup.dm]).size;
    const message = `Cannot look up the relay lists of ${count} people, using fallback relays`;
    error = new Error(message, { cause });
    onError(error);
  };
  const opts = { signal, onFailure };
  try {
    const knowledge = "lookUp" in source
      ? await source.lookUp(lookup, opts)
      : await lookUpLists(source, lookup, opts);
    return { knowledge, error };
  } catch (cause) {
    signal?.throwIfAborted();
    onFailure(cause);
    return { knowledge: new Map(), error };
  }
}

/** Looks up the kind 10002 and kind 10050 lists in a source that has nothing else. */
async function lookUpLists(
  source: RelayListSource,
  { people, dm }: Lookup,
  opts: KnownListsOptions,
): Promise<ReadonlyMap<string, RelayKnowledge>> {
  const lists = await knownLists(source, people, opts);
  return dm.length > 0
    ? addDmLists(lists, await knownLists(source, dm, { ...opts, kind: DM_LIST_KIND }))
    : lists;
}
