/**
 * The wiring of sign-ins (NIP-42), which are loaded when a relay first refuses something without.
 *
 * @module
 */

import type { RelayConnector } from "./connections/relay_connector.ts";
import type { NamedParts, QuerySignIn } from "./connections/sign_in_query.ts";
import type { SignInSubject } from "./nostr/sign_in.ts";
import type { OnDemand } from "./base/on_demand.ts";
import type { SignInPolicy, SignInPolicyOptions } from "./sign_in_policy.ts";

/** What is loaded. */
interface SignInParts extends NamedParts {
  readonly SignInPolicy: typeof SignInPolicy;
}

/** See the module. */
export class OutboxSignIn implements QuerySignIn {
  readonly #options: SignInPolicyOptions;
  readonly #loaded: OnDemand<NamedParts & { readonly policy: SignInPolicy }>;

  /** Loads nothing yet. */
  constructor(options: SignInPolicyOptions, part: Pick<OnDemand<SignInParts>, "of">) {
    this.#options = options;
    this.#loaded = part.of(({ connectNamed, NamedQueries, SignInPolicy }) => ({
      ...{ connectNamed, NamedQueries },
      policy: new SignInPolicy(options),
    }), options.onError);
  }

  /** Call it when the user or the signer may have changed. */
  userChanged(): void {
    this.#loaded.made?.policy.userChanged();
  }

  /** See {@link QuerySignIn.known}. */
  known(subject: SignInSubject): Promise<RelayConnector | undefined> | undefined {
    return this.#loaded.made?.policy.known(subject);
  }

  /** See {@link QuerySignIn.refused}. */
  async refused(subject: SignInSubject): Promise<RelayConnector | undefined> {
    return await (await this.named())?.policy.refused(subject);
  }

  /** See {@link QuerySignIn.named}. Never rejects. */
  async named() {
    const { auth, policy: { signer } } = this.#options;
    if (auth === "never" || auth !== "throwaway" && !signer) return undefined;
    return await this.#loaded.attempt();
  }
}
