/**
 * What the routers can be set to beyond what the planners can.
 *
 * @module
 */

import { checkFunction, type PlanOptions } from "./options.ts";
import type { EventPlan } from "./plan_event.ts";
import type { ReqPlan } from "./plan_req.ts";
import type { RelayList, RelayListSource } from "./types.ts";

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

/**
 * Checks what a router is made of.
 *
 * @throws {TypeError} If the source has no `get`, or an option is no function.
 */
export function routerOptions(
  source: RelayListSource,
  options: RouterOptions,
): CheckedRouterOptions {
  if (typeof source?.get !== "function") {
    throw new TypeError(
      `Cannot route: the first argument must be a RelayListStore, got ${source}`,
    );
  }
  for (const name of ["onError", "onReqPlan", "onEventPlan"] as const) {
    checkFunction(name, options[name]);
  }
  return { ...options, onError: options.onError ?? ((error) => console.warn(error)) };
}

/** Looked-up lists, and the error if they could not be looked up. */
export interface LookUp {
  readonly lists: ReadonlyMap<string, RelayList>;
  readonly error?: Error;
}

/** Looks lists up; a failure is told to `onError` once, and nobody has a list then. */
export async function lookUp(
  source: RelayListSource,
  pubkeys: readonly string[],
  { onError }: CheckedRouterOptions,
): Promise<LookUp> {
  try {
    return { lists: await source.get(pubkeys) };
  } catch (cause) {
    const error = new Error(
      `Cannot look up the relay lists of ${pubkeys.length} people, using fallback relays`,
      { cause },
    );
    onError(error);
    return { lists: new Map(), error };
  }
}
