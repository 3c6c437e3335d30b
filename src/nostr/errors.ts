/**
 * Errors on which a caller acts, so they carry data. Wrong arguments are plain
 * `TypeError` and `RangeError`.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { RelayFailure, Unrouted } from "./types.ts";

/** Why a store refuses an event. */
export type EventRefusal = "malformed" | "forged" | "future" | "deleted";

/**
 * An event that a store will not keep. Nothing was stored, and trying again is
 * of no use (except for `future`, once its time has come).
 */
export class EventRefusedError extends Error {
  /** `"EventRefusedError"`, also where the class was loaded twice. */
  override readonly name = "EventRefusedError";
  /** Why. */
  readonly reason: EventRefusal;
  /** The event as it was given. */
  readonly event: NostrEvent;

  /** `detail` ends the message: what was seen, and what the rule is. */
  constructor(reason: EventRefusal, event: NostrEvent, detail: string) {
    super(`Cannot store a ${reason} event: ${detail}`);
    this.reason = reason;
    this.event = event;
  }
}

/**
 * A request or an event that no relay can be named for. `NPool` would otherwise
 * end such a request without EOSE and call such an event published.
 */
export class RoutingError extends Error {
  /** `"RoutingError"`, also where the class was loaded twice. */
  override readonly name = "RoutingError";
  /** What could not be routed, and why. */
  readonly unrouted: readonly Unrouted[];

  /** `options.cause` is what kept relay lists from being looked up, if anything did. */
  constructor(
    message: string,
    unrouted: readonly Unrouted[],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.unrouted = unrouted;
  }
}

/**
 * A relay failed: it could not be reached, did not answer, or refused. `NPool.event` rejects
 * with an `AggregateError` of these, one for each relay, if no relay took the event.
 */
export class RelayFailureError extends Error {
  /** `"RelayFailureError"`, also where the class was loaded twice. */
  override readonly name = "RelayFailureError";
  /** The relay, in normal form. */
  readonly relay: string;
  /** What went wrong. */
  readonly reason: RelayFailure;

  /** `detail` ends the message: what was seen, or the text of the relay's reply. */
  constructor(relay: string, reason: RelayFailure, detail: string, options?: ErrorOptions) {
    super(`Relay ${relay} failed (${reason}): ${detail}`, options);
    this.relay = relay;
    this.reason = reason;
  }
}
