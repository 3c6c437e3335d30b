/**
 * `NPool`'s `reqRouter` by the outbox model.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { Hint } from "./hints/hint.ts";
import { addAttached } from "./hints/merge_hints.ts";
import { hintsOf } from "./hints/with_hints.ts";
import { RoutingError } from "./nostr/errors.ts";
import { isPubkey } from "./nostr/pubkeys.ts";
import type { KnowledgeSource, Lookup, RelayListSource, Unrouted } from "./nostr/types.ts";
import { type PlanSettings, planSettings } from "./plan/plan_options.ts";
import { type Planned, planRequest } from "./plan/replan.ts";
import { reqLookup, type ReqParts, reqParts } from "./plan/req_parts.ts";
import { lookUp, type RouterOptions, routerOptions, type RouterSource } from "./router_options.ts";

/**
 * Creates the `reqRouter` of an `NPool`: looks up the relay lists of everyone
 * whom the filters name, and plans as {@link planReq} does.
 *
 * Filters that can match nothing (`authors: []`) get no relay, and a request of
 * such filters alone ends at once. A lookup that fails is told to `onError`, and
 * everyone is then asked for on the fallback relays.
 *
 * @param source A {@link RelayListStore}, or anything that has lists or knows more.
 * @param options See {@link RouterOptions}.
 * @throws {RangeError} If an option is out of its range.
 * @throws {TypeError} If an option has the wrong type.
 * @returns A router. It throws a {@link RoutingError} where a request can be sent
 * nowhere, which `pool.req()` passes on. `pool.query()` does not, so it is told to
 * `onError` as well.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createReqRouter, RelayListStore } from "@npool/outbox";
 * import { openSqlite } from "@npool/outbox/sqlite";
 *
 * await using db = await openSqlite(":memory:");
 * const reqRouter = createReqRouter(new RelayListStore(db), {
 *   fallbackRelays: ["wss://relay1.mostr.pub"],
 * });
 *
 * const routes = await reqRouter([{ kinds: [1], authors: ["aa".repeat(32)] }]);
 * assert.deepEqual([...routes.keys()], ["wss://relay1.mostr.pub/"]);
 * ```
 */
export function createReqRouter(
  source: RelayListSource | KnowledgeSource,
  options: RouterOptions = {},
): (filters: NostrFilter[], opts?: RouteOptions) => Promise<Map<string, NostrFilter[]>> {
  const { route } = reqPlanner(source, options);
  return async (filters, opts) => (await route(filters, opts)).plan.routes;
}

/** What a request says besides its filters, where the host hands it on; `NPool` does not. */
export interface RouteOptions {
  /** Where what it asks for may be; see {@link withHints} for a way through `NPool`. */
  readonly hints?: readonly Hint[];
  /** Ends the waiting for what is not known yet. */
  readonly signal?: AbortSignal;
}

/** The same router in its parts, for those who carry plans out. */
export interface ReqPlanner {
  /** Plans by another source of what is known, and no more. */
  readonly plan: (filters: readonly NostrFilter[], source?: RouterSource) => Promise<Planned>;
  /**
   * Plans, and tells of it.
   *
   * @throws {RoutingError} If the request can be sent nowhere.
   * @throws The signal's reason, if it is aborted.
   */
  readonly route: (filters: readonly NostrFilter[], opts?: RouteOptions) => Promise<Planned>;
}

/** What a router does besides; see {@link reqPlanner}. */
export interface ReqPlannerOptions {
  /** Whether a request reaches so far back that it is planned as one. */
  readonly isDeep?: (filters: readonly NostrFilter[]) => boolean;
  /** Settings as they are at this moment. */
  readonly adapt?: (settings: PlanSettings) => PlanSettings;
}

/** Creates the parts of a router. */
export function reqPlanner(
  source: RouterSource,
  options: RouterOptions,
  { isDeep = () => false, adapt = (settings) => settings }: ReqPlannerOptions = {},
): ReqPlanner {
  const own = routerOptions(source, options);
  const settings = planSettings(own);
  const look = async (filters: readonly NostrFilter[], opts: RouteOptions, from = source) => {
    const parts = reqParts(filters);
    const hints = [...hintsOf(filters), ...opts.hints ?? []];
    const { known, error } = await lookUp(from, wishesOf(parts, hints), own, opts.signal);
    const all = addAttached(known, hints);
    return { planned: planRequest(parts, all, adapt(settings), isDeep(filters)), error };
  };
  return {
    plan: async (filters, from) => (await look(filters, {}, from)).planned,
    async route(filters, opts = {}) {
      const { planned, error } = await look(filters, opts);
      const { plan } = planned;
      own.onReqPlan?.(plan);
      const lost = plan.unrouted.filter(couldMatch);
      if (plan.routes.size === 0 && lost.length > 0) {
        const message = `Cannot send a request anywhere: ${summary(lost)}`;
        const nowhere = new RoutingError(message, plan.unrouted, { cause: error });
        if (error === undefined) own.onError(nowhere);
        throw nowhere;
      }
      return planned;
    },
  };
}

/** What must be known, also of those who wrote what hints are about. */
function wishesOf(parts: ReqParts, hints: readonly Hint[]): Lookup {
  const wishes = reqLookup(parts);
  const authors = new Set(hints.flatMap(({ author }) => isPubkey(author) ? author : []));
  return authors.size === 0
    ? wishes
    : { ...wishes, people: [...new Set([...wishes.people, ...authors])] };
}

/** Whether something is missing, and not just impossible. */
function couldMatch({ reason }: Unrouted): boolean {
  return reason !== "matches-nothing" && reason !== "invalid-pubkey";
}

function summary(unrouted: readonly Unrouted[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of unrouted) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} x ${reason}`).join(", ");
}
