/**
 * Says of a request that no relay answered, and why: without it an app cannot tell that from an
 * empty feed.
 *
 * @module
 */

import type { RelayFailureError } from "../nostr/errors.ts";

/** Most relays that are named for one reason. */
const MAX_NAMED_RELAYS = 3;
/** What an app can do about a relay that wants its users to sign in. */
const SIGN_IN_ADVICE = 'see option "auth"';

/** How the relays of one request did, those that replaced others included. */
export class Answers {
  readonly #failures = new Map<string, RelayFailureError | undefined>();
  #isAny = false;

  /** Whether a relay answered, or sent an event. */
  get isAny(): boolean {
    return this.#isAny;
  }

  /** A relay is asked. */
  asked(url: string): void {
    if (!this.#failures.has(url)) this.#failures.set(url, undefined);
  }

  /** A relay answered, or sent an event. */
  came(): void {
    this.#isAny = true;
  }

  /** A relay failed. */
  failed(url: string, error: RelayFailureError | undefined): void {
    if (error) this.#failures.set(url, error);
  }

  /**
   * The error of a request that no relay answered: a few lines, however many relays there are.
   *
   * @param asked The relays in question; all by default.
   */
  error(asked: Iterable<string> = this.#failures.keys()): Error {
    const byReason = new Map<string, string[]>();
    for (const url of asked) {
      const error = this.#failures.get(url);
      const reason = error?.reason ?? "no-answer";
      byReason.set(reason, [...byReason.get(reason) ?? [], url]);
    }
    const reasons = [...byReason].map(([reason, urls]) => {
      const more = urls.length - MAX_NAMED_RELAYS;
      const named = urls.slice(0, MAX_NAMED_RELAYS).join(" ") +
        (more > 0 ? ` and ${more} more` : "");
      const advice = reason === "auth-required" ? `; ${SIGN_IN_ADVICE}` : "";
      return `${urls.length} x ${reason} (${named}${advice})`;
    });
    return new Error(`No relay answered a request: ${reasons.join(", ")}`);
  }
}
