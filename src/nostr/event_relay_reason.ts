/**
 * Why an event goes to a relay.
 *
 * @module
 */

/** Why an event goes to a relay. */
export type EventRelayReason =
  /** It is a write relay of the author. */
  | "outbox"
  /** It is a read relay of a tagged user. */
  | "inbox"
  /** The author's former list, or another list of theirs, names it: it should learn of the change. */
  | "spread"
  /** It is a relay for gift wraps of a recipient (kind 10050). */
  | "dm"
  /** It is a relay for private drafts of the author (kind 10013). */
  | "private"
  /** It is the host of the group that the message belongs to. */
  | "group"
  /** It is one of `indexerRelays`. */
  | "indexer"
  /** The event names it. */
  | "named"
  /** A hint names it, and the author or a tagged user has no usable list. */
  | "hint"
  /** It is one of `fallbackRelays`, and the author or a tagged user has no usable list. */
  | "fallback";
