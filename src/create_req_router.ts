/**
 * `NPool`'s `reqRouter` by the outbox model.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { deepSettings } from "./deep_requests.ts";
import { RoutingError } from "./errors.ts";
import { type PlanSettings, planSettings } from "./options.ts";
import { type PlannedReq, planParts } from "./plan_req.ts";
import { partsAbout, type ReqParts, reqParts } from "./req_parts.ts";
import { lookUp, type RouterOptions, routerOptions } from "./router_options.ts";
import type { RelayList, RelayListSource, Side, Unrouted } from "./types.ts";

/**
 * Creates the `reqRouter` of an `NPool`: looks up the relay lists of everyone
 * whom the filters name, and plans as {@link planReq} does.
 *
 * Filters that can match nothing (`authors: []`) get no relay, and a request of
 * such filters alone ends at once. A lookup that fails is told to `onError`, and
 * everyone is then asked for on the fallback relays.
 *
 * @param source A {@link RelayListStore}, or anything that has lists.
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
  source: RelayListSource,
  options: RouterOptions = {},
): (filters: NostrFilter[]) => Promise<Map<string, NostrFilter[]>> {
  const { route } = reqPlanner(source, options);
  return async (filters) => (await route(filters)).plan.routes;
}

/** A plan under way, and how to plan anew for those whom it fails. */
export interface Planned extends PlannedReq {
  /** Whether the request reaches far back, so that answers take long. */
  readonly isDeep: boolean;
  /**
   * Plans the same request for some of its people, without some relays.
   *
   * @param isMeant Whether a person is among them.
   * @param maxRelays Most relays of the new plan.
   */
  readonly without: (
    avoid: ReadonlySet<string>,
    isMeant: (pubkey: string, side: Side) => boolean,
    maxRelays: number,
  ) => Planned;
}

/** The same router in its parts, for those who carry plans out. */
export interface ReqPlanner {
  /** Plans, and no more. */
  readonly plan: (filters: readonly NostrFilter[]) => Promise<Planned>;
  /**
   * Plans, and tells of it.
   *
   * @throws {RoutingError} If the request can be sent nowhere.
   */
  readonly route: (filters: readonly NostrFilter[]) => Promise<Planned>;
}

/**
 * Creates the parts of a router.
 *
 * @param isDeep Whether a request reaches so far back that it is planned as one.
 */
export function reqPlanner(
  source: RelayListSource,
  options: RouterOptions,
  isDeep: (filters: readonly NostrFilter[]) => boolean = () => false,
): ReqPlanner {
  const own = routerOptions(source, options);
  const settings = planSettings(own);
  const look = async (filters: readonly NostrFilter[]) => {
    const parts = reqParts(filters);
    const people = parts.named.flatMap(({ people }) => people.pubkeys);
    const { lists, error } = await lookUp(source, people, own);
    return { planned: planWithSpare(parts, lists, settings, isDeep(filters)), error };
  };
  return {
    plan: async (filters) => (await look(filters)).planned,
    async route(filters) {
      const { planned, error } = await look(filters);
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

function planWithSpare(
  parts: ReqParts,
  lists: ReadonlyMap<string, RelayList>,
  settings: PlanSettings,
  isDeep: boolean,
): Planned {
  return {
    ...planParts(parts, lists, isDeep ? deepSettings(settings) : settings),
    isDeep,
    without(avoid, isMeant, maxRelays) {
      const weight = (url: string) => avoid.has(url) ? 0 : settings.weight(url);
      const spare = { ...settings, weight, maxRelays };
      return planWithSpare(partsAbout(parts, isMeant), lists, spare, isDeep);
    },
  };
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
