/**
 * Who knows, and who finds, where an outbox's people are: everything but the relays.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { PersistentMap } from "./base/persistent_map.ts";
import { askRelay } from "./connections/ask_relay.ts";
import type { RelayRequestOptions } from "./connections/relay_request.ts";
import { Discovery } from "./discovery/discovery.ts";
import type { DiscoveryProgress } from "./discovery/discovery_progress.ts";
import { Knowledge } from "./discovery/knowledge.ts";
import { ListRebroadcaster } from "./discovery/list_rebroadcaster.ts";
import { PassiveDiscovery } from "./discovery/passive_discovery.ts";
import { SEARCH_LOG_RECORDS } from "./discovery/search_log.ts";
import { filterOf } from "./hints/filter_of.ts";
import { findNip05 } from "./hints/find_nip05.ts";
import { HintBook } from "./hints/hint_book.ts";
import { parseNip05Address } from "./hints/nip05_address.ts";
import { nip05Hints } from "./hints/nip05_document.ts";
import { hintsOf } from "./hints/with_hints.ts";
import { UserLists } from "./lists/user_lists.ts";
import { RelayFailureError } from "./nostr/errors.ts";
import { RELAY_LIST_KIND } from "./nostr/kinds.ts";
import { holdsSecret } from "./nostr/nip19_text.ts";
import type { RelayUrlCheck } from "./nostr/relay_url.ts";
import { isSubjectKey } from "./nostr/subject_key.ts";
import type { OutboxSettings } from "./outbox_settings.ts";
import { type PlanSettings, planSettings } from "./plan/plan_options.ts";
import type { Supervisor } from "./requests/supervisor.ts";

/** What people are found with. */
export interface PeopleDirectoryOptions {
  readonly settings: OutboxSettings;
  /** The relays. */
  readonly supervisor: Pick<Supervisor, "connector" | "blocksChanged">;
  readonly legs: Omit<RelayRequestOptions, "rank">;
  /** Publishes an event to one relay. */
  readonly publish: (url: string, event: NostrEvent, signal: AbortSignal) => Promise<void>;
  /** How much a relay counts; one of 0 is not asked. */
  readonly weight: (url: string) => number;
}

/** Most people of whom it is remembered when their lists were looked for. */
const MOST_CHECKS = 100_000;
/** Longest that one relay may take to say which lists it has, in milliseconds. */
const LONGEST_ASK = 10_000;

/** See the module. */
export class PeopleDirectory {
  readonly #settings: OutboxSettings;
  readonly #plan: PlanSettings;
  readonly #own?: UserLists;
  readonly #book: HintBook;
  readonly #passing: PassiveDiscovery;
  readonly #spreader: ListRebroadcaster;
  /** Absent where the app names no indexer. */
  readonly #discovery?: Discovery;
  /** What routers look up. */
  readonly knowledge: Knowledge;

