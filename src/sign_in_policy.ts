/**
 * Decides who signs in where (NIP-42): nobody without a reason that belongs to the user, and
 * the user nowhere else than the option `auth` and their own lists allow.
 *
 * @module
 */

import { finalizeEvent, generateSecretKey } from "nostr-tools/pure";
import { BoundedMap } from "./base/bounded_map.ts";
import type { Clock } from "./base/clock.ts";
import { ConnectionSignIn } from "./connections/connection_sign_in.ts";
import type { Identity, SignIn } from "./connections/identity.ts";
import type { RelayConnector } from "./connections/relay_connector.ts";
import type { UserSigner } from "./lists/user_lists.ts";
import { ADDRESS_LIST_KINDS, DM_LIST_KIND } from "./nostr/kinds.ts";
import type { RelayList } from "./nostr/relay_knowledge.ts";
import {
  type AuthOption,
  authTemplate,
  isSignedTemplate,
  type SignInRequest,
  signInRequest,
  type SignInSubject,
} from "./nostr/sign_in.ts";
import type { UserPolicy } from "./user_policy.ts";

/** What a {@link SignInPolicy} needs. */
export interface SignInPolicyOptions {
  readonly auth: AuthOption;
  readonly clock: Clock;
  /** Whose lists count, and what they block. */
  readonly policy: Pick<UserPolicy, "user" | "signer">;
  /** A relay list of the user's, from the store. */
  readonly list: (pubkey: string, kind: number) => Promise<RelayList | null>;
  /** Whether the user follows or has answered somebody. Never rejects. */
  readonly isContact: (pubkey: string) => Promise<boolean>;
  readonly connector: (url: string, identity: Identity) => RelayConnector;
  /** Called when a relay has accepted a sign-in. */
  readonly onSignedIn: (url: string) => void;
  /** Called when an identity must not be used any more. */
  readonly onEnded: (identity: Identity) => void;
  /** Called with what the app's own function throws, and with what reading lists throws. */
  readonly onError: (error: Error) => void;
}

/** How long a relay is not signed in to after the signer or the relay refused that. */
const REFUSED_PAUSE_MS = 300_000;
/** Most decisions that are remembered: strangers name relays without end. */
const MAX_REMEMBERED = 2_000;

/** See the module. */
export class SignInPolicy implements SignIn<RelayConnector> {
  readonly #options: SignInPolicyOptions;
  /** What the app's function said, by relay and purpose; of other policies: what was refused. */
  readonly #decisions = new BoundedMap<string, Promise<boolean>>({ max: MAX_REMEMBERED });
  /** The relays that the app's function allowed for any purpose, and those of contacts. */
  readonly #allowed = new BoundedMap<string, true>({ max: MAX_REMEMBERED });
  /** Until when relays are not signed in to, by identity and relay, in milliseconds since 1970. */
  readonly #pausedUntil = new BoundedMap<string, number>({ max: MAX_REMEMBERED });
  readonly #throwawayKeys = new BoundedMap<string, Uint8Array>({ max: MAX_REMEMBERED });
  readonly #throwaway: Identity;
  #user?: { readonly identity: Identity; readonly pubkey: string; readonly signer: UserSigner };
  #users = 0;

