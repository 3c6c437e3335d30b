/**
 * `NPool`'s `eventRouter` by the outbox model.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { RoutingError } from "./nostr/errors.ts";
import type { KnowledgeSource, RelayListSource } from "./nostr/types.ts";
import { eventLookup } from "./plan/event_lookup.ts";
import { placeEvent } from "./plan/plan_event.ts";
import { type PlanSettings, planSettings } from "./plan/plan_options.ts";
import { lookUp, type RouterOptions, routerOptions, type RouterSource } from "./router_options.ts";

/**
 * Creates the `eventRouter` of an `NPool`: looks up the relay lists of the author
 * and of the users it tags, and plans as {@link planEvent} does.
 *
 * @param source A {@link RelayListStore}, or anything that has lists or knows more.
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
  source: RelayListSource | KnowledgeSource,
  options: RouterOptions = {},
): (event: NostrEvent, opts?: { signal?: AbortSignal }) => Promise<string[]> {
  return eventPlacer(source, options);
}

/**
 * The same router.
 *
 * @param adapt Settings as they are at this moment.
 */
export function eventPlacer(
  source: RouterSource,
  options: RouterOptions,
  adapt = (settings: PlanSettings) => settings,
): (event: NostrEvent, opts?: { signal?: AbortSignal }) => Promise<string[]> {
  const own = routerOptions(source, options);
  const settings = planSettings(own);
  return async (event, { signal } = {}) => {
    const { known, error } = await lookUp(source, eventLookup(event), own, signal);
    const plan = placeEvent(event, known, adapt(settings));
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
