/**
 * Signs in on one connection (NIP-42): answers its challenge, with its one identity.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/message_of.ts";
import { within } from "../base/within.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import {
  type ChallengeAnswer,
  type ConnectionSigner,
  type Identity,
  SIGN_IN_TIMEOUT_MS,
} from "./identity.ts";

/** How long to wait for a challenge: some relays send one only when they refuse something. */
const CHALLENGE_WAIT_MS = 500;
/** Most signatures for one connection: some relays send a challenge with each refusal. */
const MAX_SIGNATURES = 3;
/** Longest challenge that is signed, in characters. */
const MAX_CHALLENGE_LENGTH = 1_000;

/** See the module. */
export class ConnectionSignIn implements ConnectionSigner {
  readonly #url: string;
  readonly #identity: Identity;
  readonly #clock: Clock;
  readonly #given = Promise.withResolvers<void>();
  #challenge?: { readonly text: string; readonly answer: ChallengeAnswer };
  /** What answers the newest challenge, once somebody wants that. */
  #answering?: Promise<void>;
  #signatures = 0;

  /** Signs nothing before {@link ConnectionSignIn.answer} is called. */
  constructor(url: string, identity: Identity, clock: Clock) {
    this.#url = url;
    this.#identity = identity;
    this.#clock = clock;
  }

  /** See {@link ConnectionSigner.challenged}. */
  challenged(text: string, answer: ChallengeAnswer): void {
    if (text.length > MAX_CHALLENGE_LENGTH || text === this.#challenge?.text) return;
    this.#challenge = { text, answer };
    this.#answering = undefined;
    this.#given.resolve();
  }

  /** See {@link ConnectionSigner.answer}. */
  async answer(signal: AbortSignal): Promise<boolean> {
    if (!this.#challenge) await within(this.#given.promise, this.#clock, CHALLENGE_WAIT_MS, signal);
    if (!this.#challenge || signal.aborted) return false;
    if (this.#answering) {
      const isOver = await Promise.race([this.#answering.then(() => true), false]);
      if (isOver) return false;
    } else this.#answering = this.#sign(this.#challenge);
    const accepted = this.#answering.then(() => true);
    if (await within(accepted, this.#clock, SIGN_IN_TIMEOUT_MS, signal)) return true;
    if (signal.aborted) return false;
    throw this.#error(`no sign-in within ${SIGN_IN_TIMEOUT_MS} ms`);
  }

  async #sign({ text, answer }: { text: string; answer: ChallengeAnswer }): Promise<void> {
    if (++this.#signatures > MAX_SIGNATURES) {
      throw this.#error(`the relay sent more than ${MAX_SIGNATURES} challenges`);
    }
    let event: NostrEvent;
    try {
      event = await this.#identity.sign(this.#url, text);
    } catch (cause) {
      throw this.#error(`nobody signed in: ${messageOf(cause)}`, cause);
    }
    try {
      await answer(event);
    } catch (cause) {
      this.#identity.refused(this.#url);
      throw this.#error(`the relay refused the sign-in: ${messageOf(cause)}`, cause);
    }
    this.#identity.accepted(this.#url);
  }

  #error(detail: string, cause?: unknown): RelayFailureError {
    return new RelayFailureError(this.#url, "auth-required", detail, { cause });
  }
}