  /** Signs nothing before a relay has refused something. */
  constructor(options: SignInPolicyOptions) {
    this.#options = options;
    this.#throwaway = this.#identity("throwaway", (relay, challenge) => {
      const key = this.#throwawayKeys.get(relay) ?? generateSecretKey();
      this.#throwawayKeys.set(relay, key);
      const template = authTemplate(relay, challenge, options.clock.now());
      return Promise.resolve(finalizeEvent(template, key));
    }, () => options.auth === "throwaway");
    this.userChanged();
  }

  /** Call it when the user or the signer may have changed. */
  userChanged(): void {
    const { user, signer } = this.#options.policy;
    const before = this.#user;
    if (user?.pubkey === before?.pubkey && signer === before?.signer) return;
    this.#user = undefined;
    this.#decisions.clear();
    this.#allowed.clear();
    if (before) this.#options.onEnded(before.identity);
    if (!user || typeof signer?.signEvent !== "function") return;
    const { pubkey } = user;
    const sign = async (relay: string, challenge: string) => {
      const template = authTemplate(relay, challenge, this.#options.clock.now());
      const event = await signer.signEvent!(template);
      if (isSignedTemplate(event, template, pubkey)) return event;
      throw new Error(`the signer must sign as ${pubkey} what it is given, got ${event?.pubkey}`);
    };
    const isUsers = async (relay: string) =>
      this.#user?.identity === identity && (this.#allowed.has(relay) || await this.#isOwn(relay));
    const identity = this.#identity(`user ${++this.#users}`, sign, isUsers);
    this.#user = { identity, pubkey, signer };
  }

  /** See {@link SignIn.known}. */
  known(subject: SignInSubject): Promise<RelayConnector | undefined> | undefined {
    const request = this.#request(subject);
    if (!request || !this.#decisions.has(keyOf(request))) return undefined;
    return this.#connector(request);
  }

  /** See {@link SignIn.refused}. */
  async refused(subject: SignInSubject): Promise<RelayConnector | undefined> {
    const request = this.#request(subject);
    return request && await this.#connector(request);
  }

  #request(subject: SignInSubject): SignInRequest | undefined {
    const { auth, policy } = this.#options;
    if (auth === "never") return undefined;
    const { pubkey, lists } = policy.user ?? {};
    const hasGroup = (id: string, host: string) => lists?.groups.get(id) === host;
    return signInRequest(subject, { user: pubkey, hasGroup });
  }

  async #connector(request: SignInRequest): Promise<RelayConnector | undefined> {
    const { connector } = this.#options;
    const { relay } = request;
    if (this.#isBlocked(relay)) return undefined;
    const identity = await this.#decide(request);
    if (!identity || this.#isPaused(identity, relay)) return undefined;
    return connector(relay, identity);
  }

  async #decide(request: SignInRequest): Promise<Identity | undefined> {
    const { auth } = this.#options;
    const { relay, purpose } = request;
    const user = this.#user;
    if (typeof auth === "function") {
      const isAllowed = user && await this.#ask(auth, request);
      return isAllowed && this.#user === user ? user.identity : undefined;
    }
    if (!this.#decisions.has(keyOf(request))) {
      this.#decisions.set(keyOf(request), Promise.resolve(true));
    }
    const isAllowed = user !== undefined && purpose !== "posts" &&
      (await this.#isOwn(relay) || purpose === "deliver" && await this.#isOfContacts(request));
    if (isAllowed && this.#user === user) return user.identity;
    const isNameless = purpose === "posts" || purpose === "deliver";
    return auth === "throwaway" && isNameless ? this.#throwaway : undefined;
  }

  /** Asks the app, once for each relay and purpose. */
  #ask(
    auth: (request: SignInRequest) => boolean | Promise<boolean>,
    request: SignInRequest,
  ): Promise<boolean> {
    const key = keyOf(request);
    const known = this.#decisions.get(key);
    if (known) return known;
    const ask = async () => {
      try {
        const isAllowed = await auth(request) === true;
        if (isAllowed && this.#decisions.get(key) === asked) this.#allowed.set(request.relay, true);
        return isAllowed;
      } catch (cause) {
        this.#options.onError(new Error(`Option "auth" failed for ${request.relay}`, { cause }));
        return false;
      }
    };
    // The function runs after it is remembered that it was asked.
    const asked = Promise.resolve().then(ask);
    this.#decisions.set(key, asked);
    return asked;
  }

  /** Whether a relay is in one of the user's own lists (10002, 10050, 10013, 10009, 10089). */
  async #isOwn(relay: string): Promise<boolean> {
    const { policy, list, onError } = this.#options;
    const { user } = policy;
    if (!user) return false;
    await user.lists.ready();
    const { trusted, groups } = user.lists;
    const own = [...trusted, ...user.lists.private, ...groups.values()];
    if (own.includes(relay)) return true;
    try {
      const lists = await Promise.all(ADDRESS_LIST_KINDS.map((kind) => list(user.pubkey, kind)));
      return lists.some((one) => one?.read.includes(relay) || one?.write.includes(relay));
    } catch (cause) {
      onError(new Error(`Cannot read whether ${relay} is a relay of the user's`, { cause }));
      return false;
    }
  }

  /** Whether people whom the user follows, or has answered, want their messages at a relay. */
  async #isOfContacts({ people, relay }: SignInRequest): Promise<boolean> {
    const { isContact, list, onError } = this.#options;
    const isOf = async (pubkey: string) =>
      (await list(pubkey, DM_LIST_KIND))?.read.includes(relay) && await isContact(pubkey);
    try {
      const all = await Promise.all(people.map(isOf));
      if (all.length === 0 || all.includes(undefined) || all.includes(false)) return false;
    } catch (cause) {
      onError(new Error(`Cannot read whose messages ${relay} takes`, { cause }));
      return false;
    }
    this.#allowed.set(relay, true);
    return true;
  }

  /** Even the host of one of the user's groups is not signed in to where they block it. */
  #isBlocked(relay: string): boolean {
    return this.#options.policy.user?.lists.isBlocked(relay) ?? false;
  }

  #isPaused({ key }: Identity, relay: string): boolean {
    return (this.#pausedUntil.get(`${relay} ${key}`) ?? 0) > this.#options.clock.now();
  }

  #identity(key: string, sign: Identity["sign"], mayBeUsed: MayBeUsed): Identity {
    const { clock } = this.#options;
    const refused = (relay: string) =>
      void this.#pausedUntil.set(`${relay} ${key}`, clock.now() + REFUSED_PAUSE_MS);
    const identity: Identity = {
      key,
      signer: (relay) => new ConnectionSignIn(relay, identity, clock),
      accepted: this.#options.onSignedIn,
      refused,
      sign: async (relay, challenge) => {
        const isAllowed = await mayBeUsed(relay) && !this.#isBlocked(relay);
        if (!isAllowed || this.#isPaused(identity, relay)) {
          throw new Error("the policy does not allow it now");
        }
        // A signer that has not answered yet is not asked again meanwhile.
        refused(relay);
        const event = await sign(relay, challenge);
        this.#pausedUntil.delete(`${relay} ${key}`);
        return event;
      },
    };
    return identity;
  }
}

/** Whether an identity may be used at a relay, at this moment. */
type MayBeUsed = (relay: string) => boolean | Promise<boolean>;

function keyOf({ relay, purpose }: SignInRequest): string {
  return `${relay} ${purpose}`;
}
