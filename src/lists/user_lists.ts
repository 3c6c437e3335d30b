/**
 * Reads the lists of the app's own user: blocked relays, search relays, groups, relays for
 * private drafts, indexers, and relays that the user trusts.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { onAbort } from "../base/abortable.ts";
import { type Clock, MAX_TIMER_MS } from "../base/clock.ts";
import type { OnDemand } from "../base/on_demand.ts";
import { expiresAt, isExpired } from "../nostr/expiration.ts";
import {
  BLOCKED_LIST_KIND,
  GROUP_LIST_KIND,
  INDEXER_LIST_KIND,
  SEARCH_LIST_KIND,
  TRUSTED_LIST_KIND,
  USER_LIST_KINDS,
} from "../nostr/kinds.ts";
import { ANY_RELAY } from "../nostr/relay_list.ts";
import { hostOf, type RelayUrlCheck, rememberedCheck } from "../nostr/relay_url.ts";
import { isNewer } from "../nostr/versions.ts";
import { isHostRoot, readEntries } from "./list_entries.ts";
import type { PrivateEntries, UserSigner } from "./private_entries.ts";
import type { ListListener } from "./relay_list_store.ts";
import { writingPart } from "./write_lists.ts";

export type { Decrypter, UserSigner } from "./private_entries.ts";

/** The source of {@link UserLists}. `RelayListStore` is one. */
export interface UserListSource {
  /** Events that match. */
  query(filters: NostrFilter[]): Promise<NostrEvent[]>;
  /** Calls `listener` with each newer list; the returned function removes it. */
  onList(listener: ListListener): () => void;
}

/** Whose lists to read, and how. */
export interface UserListsOptions {
  /** The user's pubkey. */
  readonly user: string;
  /** Decrypts private entries; without one, only public entries count. */
  readonly signer?: UserSigner;
  readonly store: UserListSource;
  /** Whether the app's policy allows a relay, before the user's own block list. */
  readonly check: (url: string) => RelayUrlCheck;
  readonly clock: Clock;
  /**
   * How many milliseconds `ready` waits for the signer; an integer of at least 0. Private
   * entries that come later count from then on.
   * @default 3000
   */
  readonly timeout?: number;
  /** Called with what could not be read, and with what a listener throws. */
  readonly onError: (error: Error) => void;
}

/** When a signer that failed is asked again; each further wait is twice as long. */
const SIGNER_RETRY_MS = 5_000;
const LONGEST_SIGNER_RETRY_MS = 600_000;
/** How long a signer may take, in addition, before it is asked again: a user may have to agree. */
const SIGNER_PATIENCE_MS = 60_000;
/** Most indexers of the user's that count: each gets all profiles and lists. */
const MAX_INDEXERS = 4;

/** The entries of one version of a list. */
interface Entries {
  readonly publicTags: readonly string[][];
  /** Those of the previous version, while those of a new one are being decrypted. */
  readonly privateTags: readonly string[][];
}

/** Keeps the user's lists current with the store until it is closed. */
export class UserLists {
  readonly #options: UserListsOptions;
  #privateEntries: OnDemand<PrivateEntries> | undefined;
  readonly #stopListening: () => void;
  readonly #listeners = new Set<{ readonly listener: () => void }>();
  readonly #entries = new Map<number, Entries>();
  /** The newest version of each kind. */
  readonly #versions = new Map<number, NostrEvent>();
  /** The last reading of each kind from the store; the results of earlier ones are dropped. */
  readonly #readings = new Map<number, symbol>();
  /** What asks the signer again, by kind. */
  readonly #retries = new Map<number, { cancel: () => void }>();
  /** What calls off the end of each list that expires. */
  readonly #expiries = new Map<number, () => void>();
  #ready?: Promise<void>;
  #hasFailed = false;
  readonly #closing = new AbortController();

  #blockedHosts: ReadonlySet<string> = new Set();
  #blockedUrls: ReadonlySet<string> = new Set();
  #search: readonly string[] = [];
  #private: readonly string[] = [];
  #indexers: readonly string[] = [];
  #trusted: readonly string[] = [];
  #groups: ReadonlyMap<string, string> = new Map();
  #groupHosts: ReadonlySet<string> = new Set();

