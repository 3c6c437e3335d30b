/**
 * What a relay tells those who opened it, in the words of Nostrify's `NRelay1`.
 *
 * @module
 */

import type { NostrEvent, NRelay } from "@nostrify/types";

/** One entry of a relay's log. */
export interface RelayLog {
  /** What it is about: `relay.ws.state`, `relay.ws.message`, … */
  readonly ns: string;
  /** With `relay.ws.state`: `open`, `close`, … */
  readonly state?: unknown;
  /** With `relay.ws.message` and `relay.ws.send`: the message. */
  readonly data?: unknown;
}

/**
 * Options for an `NRelay1`, which let the outbox see more of a relay than its
 * answers: when it was connected, what it said, how it ended. Hand them on:
 * `open: (url, options) => new NRelay1(url, { ...options, auth })`.
 */
export interface OpenOptions {
  /** Told of what happens on the connection. */
  readonly log: (entry: RelayLog) => void;
  /** Whether an event is what its author signed; each is verified once, from however many relays. */
  readonly verifyEvent: (event: NostrEvent) => boolean;
  /** The outbox reconnects by itself, where and when that is of use. */
  readonly backoff: false;
  /** The outbox closes idle connections by itself. */
  readonly idleTimeout: false;
}

/** Opens a relay: `NPool`'s `open`, with options that it may hand on. */
export type OpenRelay = (url: string, options: OpenOptions) => NRelay;
