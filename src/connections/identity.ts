/**
 * The types of a sign-in (NIP-42): as whom a connection signs in, and who decides that.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { SignInSubject } from "../nostr/sign_in.ts";

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
