/**
 * What one relay is to be asked for, in requests for many people at once.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { Clock } from "../base/clock.ts";
import type { Semaphore } from "../base/semaphore.ts";
import { isTooLong } from "../nostr/check_event.ts";
import type { Taken } from "./list_intake.ts";
import type { ListSearch, Outcome } from "./list_search.ts";

/** How a relay's answer came to its end. */
export interface SearchAnswer {
  /** Whether the relay said that there is no more. */
  readonly answered: boolean;
  /** Whether nothing was cut off on the way, so that what did not come is not there. */
  readonly complete: boolean;
}

/** Asks one relay once for stored events; see `askRelay`. */
export type AskRelay = (
  url: string,
  filters: readonly NostrFilter[],
  onEvent: (event: NostrEvent) => void,
  signal: AbortSignal,
) => Promise<SearchAnswer>;

/** What a queue needs. */
export interface RelaySearchQueueOptions {
  readonly clock: Clock;
  readonly ask: AskRelay;
  /** How many requests there may be at once. */
  readonly semaphore: Semaphore;
  /** Most people in one request. */
  readonly maxAuthors: number;
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** Whether the relay may be asked now. */
  readonly isUsable: () => boolean;
  /** Stores lists. */
  readonly take: (lists: ReadonlyMap<NostrEvent, ListSearch>) => Promise<Taken>;
  /** A list of theirs is stored that the relay has. */
  readonly onFound: (search: ListSearch) => void;
  /** The relay takes long; it may still answer. */
  readonly onLate: (search: ListSearch) => void;
  /** The relay is done with a search. */
  readonly onOutcome: (search: ListSearch, outcome: Outcome, wasLate: boolean) => void;
  /** The relay sent so many events, which is more than there can be. */
  readonly onFlood: (events: number) => void;
  /** The relay failed in a way that is the program's fault. */
  readonly onError: (error: Error) => void;
  /** Nobody is to be asked for at the moment. */
  readonly onIdle: () => void;
}

/** After how many milliseconds others are asked, too. */
const PATIENCE = 2_000;
/** A relay may have this many versions of each list, and some more events, before it floods. */
const MOST_VERSIONS = 3;
const SPARE = 100;

/** The searches that wait for a place, and those under way, at one relay. */
export class RelaySearchQueue {
  readonly #url: string;
  readonly #options: RelaySearchQueueOptions;
  /** Those somebody waits for, by pubkey; and the others. */
  readonly #urgent = new Map<string, ListSearch[]>();
  readonly #others = new Map<string, ListSearch[]>();
  #isEntering = false;
  #running = 0;

  /** Asks for nobody yet. */
  constructor(url: string, options: RelaySearchQueueOptions) {
    this.#url = url;
    this.#options = options;
  }

  /** Asks for somebody's list, together with whoever else is wanted in this turn. */
  want(search: ListSearch): void {
    const pending = search.isAwaited ? this.#urgent : this.#others;
    const own = pending.get(search.pubkey);
    if (own) own.push(search);
    else pending.set(search.pubkey, [search]);
    this.#go();
  }

  get #isEmpty(): boolean {
    return this.#urgent.size + this.#others.size === 0;
  }

  #go(): void {
    if (this.#isEntering || this.#isEmpty) return;
    this.#isEntering = true;
    this.#run().catch((cause: unknown) => {
      if (this.#options.signal.aborted) return;
      this.#options.onError(new Error(`Cannot ask ${this.#url} for lists`, { cause }));
    });
  }

  async #run(): Promise<void> {
    const { semaphore, signal, onIdle } = this.#options;
    const leave = await semaphore.enter(0, signal).catch(() => () => {});
    this.#isEntering = false;
    if (signal.aborted) return leave();
    this.#running++;
    try {
      const people = this.#next();
      this.#go();
      if (people.size > 0) await this.#ask(people);
    } finally {
      this.#running--;
      leave();
      if (this.#running === 0 && !this.#isEntering && this.#isEmpty) onIdle();
    }
  }

  /** Those who are asked for in the next request; who is not wanted any more is done with. */
  #next(): Map<string, ListSearch[]> {
    const { isUsable, maxAuthors, onOutcome } = this.#options;
    const canAsk = isUsable();
    const people = new Map<string, ListSearch[]>();
    const unasked: ListSearch[] = [];
    for (const pending of [this.#urgent, this.#others]) {
      for (const [pubkey, searches] of pending) {
        if (people.size >= maxAuthors) break;
        pending.delete(pubkey);
        for (const search of searches) {
          if (!canAsk || search.callers === 0) unasked.push(search);
          else if (people.has(pubkey)) people.get(pubkey)!.push(search);
          else people.set(pubkey, [search]);
        }
      }
    }
    for (const search of unasked) onOutcome(search, canAsk ? "unwanted" : "failed", false);
    return people;
  }

  async #ask(people: ReadonlyMap<string, readonly ListSearch[]>): Promise<void> {
    const { ask, clock, signal, take, onFlood, onFound, onLate, onOutcome } = this.#options;
    const searches = [...people.values()].flat();
    const ending = new AbortController();
    const end = () => ending.abort();
    signal.addEventListener("abort", end, { once: true });
    let lists = new Map<NostrEvent, ListSearch>();
    let left = searches.length * MOST_VERSIONS + SPARE;
    let late: Promise<void> | undefined;
    let isStored = true;
    const takeIn = async () => {
      const came = lists;
      lists = new Map();
      const taken = await take(came);
      isStored &&= taken.isStored;
      for (const search of taken.found) onFound(search);
    };
    const isLate = async () => {
      await takeIn();
      for (const search of searches) onLate(search);
    };
    const cancel = clock.after(PATIENCE, () => late = isLate());
    const onEvent = (event: NostrEvent) => {
      if (ending.signal.aborted) return;
      if (--left < 0) return end();
      const search = people.get(event.pubkey)?.find(({ kind }) => kind === event.kind);
      if (search && !isTooLong(event)) lists.set(event, search);
    };
    let asked: SearchAnswer = { answered: false, complete: false };
    try {
      asked = await ask(this.#url, filtersFor(people), onEvent, ending.signal);
    } finally {
      cancel();
      end();
      signal.removeEventListener("abort", end);
      await late;
      await takeIn();
      if (left < 0) onFlood(searches.length * MOST_VERSIONS + SPARE);
      const outcome = isStored ? outcomeOf(asked) : "unstored";
      for (const search of searches) onOutcome(search, outcome, late !== undefined);
    }
  }
}

function outcomeOf({ answered, complete }: SearchAnswer): Outcome {
  if (!answered) return "failed";
  return complete ? "complete" : "cut";
}

/** Filters for the lists of these people; those with the same kinds share one. */
function filtersFor(people: ReadonlyMap<string, readonly ListSearch[]>): NostrFilter[] {
  const byKinds = new Map<string, { kinds: number[]; authors: string[] }>();
  for (const [pubkey, searches] of people) {
    const kinds = searches.map(({ kind }) => kind).sort((a, b) => a - b);
    const key = kinds.join();
    const group = byKinds.get(key);
    if (group) group.authors.push(pubkey);
    else byKinds.set(key, { kinds, authors: [pubkey] });
  }
  // With a `since`, an answer that the relay cuts short is asked on for.
  return [...byKinds.values()].map(({ kinds, authors }) => ({
    kinds,
    authors: authors.sort(),
    since: 1,
  }));
}
