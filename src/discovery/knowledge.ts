/**
 * Combines all that an outbox knows of its subjects' relays: stored lists, lists that
 * discovery finds, the user's own lists, and hints.
 *
 * @module
 */

import { abortable } from "../base/abortable.ts";
import type { Clock } from "../base/clock.ts";
import { TimeSlices } from "../base/time_slices.ts";
import type { HintBook } from "../hints/hint_book.ts";
import { addDmLists, addHints, authorHints } from "../hints/merge_hints.ts";
import { knownLists, type KnownListsOptions, type KnownListsSource } from "../lists/known_lists.ts";
import type { UserLists } from "../lists/user_lists.ts";
import { DM_LIST_KIND, LIST_KINDS, RELAY_LIST_KIND } from "../nostr/kinds.ts";
import type {
  KnowledgeSource,
  Lookup,
  RelayHint,
  RelayKnowledge,
} from "../nostr/relay_knowledge.ts";
import type { RelayUrlCheck } from "../nostr/relay_url.ts";
import { addressAuthor, isEventKey, subjectKey } from "../nostr/subject_key.ts";
import type { FindOptions } from "./discovery_options.ts";
import type { ThreadAuthors } from "./thread_authors.ts";

export type { FindOptions } from "./discovery_options.ts";

/** The sources of {@link Knowledge}. */
export interface KnowledgeOptions {
  readonly clock: Clock;
  readonly store: KnownListsSource;
  readonly book: Pick<HintBook, "add" | "has" | "get" | "authorOf"> & { ready(): Promise<unknown> };
  /** Finds missing lists; absent if no relay may be asked. */
  readonly discovery?: {
    ready(): Promise<void>;
    find(kind: number, pubkeys: readonly string[], opts: FindOptions): Promise<void>;
  };
  /** Finds who wrote the events of threads; absent if nobody may be asked. `book` learns that. */
  readonly authors?: Pick<ThreadAuthors, "find" | "read">;
  /** The app's user and their own lists. */
  readonly user?: {
    readonly pubkey: string;
    readonly lists: Pick<UserLists, "ready" | "private" | "groups">;
  };
  /** Whether a relay is usable. */
  readonly check: (url: string) => RelayUrlCheck;
  /** How many milliseconds a look-up waits for missing lists. */
  readonly wait: number;
}

/** What is known at once, and what will be. */
export interface EarlyKnowledge {
  readonly knowledge: ReadonlyMap<string, RelayKnowledge>;
  /** The people whose lists are being looked for; absent if that is over. */
  readonly pending?: ReadonlySet<string>;
  /** All that is known once the search has ended, or has taken too long; with `pending`. */
  readonly rest?: Promise<ReadonlyMap<string, RelayKnowledge>>;
}

/** Shortest time between two searches for the user's own lists. */
const USER_LISTS_INTERVAL_MS = 600_000;
/** The weight of a group's host in the user's own list; one that a request names weighs more. */
const USER_GROUP_WEIGHT = 0.99;

