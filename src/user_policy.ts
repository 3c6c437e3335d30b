/**
 * Which relays an outbox may use: the app's policy, less what the user's own lists block.
 *
 * @module
 */

import { UserLists, type UserSigner } from "./lists/user_lists.ts";
import type { RelayUrlCheck } from "./nostr/relay_url.ts";
import type { OutboxSettings } from "./outbox_settings.ts";
import type { PlanSettings } from "./plan/plan_options.ts";

/** See the module. Without a user it is the app's policy alone. */
export class UserPolicy {
  readonly #settings: Pick<OutboxSettings, "shared" | "router" | "store">;
  readonly #check: PlanSettings["check"];
  readonly #listeners = new Set<() => void>();
  #user?: string;
  #signer?: UserSigner;
  #lists?: UserLists;

  /** Follows the store from here on. */
  constructor(
    { shared, router, store, user, signer }: Pick<
      OutboxSettings,
      "shared" | "router" | "store" | "user" | "signer"
    >,
  ) {
    this.#settings = { shared, router, store };
    this.#check = router.plan.check;
    this.use({ user, signer });
  }

  /** The app's user, and their own lists; absent without a user. */
  get user(): { readonly pubkey: string; readonly lists: UserLists } | undefined {
    return this.#user === undefined || !this.#lists
      ? undefined
      : { pubkey: this.#user, lists: this.#lists };
  }

  /** The user's signer, if they have one. */
  get signer(): UserSigner | undefined {
    return this.#signer;
  }

  /** The user's own lists; absent without a user. */
  get lists(): UserLists | undefined {
    return this.#lists;
  }

  /** Follows the lists of this user from here on, decrypted by this signer. */
  use({ user, signer }: Pick<OutboxSettings, "user" | "signer">): void {
    const [isSameUser, isSameSigner] = [user === this.#user, signer === this.#signer];
    this.#user = user;
    this.#signer = signer;
    if (isSameUser && isSameSigner) return;
    if (isSameUser && this.#lists) return this.#lists.useSigner(signer);
    this.#lists?.close();
    this.#lists = undefined;
    if (user !== undefined) {
      const { shared: { clock, onError }, store } = this.#settings;
      this.#lists = new UserLists({ user, signer, store, check: this.#check, clock, onError });
      this.#lists.onChange(() => this.#notify());
    }
    this.#notify();
  }

  /**
   * Whether a relay may be used.
   *
   * @param use `"group"`: as the host of a group, which the user's own groups allow even
   * where the relay is blocked otherwise.
   */
  check(url: string, use?: "group"): RelayUrlCheck {
    const checked = this.#check(url, use);
    if (checked.url === undefined || !this.#lists?.isBlocked(checked.url, use)) return checked;
    return { reason: "blocked" };
  }

  /** Whether a relay must not be connected to for any use. */
  isBlocked(url: string): boolean {
    return this.#lists?.isBlocked(url, "group") ?? false;
  }

  /** Plan settings, with what the user's own lists say at this moment. */
  adapt(settings: PlanSettings): PlanSettings {
    if (!this.#lists) return settings;
    const { search } = this.#lists;
    const { indexerRelays } = settings;
    return {
      ...settings,
      check: (url, use) => this.check(url, use),
      indexerRelays: indexerRelays.length > 0
        ? [...new Set([...indexerRelays, ...this.indexers])]
        : indexerRelays,
      searchRelays: search.length > 0 ? search : settings.searchRelays,
    };
  }

  /** The user's own indexers, which count besides those of the app, if it has any. */
  get indexers(): readonly string[] {
    return (this.lists?.indexers ?? []).filter((url) => this.check(url).url !== undefined);
  }

  /** The relays that the user trusts, and has not blocked. */
  get trusted(): readonly string[] {
    return (this.lists?.trusted ?? []).filter((url) => this.check(url).url !== undefined);
  }

  /** Calls `listener` each time the user, or the user's own lists change. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Stops following the store; what was read stays. */
  close(): void {
    this.#lists?.close();
  }
}
