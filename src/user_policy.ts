/**
 * Which relays an outbox may use: the app's policy, less what the user's own lists block.
 *
 * @module
 */

import { UserLists } from "./lists/user_lists.ts";
import type { RelayUrlCheck } from "./nostr/relay_url.ts";
import type { OutboxSettings } from "./outbox_settings.ts";
import type { PlanSettings } from "./plan/plan_options.ts";

/** See the module. Without a user it is the app's policy alone. */
export class UserPolicy {
  readonly #check: PlanSettings["check"];
  /** The user's own lists; absent without a user. */
  readonly lists?: UserLists;

  /** Follows the store from here on. */
  constructor(
    { shared, router, store, user, signer }: Pick<
      OutboxSettings,
      "shared" | "router" | "store" | "user" | "signer"
    >,
  ) {
    const { check } = router.plan;
    this.#check = check;
    if (user === undefined) return;
    const { clock, onError } = shared;
    this.lists = new UserLists({ user, signer, store, check, clock, onError });
  }

  /**
   * Whether a relay may be used.
   *
   * @param use `"group"`: as the host of a group, which the user's own groups allow even
   * where the relay is blocked otherwise.
   */
  check(url: string, use?: "group"): RelayUrlCheck {
    const checked = this.#check(url, use);
    if (checked.url === undefined || !this.lists?.isBlocked(checked.url, use)) return checked;
    return { reason: "blocked" };
  }

  /** Whether a relay must not be connected to for any use. */
  isBlocked(url: string): boolean {
    return this.lists?.isBlocked(url, "group") ?? false;
  }

  /** Plan settings, with what the user's own lists say at this moment. */
  adapt(settings: PlanSettings): PlanSettings {
    if (!this.lists) return settings;
    const { search } = this.lists;
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

  /** Calls `listener` each time the user's own lists change. */
  onChange(listener: () => void): void {
    this.lists?.onChange(listener);
  }

  /** Stops following the store; what was read stays. */
  close(): void {
    this.lists?.close();
  }
}
