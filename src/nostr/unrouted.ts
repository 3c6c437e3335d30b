/**
 * What a plan has no relay for, and why.
 *
 * @module
 */

/** Why no relay was found for a subject, a filter or an event. */
export type UnroutedReason =
  /** No usable relay list is known, and there are no fallback relays. */
  | "no-list"
  /** None of the user's relays is within `maxRelays`, and no fallback relay is. */
  | "cap"
  /** The filter names no subject with relays of its own, and there are no fallback relays. */
  | "no-fallback"
  /** Not 64 lowercase hex characters, so no event can match. */
  | "invalid-pubkey"
  /** Not an event id of 64 lowercase hex characters, so no event can match. */
  | "invalid-id"
  /** The filter has an empty list, so no event can match. */
  | "matches-nothing"
  /** No kind 10050 list is known; gift wraps go to its relays alone (NIP-17). */
  | "no-dm-list"
  /** The group's host is not known; its messages are there alone (NIP-29). */
  | "no-group-host"
  /** No kind 10013 list is known; private drafts go to its relays alone (NIP-37). */
  | "no-private-list"
  /** Events of this kind are never routed by relay lists. */
  | "never-routed";

/** Something for which a plan has no relay. */
export interface Unrouted {
  /** Why. */
  readonly reason: UnroutedReason;
  /** The user concerned; absent if no pubkey is. */
  readonly pubkey?: string;
  /** The event id concerned; absent if none is. */
  readonly id?: string;
  /** The index of the filter in the request; absent for an event. */
  readonly filter?: number;
}
