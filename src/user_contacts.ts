/**
 * Whom the app's user knows: the people whom they follow, or have written to in public.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { Clock } from "./base/clock.ts";
import { BoundedSet } from "./base/bounded_set.ts";
import { FOLLOW_LIST_KIND } from "./nostr/kinds.ts";
import { isNewer } from "./nostr/versions.ts";

/** What {@link UserContacts} need. */
export interface UserContactsOptions {
  readonly clock: Pick<Clock, "now">;
  /** The app's user, at this moment. */
  readonly user: () => string | undefined;
  /** Queries what is stored. */
  readonly stored: (filters: NostrFilter[]) => Promise<NostrEvent[]>;
  /** Queries relays. */
  readonly query: (filters: NostrFilter[]) => Promise<NostrEvent[]>;
  readonly onError: (error: Error) => void;
}

/** Notes, comments and direct messages (NIP-10, NIP-22, NIP-04): their `p` tags are addressees. */
const ANSWER_KINDS: readonly number[] = [1, 1111, 4];
/** How many of the people whom the user has written to are remembered at least. */
const MIN_ANSWERED = 10_000;
/** How long it is believed that no relay has a follow list of the user's. */
const NO_LIST_MS = 600_000;

/** See the module. What others sign has no influence. */
export class UserContacts {
  readonly #options: UserContactsOptions;
  #user?: string;
  #follows?: NostrEvent;
  #followed: ReadonlySet<string> = new Set();
  #answered = new BoundedSet(MIN_ANSWERED);
  #reading?: { readonly at: number; readonly isOver: Promise<void> };

  /** Reads nothing yet. */
  constructor(options: UserContactsOptions) {
    this.#options = options;
  }

  /** Learns from an event that a relay sent, and whose signature is verified, or took. */
  saw(event: NostrEvent): void {
    if (event.pubkey !== this.#current()) return;
    if (event.kind === FOLLOW_LIST_KIND) this.#follow(event);
    if (ANSWER_KINDS.includes(event.kind)) {
      for (const one of tagged(event)) this.#answered.add(one);
    }
  }

  /**
   * Whether the user follows or has answered somebody. Reads the user's follow list if that is not
   * known yet: what is stored, or else at relays. Nobody is asked whom the user has answered.
   */
  async has(pubkey: string): Promise<boolean> {
    const user = this.#current();
    if (user === undefined) return false;
    const isKnown = () => this.#followed.has(pubkey) || this.#answered.has(pubkey);
    if (!isKnown()) {
      await this.#readAnswers(user, pubkey);
      if (!isKnown() && !this.#follows) await this.#readFollows(user);
    }
    return user === this.#current() && isKnown();
  }

  /** The user; forgets everything about the one before. */
  #current(): string | undefined {
    const user = this.#options.user();
    if (user === this.#user) return user;
    this.#user = user;
    this.#follows = undefined;
    this.#followed = new Set();
    this.#answered = new BoundedSet(MIN_ANSWERED);
    this.#reading = undefined;
    return user;
  }

  #follow(event: NostrEvent): void {
    if (this.#follows && !isNewer(event, this.#follows)) return;
    this.#follows = event;
    this.#followed = new Set(tagged(event));
  }

  async #readAnswers(user: string, pubkey: string): Promise<void> {
    const filter = { authors: [user], "#p": [pubkey], kinds: [...ANSWER_KINDS], limit: 1 };
    await this.#read("stored", [filter, listOf(user)]);
  }

  async #readFollows(user: string): Promise<void> {
    const at = this.#options.clock.now();
    if (!this.#reading || at - this.#reading.at > NO_LIST_MS) {
      this.#reading = { at, isOver: this.#read("query", [listOf(user)]) };
    }
    await this.#reading.isOver;
  }

  /** Reads events of the user's. Never rejects. */
  async #read(from: "stored" | "query", filters: NostrFilter[]): Promise<void> {
    try {
      for (const event of await this.#options[from](filters)) this.saw(event);
    } catch (cause) {
      this.#options.onError(new Error("Cannot read whom the user follows", { cause }));
    }
  }
}

function listOf(user: string): NostrFilter {
  return { authors: [user], kinds: [FOLLOW_LIST_KIND], limit: 1 };
}

function tagged({ tags }: NostrEvent): string[] {
  return tags.flatMap(([name, value]) => name === "p" && value ? [value] : []);
}
