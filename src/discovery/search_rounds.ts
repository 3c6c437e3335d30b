/**
 * Takes searches for lists from relay to relay, round by round, until each list is found or
 * no relay is left.
 *
 * @module
 */

import { BoundedMap } from "../base/bounded_map.ts";
import { Semaphore } from "../base/semaphore.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import { RELAY_LIST_KIND } from "../nostr/kinds.ts";
import type { DiscoveryOptions } from "./discovery_options.ts";
import type { ListIntake } from "./list_intake.ts";
import type { ListSearch, Outcome, Verdict } from "./list_search.ts";
import { RelaySearchQueue } from "./relay_search_queue.ts";

/** What {@link SearchRounds} need, besides options of `Discovery`. */
export interface SearchRoundsOptions extends
  Pick<
    DiscoveryOptions,
    | "clock"
    | "ask"
    | "indexers"
    | "moreIndexers"
    | "fallbacks"
    | "hintsOf"
    | "isUsable"
    | "weight"
    | "onError"
  > {
  readonly intake: ListIntake;
  /** Most people in one request. */
  readonly maxAuthors: number;
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** Called when a search is over. */
  readonly onOver: (search: ListSearch, verdict: Verdict) => void;
}

/** Most concurrent requests at one indexer. */
const MAX_REQUESTS_PER_INDEXER = 4;
/** Most concurrent requests at all other relays: hints name many, and few of them know more. */
const MAX_OTHER_REQUESTS = 16;
/** Most hinted relays that are asked for one person. */
const MAX_HINTED_RELAYS = 3;
/** The share of the best indexer's weight below which an indexer waits for the second round. */
const MIN_WEIGHT_SHARE = 0.5;
/** How long a relay that floods is not asked. */
const FLOOD_PAUSE_MS = 600_000;
/** Most relays that are remembered for flooding. */
const MAX_REMEMBERED_FLOODS = 1_000;

/** See the module. */
export class SearchRounds {
  readonly #options: SearchRoundsOptions;
  readonly #queues = new Map<string, RelaySearchQueue>();
  readonly #otherRequests = new Semaphore(MAX_OTHER_REQUESTS);
  /** When each relay that flooded may be asked again, in milliseconds since 1970. */
  readonly #floodedUntil = new BoundedMap<string, number>({ max: MAX_REMEMBERED_FLOODS });
  /** Searches that begin together at the end of this turn. */
  #pending: ListSearch[] = [];
  #cancel?: () => void;
  /** How many batches of searches were assigned to indexers. */
  #batches = 0;

  constructor(options: SearchRoundsOptions) {
    this.#options = options;
  }

  /** Begins a search, together with the others that begin in this turn. */
  start(search: ListSearch): void {
    this.#pending.push(search);
    this.#cancel ??= this.#options.clock.after(0, () => this.#startPending());
  }

  /** Stops the timer. The signal ends what is under way. */
  close(): void {
    this.#cancel?.();
  }

