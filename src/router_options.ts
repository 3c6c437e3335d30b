/**
 * What the routers can be set to beyond what the planners can.
 *
 * @module
 */

import { checkFunction } from "./base/check_option.ts";
import { addDmLists } from "./hints/merge_hints.ts";
import { DM_LIST_KIND } from "./nostr/kinds.ts";
import type { KnowledgeSource, Lookup, RelayKnowledge, RelayListSource } from "./nostr/types.ts";
import type { EventPlan } from "./plan/event_plan.ts";
import type { PlanOptions } from "./plan/plan_options.ts";
import type { ReqPlan } from "./plan/plan_req.ts";

/** The options of {@link createReqRouter} and {@link createEventRouter}; one object serves both. */
export interface RouterOptions extends PlanOptions {
  /**
   * Told when relay lists could not be looked up; the request or event is routed
   * all the same, by the fallback relays. Told, too, when a request can be sent
   * nowhere: `NPool.query` would answer it with `[]`, and nobody would know.
   * @default a warning on the console
   */
  readonly onError?: (error: Error) => void;
  /** Told of each request's plan: who is asked for where, and what nobody is asked for. */
  readonly onReqPlan?: (plan: ReqPlan) => void;
  /** Told of each event's plan: where it goes and whom it does not reach. */
  readonly onEventPlan?: (plan: EventPlan) => void;
}

/** Options of one's own, which the caller cannot change, with what reports errors. */
export type CheckedRouterOptions = RouterOptions & Required<Pick<RouterOptions, "onError">>;

/** Where a router gets what it has to know from; a {@link RelayListStore} is enough. */
export type RouterSource = RelayListSource | KnowledgeSource;

/**
 * Checks what a router is made of.
 *
 * @throws {TypeError} If the source has neither `get` nor `lookUp`, or an option is no
 * function.
 */
export function routerOptions(
  source: RouterSource,
  options: RouterOptions,
): CheckedRouterOptions {
  const { get, lookUp } = Object(source);
  if (typeof get !== "function" && typeof lookUp !== "function") {
    throw new TypeError(
      `Cannot route: the first argument must be a RelayListStore, got ${source}`,
    );
  }
  for (const name of ["onError", "onReqPlan", "onEventPlan"] as const) {
    checkFunction(name, options[name]);
  }
  return { ...options, onError: options.onError ?? ((error) => console.warn(error)) };
}

/** What was looked up, and the error if it could not be. */
export interface LookUp {
  readonly known: ReadonlyMap<string, RelayKnowledge>;
  readonly error?: Error;
}

/**
 * Looks up what a router has to know; a failure is told to `onError` once, and nothing is
 * known then.
 *
 * @throws The signal's reason, if it is aborted.
 */
export async function lookUp(
  source: RouterSource,
  wishes: Lookup,
  { onError }: CheckedRouterOptions,
  signal?: AbortSignal,
): Promise<LookUp> {
  try {
    return {
      known: "lookUp" in source
        ? await source.lookUp(wishes, { signal })
        : await listsOf(source, wishes, signal),
    };
  } catch (cause) {
    signal?.throwIfAborted();
    const count = new Set([...wishes.people, ...wishes.dm]).size;
    const error = new Error(
      `Cannot look up the relay lists of ${count} people, using fallback relays`,
      { cause },
    );
    onError(error);
    return { known: new Map(), error };
  }
}

/** What a source of lists alone knows. */
async function listsOf(
  source: RelayListSource,
  { people, dm }: Lookup,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, RelayKnowledge>> {
  const lists = await source.get(people, { signal });
  return dm.length > 0
    ? addDmLists(lists, await source.get(dm, { signal, kind: DM_LIST_KIND }))
    : lists;
}
