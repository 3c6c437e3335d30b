/**
 * The lists of the app's own user: blocked relays, search relays, groups, and relays
 * for private drafts.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { Clock } from "../base/clock.ts";
import {
  BLOCKED_LIST_KIND,
  GROUP_LIST_KIND,
  PRIVATE_LIST_KIND,
  SEARCH_LIST_KIND,
} from "../nostr/kinds.ts";
import { ANY_RELAY } from "../nostr/relay_list.ts";
import { hostOf, type RelayUrlCheck, rememberedCheck } from "../nostr/relay_url.ts";
import { isNewer } from "../nostr/versions.ts";
import { PrivateEntries, type UserSigner } from "./private_entries.ts";
import type { ListListener } from "./relay_list_store.ts";

export type { Decrypter, UserSigner } from "./private_entries.ts";

/** Where {@link UserLists} reads. `RelayListStore` is one. */
export interface UserListSource {
  /** Events that match. */
  query(filters: NostrFilter[]): Promise<NostrEvent[]>;
  /** Tells of newer lists; what it returns ends that. */
  onList(listener: ListListener): () => void;
}

/** Whose lists, and how they are read. */
export interface UserListsOptions {
  /** The user's pubkey. */
  readonly user: string;
  /** Decrypts private entries; without one, public entries alone count. */
  readonly signer?: UserSigner;
  readonly store: UserListSource;
  /** Whether a relay is usable: the policy, before anything is blocked. */
  readonly check: (url: string) => RelayUrlCheck;
  readonly clock: Clock;
  /**
   * How many milliseconds `ready` waits for the signer; an integer >= 0. Private
   * entries that come later count from then on.
   * @default 3000
   */
  readonly timeout?: number;
  /** Told what could not be read, and what a listener throws. */
  readonly onError: (error: Error) => void;
}

/** The kinds that are read. */
const KINDS = [BLOCKED_LIST_KIND, SEARCH_LIST_KIND, GROUP_LIST_KIND, PRIVATE_LIST_KIND];
/** Most entries of one list that count, public ones first. */
const MAX_ENTRIES = 64;

/** What one version of a list says. */
interface Entries {
  readonly publicTags: readonly string[][];
  /** Private entries; while those of a new version are decrypted, those of the last. */
  readonly privateTags: readonly string[][];
}

/** See the module. Follows the store. */
export class UserLists {
  readonly #options: UserListsOptions;
  readonly #privates: PrivateEntries | undefined;
  readonly #stopListening: () => void;
  readonly #listeners = new Set<{ readonly listener: () => void }>();
  readonly #entries = new Map<number, Entries>();
  /** Which reading of each kind is the last. */
  readonly #readings = new Map<number, symbol>();
  #ready?: Promise<void>;
  #hasFailed = false;
  #isClosed = false;

  #blockedHosts: ReadonlySet<string> = new Set();
  #blockedUrls: ReadonlySet<string> = new Set();
  #search: readonly string[] = [];
  #private: readonly string[] = [];
  #groups: ReadonlyMap<string, string> = new Map();
  #hosts: ReadonlySet<string> = new Set();