/** What routers look up. */
export class Knowledge implements KnowledgeSource {
  readonly #options: KnowledgeOptions;
  /** A search that ends for many look-ups at once leaves other work its turn. */
  readonly #slices: TimeSlices;
  /** The last search for the user's own lists, and when it began. */
  #userSearch?: {
    readonly pubkey: string;
    readonly at: number;
    readonly done: Promise<unknown>;
  };

  /** Reads nothing, and asks no relay, before the first look-up. */
  constructor(options: KnowledgeOptions) {
    this.#options = options;
    this.#slices = new TimeSlices(options.clock);
  }

  /**
   * Looks subjects up: finds missing lists, and waits for them for a while. With `onFailure` a
   * database that fails leaves what is in memory, what relays send, and hints.
   *
   * @throws What the database throws if there is no `onFailure`, or the signal's reason.
   */
  async lookUp(lookup: Lookup, { signal, onFailure }: LookupOptions = {}): Promise<KnowledgeMap> {
    const { clock, discovery, wait } = this.#options;
    const until = clock.now() + wait;
    const opts = { signal, wait };
    await this.during(() => {
      const people = discovery?.find(RELAY_LIST_KIND, this.#people(lookup), opts);
      const dm = lookup.dm.length > 0 && discovery?.find(DM_LIST_KIND, lookup.dm, opts);
      return Promise.all([people, dm, this.#findAuthors(lookup, until, { signal, onFailure })]);
    }, signal);
    return await this.#known(lookup, { signal, onFailure });
  }

  /**
   * Like {@link Knowledge.lookUp}, but does not wait for missing kind 10002 lists: returns what is
   * known, and a promise of the rest. Waits as `lookUp` does where a look-up is not about people
   * alone.
   */
  async lookUpEarly(lookup: Lookup, opts: LookupOptions = {}): Promise<EarlyKnowledge> {
    const { discovery, wait } = this.#options;
    const { people, dm, eventsAndGroups } = lookup;
    const isOfPeople = people.length > 0 && dm.length + eventsAndGroups.length === 0;
    if (!discovery || wait === 0 || !isOfPeople) {
      return { knowledge: await this.lookUp(lookup, opts) };
    }
    const { signal } = opts;
    await abortable(Promise.all([this.#read(), discovery.ready()]), signal);
    const waiting = Promise.withResolvers<readonly string[]>();
    const found = discovery.find(RELAY_LIST_KIND, people, {
      signal,
      wait,
      onWaiting: waiting.resolve,
    });
    let isOver = false;
    const over = found.then(() => {
      isOver = true;
      return [];
    });
    const [missing] = await Promise.all([
      Promise.race([waiting.promise, over]),
      abortable(this.#findUserLists(), signal),
    ]);
    if (missing.length === 0) await found;
    const knowledge = await this.#known(lookup, opts);
    const pending = new Set(missing.filter((pubkey) => !knowledge.get(pubkey)?.write));
    if (isOver || pending.size === 0) return { knowledge };
    const rest = over.then(() => this.#slices.turn()).then(() => this.#known(lookup, opts));
    return { knowledge, pending, rest };
  }

  /** Finds who wrote the events of threads, and the lists of these people, until a time. */
  async #findAuthors(lookup: Lookup, until: number, opts: LookupOptions): Promise<void> {
    const unknown = this.#authorless(lookup);
    if (unknown.length > 0) await this.#options.authors?.find(unknown, until, opts);
  }

  /** The events of threads, by their ids, whose author is not known. */
  #authorless({ threads = [] }: Lookup): readonly string[] {
    return threads.filter((key) => isEventKey(key) && this.#authorOf(key) === undefined);
  }

  /**
   * Runs a search and, beside it, the search for the user's own lists. Begins once the
   * stored lists are read, so that blocked relays are known. Ends when both searches have
   * ended, or the waiting time for the user's lists is over.
   *
   * @throws What the search or the database throws, or the signal's reason.
   */
  async during<T>(search: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { discovery } = this.#options;
    await abortable(Promise.all([this.#read(), discovery?.ready()]), signal);
    const [found] = await Promise.all([search(), abortable(this.#findUserLists(), signal)]);
    return found;
  }

  /** Like {@link Knowledge.lookUp}, from what is stored: asks no relay. */
  async known(lookup: Lookup, opts: LookupOptions = {}): Promise<KnowledgeMap> {
    await abortable(this.#read(), opts.signal);
    const unknown = this.#authorless(lookup);
    if (unknown.length > 0) await this.#options.authors?.read(unknown, opts);
    return await this.#known(lookup, opts);
  }

  async #known(lookup: Lookup, opts: LookupOptions): Promise<KnowledgeMap> {
    const { store, user } = this.#options;
    await abortable(this.#read(), opts.signal);
    const people = this.#people(lookup);
    let knowledge: KnowledgeMap = await knownLists(store, people, opts);
    if (lookup.dm.length > 0) {
      const dmLists = await knownLists(store, lookup.dm, { ...opts, kind: DM_LIST_KIND });
      knowledge = addDmLists(knowledge, dmLists);
    }
    if (user && lookup.private.includes(user.pubkey)) {
      const own = { ...knowledge.get(user.pubkey), private: user.lists.private };
      knowledge = new Map([...knowledge, [user.pubkey, own]]);
    }
    const hints = this.#hints(people, lookup.eventsAndGroups, knowledge);
    return this.#withAuthors(lookup, addHints(knowledge, hints));
  }

  /** Adds who wrote the events of a look-up. */
  #withAuthors({ eventsAndGroups }: Lookup, knowledge: KnowledgeMap): KnowledgeMap {
    const authors = eventsAndGroups.flatMap((key): [string, RelayKnowledge][] => {
      const author = this.#authorOf(key);
      return author === undefined ? [] : [[key, { ...knowledge.get(key), author }]];
    });
    return authors.length === 0 ? knowledge : new Map([...knowledge, ...authors]);
  }

  /** The author of an event by its key. A coordinate names its author. */
  #authorOf(key: string): string | undefined {
    return addressAuthor(key) ?? this.#options.book.authorOf(key);
  }

  /** Resolves once hints and the user's lists are read from the database. */
  async #read(): Promise<void> {
    const { book, user } = this.#options;
    await Promise.all([book.ready(), user?.lists.ready()]);
  }

  /** Finds the user's own lists; waits for missing ones only the first time. */
  #findUserLists(): Promise<unknown> {
    const { clock, discovery, user, wait } = this.#options;
    if (!user || !discovery) return Promise.resolve();
    const at = clock.now();
    const isSameUser = this.#userSearch?.pubkey === user.pubkey;
    const last = isSameUser ? this.#userSearch : undefined;
    if (last && Math.abs(at - last.at) < USER_LISTS_INTERVAL_MS) return last.done;
    const opts = { wait: last ? 0 : wait };
    const searches = LIST_KINDS.map((kind) => discovery.find(kind, [user.pubkey], opts));
    const done = Promise.all(searches).catch((error: unknown) => {
      this.#userSearch = undefined;
      throw error;
    });
    this.#userSearch = { pubkey: user.pubkey, at, done };
    return done;
  }

  /** The people of a look-up, and the authors that hints name for its events. */
  #people({ people, eventsAndGroups }: Lookup): readonly string[] {
    const authors = eventsAndGroups.flatMap((subject) => this.#authorOf(subject) ?? []);
    return authors.length > 0 ? [...people, ...authors] : people;
  }

  /** The hints about people without a usable list, and about events and groups. */
  #hints(
    people: readonly string[],
    eventsAndGroups: readonly string[],
    knowledge: KnowledgeMap,
  ): Map<string, RelayHint[]> {
    const { book } = this.#options;
    const hints = new Map<string, RelayHint[]>();
    const add = (subject: string, more: RelayHint[]) => more.length > 0 && hints.set(subject, more);
    for (const pubkey of people) {
      const list = knowledge.get(pubkey);
      // The cheapest check first: most people have a list and no hints.
      if (list && (!book.has(pubkey) || this.#isUsable(list))) continue;
      add(pubkey, book.get(pubkey));
    }
    for (const subject of eventsAndGroups) {
      const hosts = this.#groupHosts(subject);
      const author = this.#authorOf(subject);
      const list = author === undefined ? undefined : knowledge.get(author);
      add(subject, hosts.length > 0 ? hosts : [...book.get(subject), ...authorHints(list ?? {})]);
    }
    return hints;
  }

  /** Whether a list names usable relays both to read from and to write to. */
  #isUsable({ write = [], read = [] }: RelayKnowledge): boolean {
    const { check } = this.#options;
    return [write, read].every((urls) => urls.some((url) => check(url).url !== undefined));
  }

  /** The host that the user's own list names for a group. */
  #groupHosts(subject: string): RelayHint[] {
    for (const [id, url] of this.#options.user?.lists.groups ?? []) {
      if (subjectKey("group", id) !== subject) continue;
      return [{ url, weight: USER_GROUP_WEIGHT, source: "hand" }];
    }
    return [];
  }
}

type KnowledgeMap = ReadonlyMap<string, RelayKnowledge>;
type LookupOptions = Pick<KnownListsOptions, "signal" | "onFailure">;
