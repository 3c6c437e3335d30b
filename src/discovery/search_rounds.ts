/**
 * Takes searches for lists from relay to relay, round by round, until each is found or
 * nobody is left to ask.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { Semaphore } from "../base/semaphore.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import { RELAY_LIST_KIND } from "../nostr/kinds.ts";
import type { ListIntake } from "./list_intake.ts";
import type { ListSearch, Outcome, Verdict } from "./list_search.ts";
import { type AskRelay, RelaySearchQueue } from "./relay_search_queue.ts";

/** What the rounds need; see `DiscoveryOptions`. */
export interface SearchRoundsOptions {
  readonly clock: Clock;
  readonly ask: AskRelay;
  readonly intake: ListIntake;
  readonly indexers: readonly string[];
  readonly fallbacks: readonly string[];
  readonly hintsOf: (pubkey: string) => readonly string[];
  readonly isUsable: (url: string) => boolean;
  readonly weight: (url: string) => number;
  readonly maxAuthors: number;
  /** Ends everything. */
  readonly signal: AbortSignal;
  readonly onError: (error: Error) => void;
  /** A search is over. */
  readonly onOver: (search: ListSearch, verdict: Verdict) => void;
}

/** Requests at one indexer at once. */
const AT_ONE_INDEXER = 4;
/** Requests at all other relays at once: hints name many relays, and few know more. */
const AT_OTHERS = 16;
/** Hints that are followed for one person. */
const MOST_HINTS = 3;
/** An indexer of less than this share of the best one's weight is kept for the second round. */
const GOOD = 0.5;
/** How long a relay is left alone that floods, in milliseconds. */
const FLOOD_PAUSE = 600_000;

/** See the module. */
export class SearchRounds {
  readonly #options: SearchRoundsOptions;
  readonly #indexers: ReadonlySet<string>;
  readonly #queues = new Map<string, RelaySearchQueue>();
  readonly #others = new Semaphore(AT_OTHERS);
  /** Relays that flood, and until when they are left alone. */
  readonly #floods = new Map<string, number>();
  /** Searches that have not begun, until all of this turn are there. */
  #waiting: ListSearch[] = [];
  #cancel?: () => void;
  #dealt = 0;

  /** Nobody is asked yet. */
  constructor(options: SearchRoundsOptions) {
    this.#options = options;
    this.#indexers = new Set(options.indexers);
  }

  /** Begins a search, together with others that are begun in this turn. */
  start(search: ListSearch): void {
    this.#waiting.push(search);
    this.#cancel ??= this.#options.clock.after(0, () => this.#begin());
  }

  /** Ends the timer; what is under way ends with the signal. */
  close(): void {
    this.#cancel?.();
  }

  /** Deals those who wait, a request's worth at a time, to two indexers in turn. */
  #begin(): void {
    this.#cancel = undefined;
    const searches = this.#waiting;
    this.#waiting = [];
    searches.sort((a, b) => a.pubkey < b.pubkey ? -1 : a.pubkey > b.pubkey ? 1 : a.kind - b.kind);
    const indexers = this.#good();
    let first: readonly string[] = [];
    let people = 0;
    let last = "";
    for (const search of searches) {
      if (search.pubkey !== last && people++ % this.#options.maxAuthors === 0) {
        const at = (place: number) => indexers[(this.#dealt + place) % indexers.length];
        first = indexers.length < 2 ? indexers : [at(0), at(1)];
        this.#dealt++;
      }
      last = search.pubkey;
      search.first = first;
      this.#ask(search, first);
    }
  }

  /** Usable indexers that are nearly as good as the best, at least two, the best first. */
  #good(): string[] {
    const usable = [...this.#indexers].filter((url) => this.#isUsable(url))
      .map((url) => ({ url, weight: this.#options.weight(url) }))
      .sort((a, b) => b.weight - a.weight);
    return usable.filter(({ weight }, i) => i < 2 || weight >= GOOD * usable[0].weight)
      .map(({ url }) => url);
  }

  #ask(search: ListSearch, urls: readonly string[]): void {
    search.open = urls.length;
    search.asking += urls.length;
    if (urls.length === 0) return this.#go(search);
    for (const url of urls) this.#queue(url).want(search);
  }

  /** On to the next round, if nobody is waited for any more in this one. */
  #go(search: ListSearch): void {
    if (search.open > 0) return;
    if (!search.found && search.round < 2) {
      // Most who are not known to two indexers have no list: hints stand in for them
      // meanwhile. Nothing stands in for a list of another kind.
      if (search.isDoubtful && search.kind === RELAY_LIST_KIND) search.settle();
      search.round++;
      this.#ask(search, search.round === 1 ? this.#rest(search) : this.#last(search));
    } else if (search.asking === 0) {
      this.#options.onOver(search, search.verdict);
    }
  }

  #rest({ first }: ListSearch): string[] {
    return [...this.#indexers].filter((url) => !first.includes(url));
  }

  #last({ pubkey }: ListSearch): string[] {
    const { hintsOf, fallbacks } = this.#options;
    const urls = new Set([...hintsOf(pubkey).slice(0, MOST_HINTS), ...fallbacks]);
    return [...urls].filter((url) => !this.#indexers.has(url));
  }

  #isUsable(url: string): boolean {
    const { clock, isUsable } = this.#options;
    const until = this.#floods.get(url) ?? 0;
    return clock.now() >= until && isUsable(url);
  }

  #outcome(url: string, search: ListSearch, outcome: Outcome, wasLate: boolean): void {
    search.asking--;
    if (!wasLate) search.open--;
    search.answered(outcome, this.#indexers.has(url));
    this.#go(search);
  }

  #queue(url: string): RelaySearchQueue {
    let queue = this.#queues.get(url);
    if (queue) return queue;
    const { ask, clock, intake, maxAuthors, signal, onError } = this.#options;
    queue = new RelaySearchQueue(url, {
      ask,
      clock,
      maxAuthors,
      signal,
      onError,
      semaphore: this.#indexers.has(url) ? new Semaphore(AT_ONE_INDEXER) : this.#others,
      isUsable: () => this.#isUsable(url),
      take: (lists) => intake.take(url, lists),
      onFound: (search) => {
        search.found = true;
        search.settle();
      },
      onLate: (search) => {
        search.open--;
        this.#go(search);
      },
      onOutcome: (search, outcome, wasLate) => this.#outcome(url, search, outcome, wasLate),
      onFlood: (most) => this.#flood(url, most),
      onIdle: () => this.#queues.delete(url),
    });
    this.#queues.set(url, queue);
    return queue;
  }

  #flood(url: string, most: number): void {
    const now = this.#options.clock.now();
    for (const [other, until] of this.#floods) if (until <= now) this.#floods.delete(other);
    this.#floods.set(url, now + FLOOD_PAUSE);
    const detail = `more than ${most} events, where there cannot be as many lists`;
    this.#options.onError(new RelayFailureError(url, "flood", detail));
  }
}
