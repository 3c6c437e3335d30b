/**
 * How a test relay behaves, and what it counts.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";

/** How a test relay behaves. Everything is well-behaved by default. */
export interface RelayServerOptions {
  /**
   * Most events in the answer to one filter, as in strfry, which says EOSE then
   * as if the answer were complete.
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
  /** Awaited before a REQ or an EVENT is answered. */
  latency?: () => Promise<void>;
  /** Answer every connection with this HTTP status instead of a WebSocket. */
  refuseConnection?: number;
  /** A reason (`blocked: …`) not to take an event, undefined to take it. */
  refuseEvent?: (event: NostrEvent) => string | undefined;
}

/** What a test relay has counted since it started. */
export interface RelayServerStats {
  /** WebSockets accepted. */
  connections: number;
  /** REQ messages received. */
  reqs: number;
  /** Filters in them. */
  filters: number;
  /** EVENT messages sent to clients. */
  eventsSent: number;
  /** EVENT messages received from clients, refused ones included. */
  eventsReceived: number;
}
