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
  /** The filter has an empty list or an empty time range, so no event can match. */
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

/** What each reason means to an app, and what it can do about it. */
const TEXTS: Readonly<Record<UnroutedReason, string>> = {
  "no-list": "no usable relay list is known, and no fallbackRelays are set",
  "cap": "no relay is within maxRelays",
  "no-fallback": "the filter names nobody with relays, and no fallbackRelays are set",
  "invalid-pubkey": "not 64 lowercase hex characters",
  "invalid-id": "not 64 lowercase hex characters",
  "matches-nothing": "an empty list matches nothing",
  "no-dm-list": "no kind 10050 list is known, and gift wraps are nowhere else",
  "no-group-host": "the group's host is not known, or may not be asked",
  "no-private-list": "no kind 10013 list is known, and private drafts are nowhere else",
  "never-routed": "such events are never routed by relay lists",
};

/** Says what no relay is asked for: one text for each reason, however many there are. */
export function unroutedTexts(unrouted: readonly Unrouted[]): string[] {
  const counts = new Map<UnroutedReason, number>();
  for (const { reason } of unrouted) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} x ${reason} (${TEXTS[reason]})`);
}
