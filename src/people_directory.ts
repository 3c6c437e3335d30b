/**
 * Finds the relays of people, events and groups: by search, by hints, and by what passes.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { abortable } from "./base/abortable.ts";
import type { OnDemand } from "./base/on_demand.ts";
import { PersistentMap } from "./base/persistent_map.ts";
import { within } from "./base/within.ts";
import { askRelay } from "./connections/ask_relay.ts";
import type { RelayRequestOptions } from "./connections/relay_request.ts";
import { Discovery, type SearchState } from "./discovery/discovery.ts";
import type { DiscoveryProgress } from "./discovery/discovery_progress.ts";
import type { EventSearch } from "./discovery/event_search.ts";
import { Knowledge, type KnowledgeOptions } from "./discovery/knowledge.ts";
import type { ListRebroadcaster } from "./discovery/list_rebroadcaster.ts";
import type { PassiveDiscovery } from "./discovery/passive_discovery.ts";
import type { AskRelay } from "./discovery/relay_search_queue.ts";
import { SEARCH_LOG_RECORDS } from "./discovery/search_log.ts";
import type { ThreadAuthors } from "./discovery/thread_authors.ts";
import { EventSightings } from "./hints/event_sightings.ts";
import type { Hint } from "./hints/hint.ts";
import { HintBook } from "./hints/hint_book.ts";
import { RELAY_LIST_KIND } from "./nostr/kinds.ts";
import type { checkedPeople } from "./nostr/checked_people.ts";
import type { Role } from "./nostr/relay_knowledge.ts";
import { refusalText } from "./nostr/relay_policy.ts";
import { isSubjectKey, subjectKey } from "./nostr/subject_key.ts";
import type { OutboxSettings } from "./outbox_settings.ts";
import type { PlanSettings } from "./plan/plan_options.ts";
import type { RelayListener } from "./relay_events.ts";
import type { Supervisor } from "./requests/supervisor.ts";
import type { UserContacts } from "./user_contacts.ts";
import type { UserPolicy } from "./user_policy.ts";

/** What a directory needs. */
export interface PeopleDirectoryOptions {
  readonly settings: OutboxSettings;
  readonly policy: UserPolicy;
  /** The relays that are searched. */
  readonly supervisor: Pick<Supervisor, "connector">;
  /** How they are asked. */
  readonly requests: Omit<RelayRequestOptions, "rank">;
  /** Publishes an event to one relay. */
  readonly publish: (url: string, event: NostrEvent, signal: AbortSignal) => Promise<void>;
  /** Queries the relays of a plan. */
  readonly query: (filters: NostrFilter[]) => Promise<NostrEvent[]>;
  /** How much a relay counts; one of weight 0 is not searched. */
  readonly weight: (url: string) => number;
  /** What learns from events that relays send or take. */
  readonly learning: Pick<OnDemand<LearnerClasses>, "of" | "load">;
}

/** Most people whose searches are remembered. */
const MAX_LOGGED_PEOPLE = 100_000;
/** Milliseconds until other processes are told how a search ended. */
const SHARED_LOG_DELAY_MS = 1_000;
/** Longest that one relay may take to answer which lists it has. */
const MAX_SEARCH_MS = 10_000;

/** See the module. */
export class PeopleDirectory implements RelayListener {
  readonly #options: PeopleDirectoryOptions;
  readonly #book: HintBook;
  readonly #sightings: EventSightings;
  readonly #threads: OnDemand<Threads>;
  readonly #learners: OnDemand<Learners>;
  /** Absent if the app names no indexer. */
  readonly #discovery?: Discovery;
  /** What routers look up. */
  readonly knowledge: Knowledge;
  /** The fallback relays of the moment; discovery reads it each time. */
  readonly #fallbacks: string[];

