/**
 * What a plan says of an event.
 *
 * @module
 */

import type { Unrouted, UnroutedReason } from "../nostr/types.ts";

/** Why an event goes to a relay. */
export type EventRelayReason =
  /** A write relay of its author. */
  | "outbox"
  /** A read relay of a user it tags. */
  | "inbox"
  /** A relay of the author's former or other list, which should know of the change. */
  | "spread"
  /** A relay for gift wraps of the user whom this one is for. */
  | "dm"
  /** A relay for private drafts of its author. */
  | "private"
  /** The host of the group whose message it is. */
  | "group"
  /** Named in `indexerRelays`. */
  | "indexer"
  /** Named by the event itself. */
  | "named"
  /** A relay where its author or a user it tags may be by hearsay, for want of a list. */
  | "hint"
  /** Named in `fallbackRelays`, for want of a list. */
  | "fallback";

/** What publishing an event comes to, and why. */
export interface EventPlan {
  /** Where to send the event, the author's own relays first: what `NPool` takes. */
  readonly relays: string[];
  /** Why it goes to each of them. */
  readonly reasons: ReadonlyMap<string, EventRelayReason>;
  /** The inbox relays of each tagged user, or recipient, that get the event. */
  readonly inboxes: ReadonlyMap<string, readonly string[]>;
  /** The inbox relays of each tagged user that `maxInboxes` leaves out. */
  readonly skipped: ReadonlyMap<string, readonly string[]>;
  /** Whom or what it does not reach, and why. */
  readonly unrouted: readonly Unrouted[];
  /** Why it goes nowhere, in words; absent where it goes somewhere. */
  readonly refusal?: string;
}

/** What a plan says of those whom the event is for. */
export type Delivery = Pick<EventPlan, "inboxes" | "skipped" | "unrouted">;

/** A plan for these relays alone; why it goes nowhere if there are none. */
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
