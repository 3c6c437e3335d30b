/**
 * The types of `open`, and what an open relay reports besides its answers.
 *
 * @module
 */

import type { NostrEvent, NRelay } from "@nostrify/types";

/** One entry of the log of an `NRelay1`. */
export interface RelayLog {
  /** The kind of entry: `relay.ws.state`, `relay.ws.message`, … */
  readonly ns: string;
  /** With `relay.ws.state`: `open`, `close`, … */
  readonly state?: unknown;
  /** With `relay.ws.message` and `relay.ws.send`: the message. */
  readonly data?: unknown;
}

/**
 * What the outbox hands to `open`. A relay class of your own calls the hooks, and so lets the
 * outbox see more of a relay than its answers. For an `NRelay1`, its `log` calls them:
 * `open: (url, options) => new NRelay1(url, { ...options, auth })`.
 */
export interface OpenOptions {
  /** Call it when connecting begins, if `onOpen` and `onClose` will follow. */
  readonly onConnecting: () => void;
  /** Call it when the connection is open. */
  readonly onOpen: () => void;
  /** Call it with the text of each NOTICE. */
  readonly onNotice: (text: string) => void;
  /**
   * Call it with each challenge (NIP-42).
   *
   * @param answer Sends the signed answer on the connection on which the challenge came, and
   * resolves once the relay has accepted it.
   */
  readonly onChallenge: (
    challenge: string,
    answer: (event: NostrEvent) => Promise<void>,
  ) => void;
  /**
   * Call it for each other message that answers no open request, or cannot be read, with its
   * length in characters if that is known: long ones count for several.
   */
  readonly onStray: (length?: number) => void;
  /** Call it when the connection has ended, or came to nothing; `detail` is a clause for a log. */
  readonly onClose: (detail: string) => void;
  /** For an `NRelay1`, which reports to its log instead of calling the hooks. */
  readonly log: (entry: RelayLog) => void;
  /**
   * Whether an event's signature is valid, for a relay class that verifies events itself; also
   * `true` while that is not known yet. The outbox verifies what the relay hands on in any case.
   */
  readonly verifyEvent: (event: NostrEvent) => boolean;
  /**
   * Whether the connection may sign in (NIP-42), as the user or by another name. It must then carry
   * nothing of anybody else.
   */
  readonly isNamed: boolean;
  /** The relay must not reconnect: the outbox does, when that is of use. */
  readonly backoff: false;
  /** The relay must not close idle connections: the outbox does. */
  readonly idleTimeout: false;
}

/** The functions of {@link OpenOptions} by which an open relay reports what happens on it. */
export type RelayHooks = Pick<
  OpenOptions,
  "onConnecting" | "onOpen" | "onNotice" | "onChallenge" | "onStray" | "onClose"
>;

/** Opens a relay: `NPool`'s `open`, with options to pass on. */
export type OpenRelay = (url: string, options: OpenOptions) => NRelay;
