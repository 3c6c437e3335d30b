/**
 * `NPool`'s `eventRouter` by the outbox model.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { RoutingError } from "./errors.ts";
import { eventPeople, planEvent } from "./plan_event.ts";
import { planSettings } from "./options.ts";
import { lookUp, type RouterOptions, routerOptions } from "./router_options.ts";
import type { RelayListSource } from "./types.ts";

/**
 * Creates the `eventRouter` of an `NPool`: looks up the relay lists of the author
 * and of the users it tags, and plans as {@link planEvent} does.
 *
 * @param source A {@link RelayListStore}, or anything that has lists.
 * @param options See {@link RouterOptions}.
 * @throws {RangeError} If an option is out of its range.
 * @throws {TypeError} If an option has the wrong type.
 * @returns A router. It throws a {@link RoutingError} that says why where an
 * event must not or cannot be sent: `NPool` would otherwise call it published.
 *
 * @example A gift wrap for someone without a kind 10050 list is not sent
 * ```ts
 * import assert from "node:assert/strict";
 * import { createEventRouter, RelayListStore } from "@npool/outbox";
 * import { openSqlite } from "@npool/outbox/sqlite";
 *
 * await using db = await openSqlite(":memory:");
 * const eventRouter = createEventRouter(new RelayListStore(db));
 *
 * const wrap = {
 *   kind: 1059,
 *   pubkey: "aa".repeat(32),
 *   tags: [["p", "bb".repeat(32)]],
 *   content: "",
 *   created_at: 0,
 *   id: "",
 *   sig: "",
 * };
 * await assert.rejects(eventRouter(wrap), { name: "RoutingError", message: /10050/ });
 * ```
 */
export function createEventRouter(
  source: RelayListSource,
  options: RouterOptions = {},
): (event: NostrEvent) => Promise<string[]> {
  const own = routerOptions(source, options);
  planSettings(own);
  return async (event) => {
    const { lists, error } = await lookUp(source, eventPeople(event), own);
    const plan = planEvent(event, lists, own);
    own.onEventPlan?.(plan);
    if (plan.refusal !== undefined) {
      throw new RoutingError(
        `Cannot publish event ${event.id} of kind ${event.kind}: ${plan.refusal}`,
        plan.unrouted,
        { cause: error },
      );
    }
    return plan.relays;
  };
}
