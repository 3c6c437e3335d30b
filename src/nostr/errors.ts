/**
 * Errors that a caller acts on, so they carry data. Wrong arguments are plain `TypeError` and
 * `RangeError`.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { RelayFailure } from "./relay_failure.ts";
import type { Unrouted } from "./unrouted.ts";

/**
 * Why a store refuses an event. `oversized` is a relay list with more than 32,768 characters of
 * JSON.
 */
export type EventRefusal =
  | "malformed"
  | "forged"
  | "future"
  | "deleted"
  | "expired"
  | "oversized";

/**
 * A store refused an event. Nothing was stored, and trying again is of no use, except for
 * `future` once its time has come.
 */
export class EventRefusedError extends Error {
  /** `"EventRefusedError"`, even if the class was loaded twice. */
  override readonly name = "EventRefusedError";
  /** Why the event was refused. */
  readonly reason: EventRefusal;
  /** The event as it was given. */
  readonly event: NostrEvent;

  /** `detail` ends the message: the value seen, and the rule. */
  constructor(reason: EventRefusal, event: NostrEvent, detail: string) {
    super(`Cannot store ${/^[eo]/.test(reason) ? "an" : "a"} ${reason} event: ${detail}`);
    this.reason = reason;
    this.event = event;
  }
}

/**
 * A request or an event has no relay to go to. `NPool` would otherwise end such a request
 * without EOSE, and treat such an event as published.
 */
export class RoutingError extends Error {
  /** `"RoutingError"`, even if the class was loaded twice. */
  override readonly name = "RoutingError";
  readonly #unrouted: readonly Unrouted[];

  /** `options.cause` is the error that prevented a lookup of relay lists, if one did. */
  constructor(
    message: string,
    unrouted: readonly Unrouted[],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.#unrouted = unrouted;
  }

  /**
   * The subjects and filters that could not be routed, and why. Consoles do not print them: a
   * request for 300 people would fill the screen.
   */
  get unrouted(): readonly Unrouted[] {
    return this.#unrouted;
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
