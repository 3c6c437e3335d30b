/**
 * How relays fail, and the limits that they have.
 *
 * @module
 */

/** How a relay failed. */
export type RelayFailure =
  /** It was not asked, since the app's user has blocked it (kind 10006, NIP-51); not its fault. */
  | "blocked-by-user"
  /** No WebSocket was opened: refused, no such host, TLS, an HTTP response, a bad URL. */
  | "unreachable"
  /** The WebSocket did not open in time. */
  | "connect-timeout"
  /** It connected, but did not reach the end of stored events (EOSE) in time. */
  | "no-answer"
  /** It connected, but did not acknowledge an event (OK) in time. */
  | "no-ok"
  /** The connection ended during the request. */
  | "disconnected"
  /** It sent more than an answer may hold. */
  | "flood"
  /** It sent forged events, or events that were not requested. */
  | "junk"
  /** This and the following are the prefixes of CLOSED and OK (NIP-01, NIP-42). */
  | "auth-required"
  | "restricted"
  | "rate-limited"
  | "blocked"
  | "invalid"
  | "pow"
  | "mute"
  | "unsupported"
  | "duplicate"
  | "error"
  /** CLOSED, or OK with `false`, without a prefix that NIP-01 defines. */
  | "closed";

/** The limits of a relay. An absent field is unknown. */
export interface RelayLimits {
  /** Most filters in one REQ. */
  readonly maxFilters?: number;
  /** Most subscriptions at the same time on one connection. */
  readonly maxSubscriptions?: number;
  /** Longest message that it accepts, in bytes. */
  readonly maxMessageLength?: number;
  /** The smallest number of events at which an answer to one filter is cut, as seen or by NIP-11. */
  readonly cutAt?: number;
  /** The largest number of events in a complete answer to one filter. */
  readonly fullAt?: number;
  /** The smallest `limit` that it heeds: 1 if it answers `limit: 0` with stored events. */
  readonly minLimit?: number;
  /** Whether it answers only clients that have authenticated (NIP-42). */
  readonly authRequired?: boolean;
  /** Whether it serves only users who have paid. */
  readonly paymentRequired?: boolean;
}
