/**
 * The plan for one event: its relays, the reason for each, and whom they reach.
 *
 * @module
 */

import type { EventRelayReason } from "../nostr/event_relay_reason.ts";
import type { Unrouted, UnroutedReason } from "../nostr/unrouted.ts";

/** Where an event is published, and why. */
export interface EventPlan {
  /** The relays to send the event to, the author's own first: what `NPool` takes. */
  readonly relays: string[];
  /** The reason for each relay. */
  readonly reasons: ReadonlyMap<string, EventRelayReason>;
  /** The inbox relays of each tagged user or recipient that get the event. */
  readonly inboxes: ReadonlyMap<string, readonly string[]>;
  /** The inbox relays of each tagged user that `maxInboxes` leaves out. */
  readonly skipped: ReadonlyMap<string, readonly string[]>;
  /** The people whom the event does not reach, and why. */
  readonly unrouted: readonly Unrouted[];
  /** A clause that says why the event goes nowhere; absent if it goes somewhere. */
  readonly refusal?: string;
}

/** The part of a plan about the users whom the event is for. */
export type Delivery = Pick<EventPlan, "inboxes" | "skipped" | "unrouted">;

/** A plan for these relays alone. Without relays it says why the event goes nowhere. */
export function boundPlan(
  urls: readonly string[],
  reason: EventRelayReason,
  otherwise: { readonly reason: UnroutedReason; readonly why: string },
): EventPlan {
  return urls.length > 0
    ? finishedPlan(reasonsOf(urls, reason))
    : noPlan(otherwise.why, [{ reason: otherwise.reason }]);
}

/** The same reason for all of these relays. */
export function reasonsOf(
  urls: readonly string[],
  reason: EventRelayReason,
): Map<string, EventRelayReason> {
  return new Map(urls.map((url) => [url, reason]));
}

/** A plan for these relays. */
export function finishedPlan(
  reasons: ReadonlyMap<string, EventRelayReason>,
  delivery: Delivery = noDelivery(),
): EventPlan {
  return { relays: [...reasons.keys()], reasons, ...delivery };
}

/** A plan for an event that goes nowhere. */
export function noPlan(refusal: string, unrouted: readonly Unrouted[]): EventPlan {
  return { ...noDelivery(), relays: [], reasons: new Map(), unrouted, refusal };
}

function noDelivery(): Delivery {
  return { inboxes: new Map(), skipped: new Map(), unrouted: [] };
}
