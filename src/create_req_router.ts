/**
 * `NPool`'s `reqRouter` by the outbox model.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { KnowledgeSource, RelayListSource } from "./nostr/relay_knowledge.ts";
import { ReqPlanner, type RouteOptions } from "./req_planner.ts";
import { checkSource, type RouterOptions, routerSettings } from "./router_options.ts";

export type { RouteOptions } from "./req_planner.ts";

/**
 * Creates a `reqRouter` for `NPool`: it looks up the relay lists of everyone whom the
 * filters name, and sends each filter to the relays of those people, narrowed to them.
 *
 * A filter that cannot match (`authors: []`) gets no relay, and a request of such filters
 * alone ends at once. A failed lookup calls `onError`; everyone is then requested from the
 * fallback relays.
 *
 * @param source A {@link RelayListStore}, or any source of relay lists or of what else is
 * known.
 * @param options See {@link RouterOptions}.
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If there is no option of a name, or one has the wrong type or names a
 * relay that the policy refuses.
 * @returns A router. It throws a {@link RoutingError} if a request cannot be sent anywhere, and
 * a `TypeError` if its filters name nothing but pubkeys or event ids that are not 64 lowercase hex
 * characters. `pool.req()` passes that on. `pool.query()` does not, so `onError` is called as
 * well. One such value among others is left out, and `onError` is called once for it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createReqRouter, RelayListStore } from "@npool/outbox";
 * import { openSqlite } from "@npool/outbox/sqlite";
 *
 * const db = await openSqlite(":memory:");
 * const reqRouter = createReqRouter(new RelayListStore(db), {
 *   fallbackRelays: ["wss://relay1.mostr.pub"],
 * });
 *
 * const routes = await reqRouter([{ kinds: [1], authors: ["aa".repeat(32)] }]);
 * assert.deepEqual([...routes.keys()], ["wss://relay1.mostr.pub/"]);
 *
 * await db.close();
 * ```
 */
export function createReqRouter(
  source: RelayListSource | KnowledgeSource,
  options: RouterOptions = {},
): (filters: NostrFilter[], opts?: RouteOptions) => Promise<Map<string, NostrFilter[]>> {
  const planner = reqPlanner(source, options);
  return async (filters, opts) => (await planner.route(filters, opts)).plan.routes;
}

/** Creates the planner behind {@link createReqRouter}, and throws as it does. */
export function reqPlanner(
  source: RelayListSource | KnowledgeSource,
  options: RouterOptions,
): ReqPlanner {
  checkSource(source);
  return new ReqPlanner(source, routerSettings(options));
}
