/**
 * The types of `open`, and of what an open relay logs, in the terms of Nostrify's `NRelay1`.
 *
 * @module
 */

import type { NostrEvent, NRelay } from "@nostrify/types";

/** One entry of a relay's log. */
export interface RelayLog {
  /** The kind of entry: `relay.ws.state`, `relay.ws.message`, … */
  readonly ns: string;
  /** With `relay.ws.state`: `open`, `close`, … */
  readonly state?: unknown;
  /** With `relay.ws.message` and `relay.ws.send`: the message. */
  readonly data?: unknown;
}

/**
 * Options for an `NRelay1`. They let the outbox see more of a relay than its answers: when it was
 * connected, what it sent, how the connection ended. Pass them on:
 * `open: (url, options) => new NRelay1(url, { ...options, auth })`.
 */
export interface OpenOptions {
  /** Called with what happens on the connection. */
  readonly log: (entry: RelayLog) => void;
  /**
   * Whether an event's signature is valid; each event is verified once, however many relays send
   * it.
   */
  readonly verifyEvent: (event: NostrEvent) => boolean;
  /** `NRelay1` must not reconnect: the outbox does, when that is of use. */
  readonly backoff: false;
  /** `NRelay1` must not close idle connections: the outbox does. */
  readonly idleTimeout: false;
}

/** Opens a relay: `NPool`'s `open`, with options to pass on. */
export type OpenRelay = (url: string, options: OpenOptions) => NRelay;
