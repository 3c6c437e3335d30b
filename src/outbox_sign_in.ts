/**
 * The wiring of sign-ins (NIP-42), which are loaded when a relay first refuses something without.
 *
 * @module
 */

import type { SignIn } from "./connections/identity.ts";
import type { RelayConnector } from "./connections/relay_connector.ts";
import type { SignInSubject } from "./nostr/sign_in.ts";
import type { OnDemand } from "./base/on_demand.ts";
import type { SignInPolicy, SignInPolicyOptions } from "./sign_in_policy.ts";

/** See the module. */
export class OutboxSignIn implements SignIn<RelayConnector> {
  readonly #options: SignInPolicyOptions;
  readonly #policy: OnDemand<SignInPolicy>;

  /** Loads nothing yet. */
  constructor(
    options: SignInPolicyOptions,
    part: Pick<OnDemand<{ readonly SignInPolicy: typeof SignInPolicy }>, "of">,
  ) {
    this.#options = options;
    this.#policy = part.of(
      ({ SignInPolicy }) => new SignInPolicy(options),
      options.onError,
    );
  }

  /** Call it when the user or the signer may have changed. */
  userChanged(): void {
    this.#policy.made?.userChanged();
  }

  /** See {@link SignIn.known}. */
  known(subject: SignInSubject): Promise<RelayConnector | undefined> | undefined {
    return this.#policy.made?.known(subject);
  }

  /** See {@link SignIn.refused}. */
  async refused(subject: SignInSubject): Promise<RelayConnector | undefined> {
    const { auth, policy: { signer } } = this.#options;
    if (auth === "never" || auth !== "throwaway" && !signer) return undefined;
    const policy = await this.#policy.attempt();
    return await policy?.refused(subject);
  }
}