  constructor(options: UserListsOptions) {
    const { user, signer, store } = options;
    this.#options = options;
    this.#privateEntries = this.#privateEntriesOf(signer);
    this.#stopListening = store.onList(({ pubkey }, kind, event) => {
      if (pubkey === user && USER_LIST_KINDS.includes(kind)) this.#update(kind, event);
    });
  }

  /**
   * Resolves once the lists, including those that were just stored, are read or cannot be
   * read; never rejects. After a failure, calls `onError` once, and the next call tries again.
   */
  ready(): Promise<void> {
    return this.#ready ??= this.#readOrRetryLater(USER_LIST_KINDS);
  }

  /**
   * Whether the user has blocked a relay (kind 10006, NIP-51). An entry for the root of a
   * host blocks the whole host; an entry with a path or a query blocks only itself.
   *
   * @param url In normal form.
   * @param use `"group"`: the relay is the host of a group. The hosts of the user's own
   * groups (kind 10009) are not blocked in that use.
   */
  isBlocked(url: string, use?: "group"): boolean {
    if (this.#blockedHosts.size === 0 && this.#blockedUrls.size === 0) return false;
    if (use === "group" && this.#groupHosts.has(url)) return false;
    return this.#blockedUrls.has(url) || this.#blockedHosts.has(hostOf(url));
  }

  /** The relays for the user's searches (kind 10007, NIP-51). */
  get search(): readonly string[] {
    return this.#search;
  }

  /** The relays for the user's private drafts (kind 10013, NIP-37). */
  get private(): readonly string[] {
    return this.#private;
  }

  /** The user's indexers (kind 10086, a draft): the first four. */
  get indexers(): readonly string[] {
    return this.#indexers;
  }

  /** The relays that the user trusts (kind 10089, a draft). */
  get trusted(): readonly string[] {
    return this.#trusted;
  }

  /** The host of each of the user's groups (kind 10009, NIP-51), by the group's id. */
  get groups(): ReadonlyMap<string, string> {
    return this.#groups;
  }

  /** Calls `listener` after each change; the returned function removes it. */
  onChange(listener: () => void): () => void {
    const entry = { listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** Decrypts with another signer, or with none, from now on. */
  useSigner(signer: UserSigner | undefined): void {
    this.#privateEntries = this.#privateEntriesOf(signer);
    if (this.#ready) this.#ready = this.#readOrRetryLater(USER_LIST_KINDS);
  }

  /** Stops listening to the store, and waits for the signer no longer. What was read stays. */
  close(): void {
    this.#closing.abort();
    this.#cancelRetries(USER_LIST_KINDS);
    for (const cancel of this.#expiries.values()) cancel();
    this.#stopListening();
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Uses the event that just became known; after a deletion, reads the store again. */
  #update(kind: number, event: NostrEvent | undefined): void {
    // A list that could not be stored was not compared with the stored one.
    if (event && this.#newest(kind, [event]) !== event) return;
    if (!event) this.#versions.delete(kind);
    const before = this.#ready;
    const update = event
      ? this.#waitForSigner([this.#apply(kind, event)])
      : this.#readOrRetryLater([kind]);
    if (before) this.#ready = Promise.all([before, update]).then(() => {});
  }

  /** The newest of some versions and the one in use, if there is any; of equals the latter. */
  #newest(kind: number, versions: readonly NostrEvent[]): NostrEvent | undefined {
    return versions.reduce<NostrEvent | undefined>(
      (a, b) => a && !isNewer(b, a) ? a : b,
      this.#versions.get(kind),
    );
  }

  async #readOrRetryLater(kinds: readonly number[]): Promise<void> {
    if (!await this.#read(kinds)) this.#ready = undefined;
  }

  /** Reads the newest list of each kind; `false` if the store failed. */
  async #read(kinds: readonly number[]): Promise<boolean> {
    const { user, store, onError } = this.#options;
    const reading = Symbol();
    for (const kind of kinds) this.#readings.set(kind, reading);
    let events: NostrEvent[];
    try {
      events = await store.query([{ kinds: [...kinds], authors: [user] }]);
      this.#hasFailed = false;
    } catch (cause) {
      const isFirst = !this.#hasFailed;
      this.#hasFailed = true;
      if (isFirst) onError(new Error(`Cannot read the lists of user ${user}`, { cause }));
      return false;
    }
    await this.#waitForSigner(kinds.map((kind) => {
      if (this.#readings.get(kind) !== reading) return Promise.resolve();
      const versions = events.filter((event) => event.kind === kind && event.pubkey === user);
      // The store may not have the newest: it could not keep it, or it came meanwhile.
      return this.#apply(kind, this.#newest(kind, versions));
    }));
    return true;
  }

  /** Waits until the signer is done, or for `timeout` milliseconds, or until `close()`. */
  async #waitForSigner(work: readonly Promise<void>[]): Promise<void> {
    const { user, clock, timeout = 3000, onError } = this.#options;
    const { promise: isOver, resolve } = Promise.withResolvers<void>();
    const release = onAbort(this.#closing.signal, resolve);
    const cancel = clock.after(timeout, () => {
      onError(new Error(`No private entries of user ${user}: the signer took over ${timeout} ms`));
      resolve();
    });
    await Promise.race([isOver, Promise.all(work)]);
    release();
    cancel();
  }

  /** Uses a version of a list; `undefined` stands for none. */
  async #apply(kind: number, given: NostrEvent | undefined): Promise<void> {
    this.#cancelRetries([kind]);
    if (given) {
      this.#versions.set(kind, given);
      this.#expireLater(kind, given);
    } else this.#versions.delete(kind);
    const event = given && !isExpired(given, this.#options.clock.now() / 1000) ? given : undefined;
    const privateEntries = event && event.content !== "" ? this.#privateEntries : undefined;
    const before = privateEntries ? this.#entries.get(kind)?.privateTags ?? [] : [];
    this.#set(kind, { publicTags: event?.tags ?? [], privateTags: before });
    if (event && privateEntries) await this.#decrypt(event, privateEntries);
  }

  /** What decrypts private entries, which few users have. */
  #privateEntriesOf(signer: UserSigner | undefined): OnDemand<PrivateEntries> | undefined {
    const { onError } = this.#options;
    return signer && writingPart.of((part) => new part.PrivateEntries(signer, onError), onError);
  }

  /** Sets the private entries; asks the signer again if it fails, or takes too long. */
  async #decrypt(
    event: NostrEvent,
    privateEntries: OnDemand<PrivateEntries>,
    tries = 1,
  ): Promise<void> {
    const { kind } = event;
    const isOver = () =>
      this.#isClosed || this.#versions.get(kind) !== event ||
      this.#privateEntries !== privateEntries;
    if (isOver()) return;
    const { clock } = this.#options;
    const wait = Math.min(SIGNER_RETRY_MS * 2 ** (tries - 1), LONGEST_SIGNER_RETRY_MS);
    const askAgain = () => {
      privateEntries.loaded?.forget(kind);
      void this.#decrypt(event, privateEntries, tries + 1);
    };
    const retry = { cancel: clock.after(SIGNER_PATIENCE_MS + wait, askAgain) };
    this.#cancelRetries([kind]);
    this.#retries.set(kind, retry);
    const entries = privateEntries.loaded ?? await privateEntries.attempt();
    const privateTags = await entries?.of(event);
    if (isOver()) return;
    if (privateTags) {
      this.#cancelRetries([kind]);
      this.#set(kind, { publicTags: event.tags, privateTags });
    } else if (this.#retries.get(kind) === retry) {
      retry.cancel();
      retry.cancel = clock.after(wait, askAgain);
    }
  }

  #cancelRetries(kinds: readonly number[]): void {
    for (const kind of kinds) {
      this.#retries.get(kind)?.cancel();
      this.#retries.delete(kind);
    }
  }

  /** Forgets a list once it has expired (NIP-40). */
  #expireLater(kind: number, event: NostrEvent): void {
    const { clock } = this.#options;
    this.#expiries.get(kind)?.();
    this.#expiries.delete(kind);
    const ms = (expiresAt(event) ?? Infinity) * 1000 - clock.now();
    if (ms <= 0 || ms === Infinity || this.#isClosed) return;
    this.#expiries.set(
      kind,
      clock.after(Math.min(ms, MAX_TIMER_MS), () => {
        if (ms > MAX_TIMER_MS) this.#expireLater(kind, event);
        else void this.#apply(kind, undefined);
      }),
    );
  }

  #set(kind: number, entries: Entries): void {
    if (this.#isClosed || textOf(entries) === textOf(this.#entries.get(kind))) return;
    this.#entries.set(kind, entries);
    const tags = [...entries.publicTags, ...entries.privateTags];
    const { check } = this.#options;
    if (kind === BLOCKED_LIST_KIND) {
      const blocked = readEntries(tags, "relay", 1, rememberedCheck(ANY_RELAY))
        .map(([, url]) => url);
      this.#blockedHosts = new Set(blocked.filter(isHostRoot).map(hostOf));
      this.#blockedUrls = new Set(blocked);
    } else if (kind === GROUP_LIST_KIND) {
      const groups = readEntries(tags, "group", 2, check);
      // The first host of a group counts.
      this.#groups = new Map(groups.toReversed().map(([id, url]) => [id, url]));
      this.#groupHosts = new Set(groups.map(([, url]) => url));
    } else {
      const urls = [...new Set(readEntries(tags, "relay", 1, check).map(([, url]) => url))];
      if (kind === SEARCH_LIST_KIND) this.#search = urls;
      else if (kind === INDEXER_LIST_KIND) this.#indexers = urls.slice(0, MAX_INDEXERS);
      else if (kind === TRUSTED_LIST_KIND) this.#trusted = urls;
      else this.#private = urls;
    }
    for (const { listener } of this.#listeners) {
      try {
        listener();
      } catch (cause) {
        this.#options.onError(new Error("A listener of the user's lists failed", { cause }));
      }
    }
  }
}

function textOf(entries: Entries | undefined): string {
  return JSON.stringify([entries?.publicTags ?? [], entries?.privateTags ?? []]);
}