  constructor(options: UserListsOptions) {
    const { user, signer, store, onError } = options;
    this.#options = options;
    if (signer) this.#privates = new PrivateEntries(signer, onError);
    this.#stopListening = store.onList(({ pubkey }, kind, event) => {
      if (pubkey === user && KINDS.includes(kind)) this.#update(kind, event);
    });
  }

  /**
   * Resolves once the lists are read, or cannot be, those that were just stored among
   * them; never rejects. What cannot be read is told once, and tried again at the next call.
   */
  ready(): Promise<void> {
    return this.#ready ??= this.#reading(KINDS);
  }

  /**
   * Whether the user has blocked a relay (kind 10006, NIP-51). An entry for the root of
   * a host stands for all of that host, one with a path or a query for itself.
   *
   * @param url In normal form.
   * @param use `"group"`: it is asked as the host of a group. The hosts of the user's
   * own groups (kind 10009) are not blocked as such.
   */
  isBlocked(url: string, use?: "group"): boolean {
    if (this.#blockedHosts.size === 0 && this.#blockedUrls.size === 0) return false;
    if (use === "group" && this.#hosts.has(url)) return false;
    return this.#blockedUrls.has(url) || this.#blockedHosts.has(hostOf(url));
  }

  /** Where the user's searches go (kind 10007, NIP-51). */
  get search(): readonly string[] {
    return this.#search;
  }

  /** Where the user's private drafts are (kind 10013, NIP-37). */
  get private(): readonly string[] {
    return this.#private;
  }

  /** The user's groups (kind 10009, NIP-51), each with its host, by id. */
  get groups(): ReadonlyMap<string, string> {
    return this.#groups;
  }

  /** Tells when any of it has changed; what it returns ends that. */
  onChange(listener: () => void): () => void {
    const own = { listener };
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Stops following the store. What was read stays. */
  close(): void {
    this.#isClosed = true;
    this.#stopListening();
  }

  /** Uses the event that was just stored; reads the store again where a list was deleted. */
  #update(kind: number, event: NostrEvent | undefined): void {
    const before = this.#ready;
    const update = event
      ? this.#inTime([this.#take(kind, event, this.#beginReading([kind]))])
      : this.#reading([kind]);
    if (before) this.#ready = Promise.all([before, update]).then(() => {});
  }

  /** Makes earlier readings of these kinds outdated; whether this one is not. */
  #beginReading(kinds: readonly number[]): (kind: number) => boolean {
    const reading = Symbol();
    for (const kind of kinds) this.#readings.set(kind, reading);
    return (kind) => this.#readings.get(kind) === reading;
  }

  async #reading(kinds: readonly number[]): Promise<void> {
    if (!await this.#read(kinds)) this.#ready = undefined;
  }

  /** Reads the newest list of each kind; whether the store could be asked. */
  async #read(kinds: readonly number[]): Promise<boolean> {
    const { user, store, onError } = this.#options;
    const isLast = this.#beginReading(kinds);
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
    await this.#inTime(kinds.map((kind) => {
      const own = events.filter((event) => event.kind === kind && event.pubkey === user);
      const newest = own.reduce<NostrEvent | undefined>(
        (a, b) => a && isNewer(a, b) ? a : b,
        undefined,
      );
      return this.#take(kind, newest, isLast);
    }));
    return true;
  }

  /** Waits for what the signer has to do, up to `timeout`. */
  async #inTime(work: readonly Promise<void>[]): Promise<void> {
    const { user, clock, timeout = 3000, onError } = this.#options;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(timeout, () => {
      onError(new Error(`No private entries of user ${user}: the signer took over ${timeout} ms`));
      resolve();
    });
    await Promise.race([late, Promise.all(work)]);
    cancel();
  }

  async #take(
    kind: number,
    event: NostrEvent | undefined,
    isLast: (kind: number) => boolean,
  ): Promise<void> {
    if (!isLast(kind)) return;
    const isSealed = event !== undefined && event.content !== "" && this.#privates !== undefined;
    const before = isSealed ? this.#entries.get(kind)?.privateTags ?? [] : [];
    this.#set(kind, { publicTags: event?.tags ?? [], privateTags: before });
    if (!event || !isSealed) return;
    const privateTags = await this.#privates!.of(event);
    if (isLast(kind)) this.#set(kind, { publicTags: event.tags, privateTags });
  }

  #set(kind: number, entries: Entries): void {
    if (this.#isClosed || text(entries) === text(this.#entries.get(kind))) return;
    this.#entries.set(kind, entries);
    const tags = [...entries.publicTags, ...entries.privateTags];
    const { check } = this.#options;
    if (kind === BLOCKED_LIST_KIND) {
      const blocked = namedIn(tags, "relay", 1, rememberedCheck(ANY_RELAY)).map(([, url]) => url);
      this.#blockedHosts = new Set(blocked.filter(isRoot).map(hostOf));
      this.#blockedUrls = new Set(blocked);
    } else if (kind === GROUP_LIST_KIND) {
      const groups = namedIn(tags, "group", 2, check);
      // Of several hosts of one id the first one counts.
      this.#groups = new Map(groups.toReversed().map(([id, url]) => [id, url]));
      this.#hosts = new Set(groups.map(([, url]) => url));
    } else {
      const urls = [...new Set(namedIn(tags, "relay", 1, check).map(([, url]) => url))];
      if (kind === SEARCH_LIST_KIND) this.#search = urls;
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

/** The first value of each usable entry and the relay at `place`, in normal form. */
function namedIn(
  tags: readonly (readonly unknown[])[],
  name: string,
  place: number,
  check: (url: string) => RelayUrlCheck,
): [value: string, url: string][] {
  const entries = tags.filter((tag) => Array.isArray(tag) && tag[0] === name).slice(0, MAX_ENTRIES);
  return entries.flatMap(({ 1: value, [place]: relay }) => {
    if (typeof value !== "string" || typeof relay !== "string") return [];
    const { url } = check(relay);
    return url === undefined ? [] : [[value, url]];
  });
}

/** Whether a relay is all of its host. */
function isRoot(url: string): boolean {
  return url.endsWith(`/${hostOf(url)}/`);
}

function text(entries: Entries | undefined): string {
  return JSON.stringify([entries?.publicTags ?? [], entries?.privateTags ?? []]);
}
