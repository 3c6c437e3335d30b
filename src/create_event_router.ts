/**
 * `NPool`'s `eventRouter` by the outbox model.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { eventTagHints } from "./hints/event_tag_hints.ts";
import { addAttached } from "./hints/merge_hints.ts";
import { unsendableFault } from "./nostr/check_event.ts";
import { RoutingError } from "./nostr/errors.ts";
import type { KnowledgeSource, RelayListSource } from "./nostr/relay_knowledge.ts";
import { isGroupKey } from "./nostr/subject_key.ts";
import { eventLookup } from "./plan/event_lookup.ts";
import { isNeverRouted } from "./plan/event_rules.ts";
import type { EventPlan } from "./plan/event_plan.ts";
import { placeEvent } from "./plan/plan_event.ts";
import type { PlanSettings } from "./plan/plan_options.ts";
import {
  checkSource,
  lookUp,
  type RouterOptions,
  type RouterSettings,
  routerSettings,
  type RouterSource,
} from "./router_options.ts";

/**
 * Creates an `eventRouter` for `NPool`: it looks up the relay lists of an event's author and
 * of the users it tags, and sends the event to the author's write relays and to the inboxes
 * of those users.
 *
 * @param source A {@link RelayListStore}, or any source of relay lists or of what else is
 * known.
 * @param options See {@link RouterOptions}.
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If there is no option of a name, or one has the wrong type or names a
 * relay that the policy refuses.
 * @returns A router. It throws a {@link RoutingError} with the reason if an event must not
 * or cannot be sent: `NPool` would otherwise report it as published. It throws a `TypeError`,
 * before it looks anything up, if an event is malformed or not signed.
 *
 * @example A gift wrap for a user without a kind 10050 list is not sent
 * ```ts
 * import assert from "node:assert/strict";
 * import { createEventRouter, RelayListStore } from "@npool/outbox";
 * import { openSqlite } from "@npool/outbox/sqlite";
 * import { finalizeEvent, generateSecretKey } from "nostr-tools";
 *
 * const db = await openSqlite(":memory:");
 * const eventRouter = createEventRouter(new RelayListStore(db));
 *
 * const tags = [["p", "bb".repeat(32)]];
 * const wrap = finalizeEvent(
 *   { kind: 1059, tags, content: "", created_at: 1_700_000_000 },
 *   generateSecretKey(),
 * );
 * await assert.rejects(eventRouter(wrap), { name: "RoutingError", message: /10050/ });
 *
 * await db.close();
 * ```
 */
export function createEventRouter(
  source: RelayListSource | KnowledgeSource,
  options: RouterOptions = {},
): (event: NostrEvent, opts?: { signal?: AbortSignal }) => Promise<string[]> {
  checkSource(source);
  return eventRouter(source, routerSettings(options));
}

/**
 * Creates the router behind {@link createEventRouter}, of a source and settings that were
 * checked.
 */
function eventRouter(
  source: RouterSource,
  settings: RouterSettings,
): (event: NostrEvent, opts?: { signal?: AbortSignal }) => Promise<string[]> {
  const plan = eventPlanner(source, settings);
  return async (event, opts) => (await plan(event, opts)).relays;
}

/**
 * Creates what plans events for a router; it throws as the router does.
 *
 * @param adapt Settings as of this moment: what they are may change while the planner lives.
 */
export function eventPlanner(
  source: RouterSource,
  settings: RouterSettings,
  adapt = (settings: PlanSettings) => settings,
): (event: NostrEvent, opts?: { signal?: AbortSignal }) => Promise<EventPlan> {
  return async (event, { signal } = {}) => {
    const fault = unsendableFault(event);
    // What is never routed is told so, also if it is not signed: a private message, say.
    const isRumor = Array.isArray(event?.tags) && isNeverRouted(event.kind);
    if (fault !== undefined && !isRumor) {
      throw new TypeError(`Cannot publish an event: ${fault}`);
    }
    const { plan, error } = await planned(event, source, settings, adapt, signal);
    settings.onEventPlan?.(plan);
    if (plan.refusal !== undefined) {
      throw new RoutingError(
        `Cannot publish event ${event.id} of kind ${event.kind}: ${plan.refusal}`,
        plan.unrouted,
        { cause: error },
      );
    }
    return plan;
  };
}

/** Plans an event, whatever comes of it; `error` is what kept lists from being looked up. */
export async function planned(
  event: NostrEvent,
  source: RouterSource,
  settings: RouterSettings,
  adapt: (settings: PlanSettings) => PlanSettings,
  signal?: AbortSignal,
): Promise<{ readonly plan: EventPlan; readonly error?: Error }> {
  const { knowledge, error } = await lookUp(source, eventLookup(event), settings, signal);
  const tagged = eventTagHints.read(event).filter(({ subject }) => !isGroupKey(subject));
  const known = addAttached(knowledge, tagged);
  return { plan: placeEvent(event, known, adapt(settings.plan)), error };
}
