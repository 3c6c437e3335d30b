/**
 * The types of a sign-in (NIP-42): as whom a connection signs in, and who decides that.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { SignInSubject } from "../nostr/sign_in.ts";

/** How long a request waits for a sign-in: a user may have to agree, a signer may be remote. */
export const SIGN_IN_TIMEOUT_MS = 10_000;

/** Sends the signed answer to a challenge; resolves once the relay has accepted it. */
export type ChallengeAnswer = (event: NostrEvent) => Promise<void>;

/** Signs in on one connection. */
export interface ConnectionSigner {
  /**
   * Takes a challenge.
   *
   * @param answer Answers on the connection on which the challenge came.
   */
  challenged(text: string, answer: ChallengeAnswer): void;
  /**
   * Answers the newest challenge, unless it was answered; waits a moment for the first.
   *
   * @returns Whether the relay accepted an answer since this was called.
   * @throws {RelayFailureError} `auth-required`, if it did not, or not in time.
   */
  answer(signal: AbortSignal): Promise<boolean>;
}

/** As whom connections sign in. A connection has one at most, from its opening to its end. */
export interface Identity {
  /** Differs from that of every other identity of the outbox at the same relay. */
  readonly key: string;
  /**
   * Signs the answer to a challenge for this relay and no other.
   *
   * @throws {Error} If the policy does not allow it, or the signer refuses or fails.
   */
  readonly sign: (relay: string, challenge: string) => Promise<NostrEvent>;
  /** What signs in on a connection to a relay; it signs nothing yet. */
  readonly signer: (relay: string) => ConnectionSigner;
  /** Call it when the relay has accepted the answer. */
  readonly accepted: (relay: string) => void;
  /** Call it when the relay refuses the answer: it is not signed in to again for a while. */
  readonly refused: (relay: string) => void;
}

/**
 * Decides where requests and events go that a relay refuses without a sign-in.
 *
 * @typeParam C What connects as somebody: a `RelayConnector`.
 */
export interface SignIn<C> {
  /**
   * The connector for what the relay has refused before; `undefined` if it never refused it, or
   * nobody signs in for it.
   */
  readonly known: (
    subject: SignInSubject,
  ) => Promise<C | undefined> | undefined;
  /** The connector for what the relay just refused with `auth-required`. Never rejects. */
  readonly refused: (subject: SignInSubject) => Promise<C | undefined>;
}