  get #indexers(): ReadonlySet<string> {
    const { indexers, moreIndexers } = this.#options;
    return new Set([...indexers, ...moreIndexers?.() ?? []]);
  }

  /** Assigns the pending searches, one request's worth at a time, to two indexers in rotation. */
  #startPending(): void {
    this.#cancel = undefined;
    const searches = this.#pending;
    this.#pending = [];
    searches.sort((a, b) => a.pubkey < b.pubkey ? -1 : a.pubkey > b.pubkey ? 1 : a.kind - b.kind);
    const indexers = this.#bestIndexers();
    let firstRelays: readonly string[] = [];
    let people = 0;
    let last = "";
    for (const search of searches) {
      if (search.pubkey !== last && people++ % this.#options.maxAuthors === 0) {
        const at = (offset: number) => indexers[(this.#batches + offset) % indexers.length];
        firstRelays = indexers.length < 2 ? indexers : [at(0), at(1)];
        this.#batches++;
      }
      last = search.pubkey;
      search.firstRelays = firstRelays;
      this.#request(search, firstRelays);
    }
  }

  /** Usable indexers that are nearly as good as the best, at least two, the best first. */
  #bestIndexers(): string[] {
    const usable = [...this.#indexers].filter((url) => this.#isUsable(url))
      .map((url) => ({ url, weight: this.#options.weight(url) }))
      .sort((a, b) => b.weight - a.weight);
    return usable.filter(({ weight }, i) => i < 2 || weight >= MIN_WEIGHT_SHARE * usable[0].weight)
      .map(({ url }) => url);
  }

  #request(search: ListSearch, urls: readonly string[]): void {
    search.pending = urls.length;
    search.unfinished += urls.length;
    if (urls.length === 0) return this.#advance(search);
    for (const url of urls) this.#queue(url).add(search);
  }

  /** Begins the next round, or ends the search, once no relay of this round is pending. */
  #advance(search: ListSearch): void {
    if (search.pending > 0) return;
    if (!search.found && search.round < 2) {
      // Most people whom two indexers do not know have no list: meanwhile hints stand in for
      // it. Nothing stands in for a list of another kind.
      if (search.hasCompleteAnswer && search.kind === RELAY_LIST_KIND) search.settle();
      search.round++;
      this.#request(
        search,
        search.round === 1 ? this.#otherIndexers(search) : this.#lastRelays(search),
      );
    } else if (search.unfinished === 0) {
      this.#options.onOver(search, search.verdict);
    }
  }

  #otherIndexers({ firstRelays }: ListSearch): string[] {
    return [...this.#indexers].filter((url) => !firstRelays.includes(url));
  }

  #lastRelays({ pubkey }: ListSearch): string[] {
    const { hintsOf, fallbacks } = this.#options;
    const urls = new Set([...hintsOf(pubkey).slice(0, MAX_HINTED_RELAYS), ...fallbacks]);
    return [...urls].filter((url) => !this.#indexers.has(url));
  }

  #isUsable(url: string): boolean {
    const { clock, isUsable } = this.#options;
    const until = this.#floodedUntil.get(url) ?? 0;
    return clock.now() >= until && isUsable(url);
  }

  #finishRelay(url: string, search: ListSearch, outcome: Outcome, wasLate: boolean): void {
    search.unfinished--;
    if (!wasLate) search.pending--;
    search.record(outcome, this.#indexers.has(url));
    this.#advance(search);
  }

  #queue(url: string): RelaySearchQueue {
    let queue = this.#queues.get(url);
    if (queue) return queue;
    const { ask, clock, intake, maxAuthors, signal, onError } = this.#options;
    const isIndexer = this.#indexers.has(url);
    queue = new RelaySearchQueue(url, {
      ask,
      clock,
      maxAuthors,
      signal,
      onError,
      semaphore: isIndexer ? new Semaphore(MAX_REQUESTS_PER_INDEXER) : this.#otherRequests,
      isUsable: () => this.#isUsable(url),
      store: (lists) => intake.store(url, lists),
      onFound: (search) => {
        search.found = true;
        search.settle();
      },
      onLate: (search) => {
        search.pending--;
        this.#advance(search);
      },
      onOutcome: (search, outcome, wasLate) => this.#finishRelay(url, search, outcome, wasLate),
      onFlood: (maxEvents) => this.#pauseFlood(url, maxEvents),
      onIdle: () => this.#queues.delete(url),
    });
    this.#queues.set(url, queue);
    return queue;
  }

  #pauseFlood(url: string, maxEvents: number): void {
    this.#floodedUntil.set(url, this.#options.clock.now() + FLOOD_PAUSE_MS);
    const detail = `more than ${maxEvents} events, where there cannot be as many lists`;
    this.#options.onError(new RelayFailureError(url, "flood", detail));
  }
}