  /** Asks nobody yet. */
  constructor({ settings, supervisor, legs, publish, weight }: PeopleDirectoryOptions) {
    const { clock, random, store, user, routing, records: backend } = settings;
    // Relays fail every day: that is told apart.
    const onError = (error: Error) => {
      const failure = [error, error.cause].find((cause) => cause instanceof RelayFailureError);
      if (failure) settings.onRelayError(failure);
      else routing.onError(error);
    };
    const plan = planSettings(routing);
    const kept = { clock, backend, onError };
    this.#settings = settings;
    this.#plan = plan;
    if (user !== undefined) {
      const { signer } = settings;
      this.#own = new UserLists({ user, signer, store, check: plan.check, clock, onError });
      this.#own.onChange(() => supervisor.blocksChanged());
    }
    this.#book = new HintBook({ ...kept, check: (url) => this.check(url) });
    this.#passing = new PassiveDiscovery({ store, book: this.#book, user, onError });
    this.#spreader = new ListRebroadcaster({ ...kept, store, publish });
    if (plan.indexerRelays.length > 0) {
      this.#discovery = new Discovery({
        clock,
        random,
        store,
        ask: (url, filters, onEvent, signal) =>
          askRelay(supervisor.connector(url), filters, { ...legs, rank: 0 }, {
            onEvent,
            signal,
            timeout: Math.min(settings.timeout, LONGEST_ASK),
          }),
        indexers: plan.indexerRelays,
        fallbacks: plan.fallbackRelays,
        hintsOf: (pubkey) => this.#book.get(pubkey).map(({ url }) => url),
        isUsable: (url) =>
          this.check(url).url !== undefined && weight(url) > 0 &&
          legs.memory.retryAt(url) <= clock.now(),
        weight,
        searchLog: new PersistentMap({ ...kept, ...SEARCH_LOG_RECORDS, max: MOST_CHECKS }),
        refreshAfter: settings.refreshAfter,
        missingTtl: settings.missingTtl,
        onProgress: settings.onProgress,
        onError,
      });
    }
    this.knowledge = new Knowledge({
      clock,
      store,
      book: this.#book,
      discovery: this.#discovery,
      user: user !== undefined && this.#own ? { pubkey: user, lists: this.#own } : undefined,
      check: (url) => this.check(url),
      wait: settings.discoveryTimeout,
    });
  }

  /** Whether a relay is usable, by the app's policy and the user's own list. */
  check(url: string, use?: "group"): RelayUrlCheck {
    const checked = this.#plan.check(url, use);
    if (checked.url === undefined || !this.#own?.isBlocked(checked.url, use)) return checked;
    return { reason: "blocked" };
  }

  /** Whether a relay is not to be connected to for anything. */
  isBlocked(url: string): boolean {
    return this.#own?.isBlocked(url, "group") ?? false;
  }

  /** Settings with what the user's own lists say at this moment. */
  adapt(settings: PlanSettings): PlanSettings {
    if (!this.#own) return settings;
    const { search } = this.#own;
    return {
      ...settings,
      check: (url, use) => this.check(url, use),
      searchRelays: search.length > 0 ? search : settings.searchRelays,
    };
  }

  /** A relay sent an event that was asked for. */
  saw(event: NostrEvent, url: string): void {
    if (event.kind === RELAY_LIST_KIND) this.#spreader.has(event, url);
    this.#passing.saw(event, url);
  }

  /** A relay took an event. */
  published(event: NostrEvent, url: string): void {
    this.#passing.published(event);
    this.#spreader.published(event, url);
  }

  /** See `Outbox.hint`. */
  hint(about: string, relays: readonly string[]): void {
    if (!isSubjectKey(about)) {
      throw new TypeError(
        `Cannot enter a hint: it must be about a pubkey (64 lowercase hex), "id:<event id>" or ` +
          `"group:<group id>", got ${JSON.stringify(about)}`,
      );
    }
    if (!Array.isArray(relays)) {
      throw new TypeError(`Cannot enter a hint: "relays" must be an array, got ${relays}`);
    }
    for (const url of relays) {
      const { reason } = this.#plan.check(url);
      if (reason === undefined) continue;
      throw new TypeError(
        `Cannot enter a hint: ${JSON.stringify(url)} is refused (${reason})`,
      );
    }
    this.#book.add(relays.map((url) => ({ subject: about, url, source: "hand" })));
  }

  /** See `Outbox.discover`. */
  async discover(
    pubkeys: Iterable<string>,
    opts: DiscoverOptions = {},
  ): Promise<DiscoveryProgress> {
    opts.signal?.throwIfAborted();
    const discovery = this.#discovery;
    if (!discovery) return { known: 0, asked: 0, found: 0, missing: 0 };
    return await this.knowledge.during(() => discovery.discover(pubkeys, opts), opts.signal);
  }

  /** Keeps people's lists fresh until the answer is called. */
  watch(pubkeys: Iterable<string>): () => void {
    return this.#discovery?.watch(pubkeys) ?? (() => {});
  }

  /** See `Outbox.find`. */
  async find(text: string, { signal }: { signal?: AbortSignal } = {}): Promise<NostrFilter> {
    signal?.throwIfAborted();
    if (!isAddress(text)) {
      const filter = filterOf(text);
      this.#book.add(hintsOf([filter]));
      return filter;
    }
    const { fetch, clock, routing: { policy } } = this.#settings;
    const person = await findNip05(text, { fetch, clock, signal, allowLocal: policy?.allowLocal });
    this.#book.add(nip05Hints.read(person));
    return { authors: [person.pubkey] };
  }

  /** Ends the search, and what is sent to relays on one's own account. */
  async end(): Promise<void> {
    this.#own?.close();
    await Promise.all([this.#discovery?.close(), this.#spreader.close()]);
  }

  /** Writes down what was learned. No relay may be asked any longer. */
  async close(): Promise<void> {
    await this.end();
    await Promise.all([this.#passing.idle(), this.#book.close()]);
  }
}

/** What {@link PeopleDirectory.discover} can be told. */
interface DiscoverOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DiscoveryProgress) => void;
}

/** Whether a text is an internet identifier (NIP-05). No domain may learn of a secret. */
function isAddress(text: string): boolean {
  return typeof text === "string" && !holdsSecret(text) && parseNip05Address(text) !== undefined;
}
