/**
 * The options of a test relay, and its counters.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { RelayConnection } from "./client_connection.ts";
import type { RelayInfoAnswer } from "./relay_info_answer.ts";
import type { ClientMessage } from "./relay_messages.ts";

/** The behaviour of a test relay, which is proper by default. */
export interface RelayServerOptions {
  /**
   * Most events in the answer to one filter. The relay then sends EOSE as if the
   * answer were complete, as strfry does.
   * @default Infinity
   */
  cap?: number;
  /**
   * Most filters in one REQ; more are answered with CLOSED.
   * @default 200
   */
  maxFilters?: number;
  /** Whether a REQ ever gets its EOSE. @default true */
  eose?: boolean;
  /**
   * Elements after the id of an EOSE, for instance `[["finish"]]` (NIP-67); `isCut`: whether the
   * answer lacks older events.
   * @default none
   */
  eoseHints?: (isCut: boolean) => readonly unknown[];
  /** Awaited before a REQ or an EVENT is answered. */
  latency?: () => Promise<void>;
  /** Answer every connection with this HTTP status instead of a WebSocket. */
  refuseConnection?: number;
  /** A reason (`blocked: …`) not to take an event, undefined to take it. */
  refuseEvent?: (event: NostrEvent) => string | undefined;
  /**
   * Whether it shows kinds 4 and 1059 only to whoever has signed in as their recipient (NIP-42):
   * it refuses a REQ for these alone with `auth-required`, and leaves them out of others. It sends
   * a challenge to every connection.
   * @default false
   */
  restrictPrivateKinds?: boolean;
  /** The address that clients sign in to, if it is another one. @default its own */
  knownAs?: string;
  /** Called with each answer to a challenge that was accepted. */
  onSignIn?: (event: NostrEvent, connection: RelayConnection) => void;
  /** The relay's description of itself (NIP-11); without it there is none. */
  info?: RelayInfoAnswer;
  /** Called with each connection once it is open. */
  onOpen?: (connection: RelayConnection) => void;
  /**
   * Called with each message before the relay handles it. `true` means that the
   * message is handled, and the relay ignores it.
   */
  intercept?: (message: ClientMessage, connection: RelayConnection) => boolean;
}

/** The counters of a test relay since it started. */
export interface RelayServerStats {
  /** WebSockets accepted. */
  connections: number;
  /** REQ messages received, intercepted ones included. */
  reqs: number;
  /** Filters in them. */
  filters: number;
  /** EVENT messages sent to clients. */
  eventsSent: number;
  /** EVENT messages received from clients, refused ones included. */
  eventsReceived: number;
  /** Requests for its description. */
  infos: number;
}