  /** Searches nothing yet. */
  constructor(options: PeopleDirectoryOptions) {
    this.#options = options;
    const { settings, policy, publish, query } = options;
    const { shared, store, records: backend } = settings;
    this.#fallbacks = [...settings.router.plan.fallbackRelays];
    const { clock, onError } = shared;
    const persistent = { clock, backend, onError };
    const check = (url: string) => policy.check(url);
    this.#book = new HintBook({ ...persistent, check });
    this.#sightings = new EventSightings({ ...persistent, check });
    this.#learners = options.learning.of((part) => ({
      passive: new part.PassiveDiscovery({
        clock,
        store,
        book: this.#book,
        get user() {
          return policy.user?.pubkey;
        },
        onError,
      }),
      contacts: new part.UserContacts({
        clock,
        user: () => policy.user?.pubkey,
        stored: (filters) => store.query(filters),
        query,
        onError,
      }),
      rebroadcaster: new part.ListRebroadcaster({ ...persistent, store, publish }),
    }));
    if (settings.router.plan.indexerRelays.length > 0) {
      this.#discovery = createDiscovery(options, this.#book, this.#fallbacks);
    }
    const book = hintsAndSightings(this.#book, this.#sightings);
    this.#threads = options.learning.of(({ EventSearch, ThreadAuthors }) => {
      const events = createEventSearch(EventSearch, options, book, this.#fallbacks);
      const discovery = this.#discovery;
      return { events, authors: new ThreadAuthors({ clock, store, book, discovery, events }) };
    });
    this.knowledge = new Knowledge({
      clock,
      store,
      book,
      authors: {
        find: async (keys, until, opts) =>
          await (await this.#authors(until, opts.signal))?.find(keys, until, opts),
        read: async (keys, opts) => {
          const until = clock.now() + settings.discoveryTimeout;
          await (await this.#authors(until, opts.signal))?.read(keys, opts);
        },
      },
      discovery: this.#discovery,
      get user() {
        return policy.user;
      },
      check,
      wait: settings.discoveryTimeout,
    });
  }

  /** Searches these fallback relays from now on. */
  use({ fallbackRelays }: Pick<PlanSettings, "fallbackRelays">): void {
    this.#fallbacks.splice(0, Infinity, ...fallbackRelays);
  }

  /** Learns from an event that a relay sent. */
  saw(event: NostrEvent, url: string): void {
    this.#sightings.saw(event, url);
    this.#learners.when(({ contacts, passive, rebroadcaster }) => {
      if (event.kind === RELAY_LIST_KIND) rebroadcaster.has(event, url);
      passive.saw(event, url);
      contacts.saw(event);
    });
  }

  /** Learns that a relay had nothing of a person or an event that another relay had. */
  missed(role: Role, subject: string, url: string): void {
    if (role === "group") return;
    this.#book.missed(subject, url);
    if (role === "id" || role === "given") this.#book.missed(subjectKey("id", subject), url);
  }

  /**
   * Learns from an event that a relay took, and sends its author's relay list after it. Resolves
   * once a list counts for what is published next.
   */
  published(event: NostrEvent, url: string): Promise<void> | undefined {
    this.#sightings.saw(event, url);
    const learn = ({ contacts, passive, rebroadcaster }: Learners) => {
      const storing = passive.published(event);
      contacts.saw(event);
      rebroadcaster.published(event, url);
      return storing;
    };
    const { loaded } = this.#learners;
    if (loaded) return learn(loaded);
    return this.#learners.attempt().then((learners) => learners && learn(learners));
  }

  /** Keeps people's lists fresh until the function that it returns is called. */
  watch(pubkeys: Iterable<string>): () => void {
    return this.#discovery?.watch(pubkeys) ?? (() => {});
  }

  /** See `Outbox.hint`. */
  hint(subject: string, relays: readonly string[]): void {
    if (!isSubjectKey(subject)) {
      throw new TypeError(
        `Cannot enter a hint: its subject must be a pubkey (64 lowercase hex), ` +
          `"id:<event id>", "address:<kind:pubkey:d>" or "group:<group id>", got ${
            JSON.stringify(subject)
          }`,
      );
    }
    if (!Array.isArray(relays)) {
      throw new TypeError(`Cannot enter a hint: "relays" must be an array, got ${relays}`);
    }
    const { check } = this.#options.settings.router.plan;
    for (const url of relays) {
      const { reason } = check(url);
      if (reason === undefined) continue;
      throw new TypeError(
        `Cannot enter a hint: ${JSON.stringify(url)} is ${refusalText(reason)}`,
      );
    }
    this.#book.add(relays.map((url) => ({ subject, url, source: "hand" })));
  }

  /** Whether the user follows or has answered somebody. Never rejects. */
  async isContact(pubkey: string): Promise<boolean> {
    const learners = await this.#learners.attempt();
    return await learners?.contacts.has(pubkey) ?? false;
  }

  /** The relays that sent an event, by its key; the first to send it first. */
  async seenOn(key: string): Promise<string[]> {
    await this.#sightings.ready();
    return this.#sightings.get(key).map(({ url }) => url);
  }

  /** How the last search for a list that is not stored ended. */
  async searchState(kind: number, pubkey: string): Promise<SearchState> {
    return await this.#discovery?.searchState(kind, pubkey) ?? "not-searched";
  }

  /** See `Outbox.discover`. */
  async discover(
    pubkeys: Iterable<string>,
    opts: DiscoverOptions = {},
  ): Promise<DiscoveryProgress> {
    opts.signal?.throwIfAborted();
    const { checkedPeople } = await abortable(this.#options.learning.load(), opts.signal);
    const people = checkedPeople(pubkeys, this.#options.settings.shared.onError);
    const discovery = this.#discovery;
    if (!discovery) return { known: 0, asked: 0, found: 0, missing: 0 };
    return await this.knowledge.during(() => discovery.discover(people, opts), opts.signal);
  }

  /** What finds the authors of threads, if it is loaded before a time. */
  async #authors(until: number, signal?: AbortSignal): Promise<ThreadAuthors | undefined> {
    const { clock } = this.#options.settings.shared;
    const threads = this.#threads.loaded ??
      await within(this.#threads.attempt(), clock, until - clock.now(), signal);
    signal?.throwIfAborted();
    return threads?.authors;
  }

  /** Remembers hints that the app gave. */
  addHints(hints: Iterable<Hint>): void {
    this.#book.add(hints);
  }

  /** Ends every search, and what is sent to relays without a call of the app. */
  async end(): Promise<void> {
    this.#threads.made?.events.close();
    await Promise.all([this.#discovery?.close(), this.#learners.made?.rebroadcaster.close()]);
  }

  /** Writes down what was learned. The relays must be closed by then. */
  async close(): Promise<void> {
    await this.#learners.idle(this.#options.settings.shared.clock);
    await this.end();
    await Promise.all([
      this.#learners.made?.passive.idle(),
      this.#book.close(),
      this.#sightings.close(),
    ]);
  }
}

/** What learns from events that relays send or take. */
interface Learners {
  readonly passive: PassiveDiscovery;
  readonly contacts: UserContacts;
  readonly rebroadcaster: ListRebroadcaster;
}

/** What they and {@link Threads} are made of, and what checks who is searched for. */
export interface LearnerClasses {
  readonly PassiveDiscovery: typeof PassiveDiscovery;
  readonly UserContacts: typeof UserContacts;
  readonly ListRebroadcaster: typeof ListRebroadcaster;
  readonly EventSearch: typeof EventSearch;
  readonly checkedPeople: typeof checkedPeople;
  readonly ThreadAuthors: typeof ThreadAuthors;
}

/** The options of {@link PeopleDirectory.discover}. */
interface DiscoverOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DiscoveryProgress) => void;
}

/** What finds the authors of threads. */
interface Threads {
  readonly events: EventSearch;
  readonly authors: ThreadAuthors;
}

/** The hints of a book, and where events were seen. */
function hintsAndSightings(book: HintBook, sightings: EventSightings): KnowledgeOptions["book"] {
  return {
    ready: () => Promise.all([book.ready(), sightings.ready()]),
    add: (hints) => book.add(hints),
    has: (key) => book.has(key),
    get: (key) => [...book.get(key), ...sightings.get(key)],
    // A relay's answer is verified, what a tag says is not.
    authorOf: (key) => sightings.authorOf(key) ?? book.authorOf(key),
  };
}

/** Looks events up at fallback relays and the relays of hints. */
function createEventSearch(
  Search: typeof EventSearch,
  options: PeopleDirectoryOptions,
  book: KnowledgeOptions["book"],
  fallbacks: readonly string[],
): EventSearch {
  const { clock } = options.settings.shared;
  return new Search({
    clock,
    fallbacks,
    ...searching(options),
    hintsOf: (id) => book.get(subjectKey("id", id)).map(({ url }) => url),
    onFound: ({ id, pubkey }, url) => {
      book.add([{ subject: subjectKey("id", id), url, author: pubkey, source: "delivered" }]);
    },
  });
}

/** How relays are searched, and which may be. */
function searching({ settings, policy, supervisor, requests, weight }: PeopleDirectoryOptions) {
  const { shared: { clock }, timeout } = settings;
  const ask: AskRelay = (url, filters, onEvent, signal) =>
    askRelay(supervisor.connector(url), filters, { ...requests, rank: 0 }, {
      onEvent,
      signal,
      timeout: Math.min(timeout, MAX_SEARCH_MS),
    });
  const isUsable = (url: string) =>
    policy.check(url).url !== undefined && weight(url) > 0 &&
    requests.memory.retryAt(url) <= clock.now();
  return { ask, isUsable };
}

/** Searches indexers, fallback relays and the relays of hints. */
function createDiscovery(
  options: PeopleDirectoryOptions,
  book: HintBook,
  fallbacks: readonly string[],
): Discovery {
  const { settings, policy, weight } = options;
  const { shared, store, records: backend } = settings;
  const { clock, onError } = shared;
  const { indexerRelays } = settings.router.plan;
  const discovery: Discovery = new Discovery({
    ...shared,
    store,
    ...searching(options),
    indexers: indexerRelays,
    moreIndexers: () => policy.indexers,
    workload: settings.workload,
    onSearch: settings.verifier.expect,
    fallbacks,
    hintsOf: (pubkey) => book.get(pubkey).map(({ url }) => url),
    weight,
    searchLog: new PersistentMap({
      ...{ clock, backend, onError },
      ...SEARCH_LOG_RECORDS,
      max: MAX_LOGGED_PEOPLE,
      // Other processes wait for what this one searches.
      writeDelay: backend?.shared ? SHARED_LOG_DELAY_MS : undefined,
      onNews: (pubkeys) => discovery.heard(pubkeys),
    }),
    claim: backend?.shared && backend.claim && ((keys, ms) => backend.claim!(keys, ms)),
    refreshAfter: settings.refreshAfter,
    missingTtl: settings.missingTtl,
    onProgress: settings.onProgress,
  });
  return discovery;
}
