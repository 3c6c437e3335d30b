/**
 * One event on its way to its relays, as a value: what is written down of it. Pure.
 *
 * The room `ledger` has what is published: written down before it leaves, with a state for each
 * relay, and tried until it is taken, refused for good, or a week old. A *publication* is one event
 * and its *targets*, the relays that it goes to. A reducer (`publication_change`) says how answers
 * of relays change it, a schedule (`send_schedule`) what is due when, and the `Ledger` sends.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { EventRelayReason } from "../nostr/event_relay_reason.ts";
import { expiresAt } from "../nostr/expiration.ts";
import type { RelayFailure } from "../nostr/relay_failure.ts";

/** Why an event goes to a relay; `own`: it is a write relay of the author. */
export type TargetReason = "own" | Exclude<EventRelayReason, "outbox">;

/** How far an event is at a relay. */
export type TargetState =
  /** It is tried until the relay takes it. */
  | "pending"
  /** The relay wants a sign-in (NIP-42): it is tried again after one, or after a pause. */
  | "sign-in"
  /** The relay has it. */
  | "taken"
  /** The relay refused it for good. */
  | "refused"
  /** The relay is in no list any longer that counts, or its user blocks it. */
  | "gone"
  /** It is not tried any longer; `reason` says why. */
  | "given-up";

/** A relay that an event goes to. */
export interface PublicationTarget {
  /** The relay, in normal form. */
  readonly relay: string;
  /** Why the event goes there. */
  readonly why: TargetReason;
  /** How far the event is there. */
  readonly state: TargetState;
  /** How often the event was offered there. */
  readonly tries: number;
  /** When it is offered next, in milliseconds since 1970; absent if it is not offered again. */
  readonly nextAt?: number;
  /** The relay's own word, or what went wrong; absent before the first failure. */
  readonly reason?: string;
  /** How the last offer failed; absent before the first failure. */
  readonly failure?: RelayFailure;
}

/** A relay to send an event to. */
export type NewTarget = Pick<PublicationTarget, "relay" | "why">;

/** An event and what is known about each of its relays. Times are milliseconds since 1970. */
export interface PublicationRecord {
  readonly event: NostrEvent;
  /** When it was published. */
  readonly at: number;
  /** When it is given up. */
  readonly until: number;
  /** At least one, each relay once. */
  readonly targets: readonly PublicationTarget[];
  /** Who wrote it down, of several who use one database; absent if only one does. */
  readonly by?: string;
}

/** Whether an event is still tried at a relay. */
export function isOpenTarget({ state }: Pick<PublicationTarget, "state">): boolean {
  return state === "pending" || state === "sign-in";
}

/** Whether an event is still tried anywhere. */
export function isPending({ targets }: Pick<PublicationRecord, "targets">): boolean {
  return targets.some(isOpenTarget);
}

/** When an event is given up: at some time, or when it expires (NIP-40), in milliseconds since 1970. */
export function endOf(event: NostrEvent, latest: number): number {
  return Math.min(latest, (expiresAt(event) ?? Infinity) * 1000);
}

/** A target that was not tried yet. */
export function newTarget({ relay, why }: NewTarget, now: number): PublicationTarget {
  return { relay, why, state: "pending", tries: 0, nextAt: now };
}

/**
 * The targets that decide whether an event is safe: the author's own relays, or all where it goes
 * to none of these.
 */
export function homeOf(targets: readonly PublicationTarget[]): readonly PublicationTarget[] {
  const own = targets.filter(({ why }) => why === "own");
  return own.length > 0 ? own : targets;
}
