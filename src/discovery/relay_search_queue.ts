/**
 * Gathers the searches that wait for one relay, and requests many people's lists at once.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { onAbort } from "../base/abortable.ts";
import type { Clock } from "../base/clock.ts";
import type { Semaphore } from "../base/semaphore.ts";
import { isTooLong } from "../nostr/check_event.ts";
import type { ListSearch, Outcome } from "./list_search.ts";

/** How a relay's answer ended. */
export interface SearchAnswer {
  /** Whether the relay said that its answer is over. */
  readonly answered: boolean;
  /** Whether nothing was cut off, so that the relay does not have what did not come. */
  readonly complete: boolean;
}

/** Requests stored events from one relay once; see `askRelay`. */
export type AskRelay = (
  url: string,
  filters: readonly NostrFilter[],
  onEvent: (event: NostrEvent) => void,
  signal: AbortSignal,
) => Promise<SearchAnswer>;

/** What a {@link RelaySearchQueue} needs. */
export interface RelaySearchQueueOptions {
  readonly clock: Clock;
  readonly ask: AskRelay;
  /** Bounds the concurrent requests. */
  readonly semaphore: Semaphore;
  /** Most people in one request. */
  readonly maxAuthors: number;
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** Whether the relay may be asked now. */
  readonly isUsable: () => boolean;
  /** Stores lists; returns the searches whose list is known then. */
  readonly store: (lists: ReadonlyMap<NostrEvent, ListSearch>) => Promise<ReadonlySet<ListSearch>>;
  /** Called when a list that the relay has is known. */
  readonly onFound: (search: ListSearch) => void;
  /** Called when the relay is late; it may still answer. */
  readonly onLate: (search: ListSearch) => void;
  /** Called when the relay's part of a search is over. */
  readonly onOutcome: (search: ListSearch, outcome: Outcome, wasLate: boolean) => void;
  /** Called when the relay has sent more than this many events, more than there can be. */
  readonly onFlood: (maxEvents: number) => void;
  /** Called when a request fails because of the program. */
  readonly onError: (error: Error) => void;
  /** Called when no search is left. */
  readonly onIdle: () => void;
}

/** How long a search waits for a relay before other relays are asked, too. */
const LATE_AFTER_MS = 2_000;
/** How long lists are gathered before they are stored, while the relay still answers; the first. */
const GATHERING_MS = 100, FIRST_GATHERING_MS = 20;
/** How many versions of each list a relay may send, and how many other events besides. */
const MAX_VERSIONS_PER_LIST = 3;
const MAX_EXTRA_EVENTS = 100;

/** The searches that wait for one relay, and those that it is asked for. */
export class RelaySearchQueue {
  readonly #url: string;
  readonly #options: RelaySearchQueueOptions;
  /** Searches that callers wait for, by pubkey; and the others. */
  readonly #urgent = new Map<string, ListSearch[]>();
  readonly #others = new Map<string, ListSearch[]>();
  #isAcquiring = false;
  #running = 0;

  constructor(url: string, options: RelaySearchQueueOptions) {
    this.#url = url;
    this.#options = options;
  }

  /** Adds a search. All searches of one turn share requests. */
  add(search: ListSearch): void {
    const pending = search.isAwaited ? this.#urgent : this.#others;
    const searches = pending.get(search.pubkey);
    if (searches) searches.push(search);
    else pending.set(search.pubkey, [search]);
    this.#start();
  }

  get #isEmpty(): boolean {
    return this.#urgent.size + this.#others.size === 0;
  }

  #start(): void {
    if (this.#isAcquiring || this.#isEmpty) return;
    this.#isAcquiring = true;
    this.#run().catch((cause: unknown) => {
      if (this.#options.signal.aborted) return;
      this.#options.onError(new Error(`Cannot ask ${this.#url} for lists`, { cause }));
    });
  }

  async #run(): Promise<void> {
    const { semaphore, signal, onIdle } = this.#options;
    const leave = await semaphore.acquire(0, signal).catch(() => () => {});
    this.#isAcquiring = false;
    if (signal.aborted) return leave();
    this.#running++;
    try {
      const batch = this.#nextBatch();
      this.#start();
      if (batch.size > 0) await this.#request(batch);
    } finally {
      this.#running--;
      leave();
      if (this.#running === 0 && !this.#isAcquiring && this.#isEmpty) onIdle();
    }
  }

  /** The searches of the next request, by pubkey. Ends those that cannot or need not be asked. */
  #nextBatch(): Map<string, ListSearch[]> {
    const { isUsable, maxAuthors, onOutcome } = this.#options;
    const canAsk = isUsable();
    const batch = new Map<string, ListSearch[]>();
    const dropped: ListSearch[] = [];
    for (const pending of [this.#urgent, this.#others]) {
      for (const [pubkey, searches] of pending) {
        if (batch.size >= maxAuthors) break;
        pending.delete(pubkey);
        for (const search of searches) {
          if (!canAsk || search.callers === 0) dropped.push(search);
          else if (batch.has(pubkey)) batch.get(pubkey)!.push(search);
          else batch.set(pubkey, [search]);
        }
      }
    }
    for (const search of dropped) onOutcome(search, canAsk ? "abandoned" : "failed", false);
    return batch;
  }

  async #request(batch: ReadonlyMap<string, readonly ListSearch[]>): Promise<void> {
    const { ask, clock, signal, store, onFlood, onFound, onLate, onOutcome } = this.#options;
    const searches = [...batch.values()].flat();
    const maxEvents = searches.length * MAX_VERSIONS_PER_LIST + MAX_EXTRA_EVENTS;
    const request = new AbortController();
    const end = () => request.abort();
    const release = onAbort(signal, end);
    let received = new Map<NostrEvent, ListSearch>();
    let events = 0, gatheringMs = FIRST_GATHERING_MS;
    let late: Promise<void> | undefined;
    let stored: Promise<unknown> = Promise.resolve();
    let cancelStore: (() => void) | undefined;
    const storeReceived = () => {
      cancelStore?.();
      cancelStore = undefined;
      const storing = store(received).then((found) => found.forEach(onFound));
      received = new Map();
      return stored = Promise.all([stored, storing]);
    };
    const reportLate = async () => {
      await storeReceived();
      for (const search of searches) onLate(search);
    };
    const cancel = clock.after(LATE_AFTER_MS, () => late = reportLate());
    const onEvent = (event: NostrEvent) => {
      if (request.signal.aborted) return;
      if (++events > maxEvents) return end();
      const search = batch.get(event.pubkey)?.find(({ kind }) => kind === event.kind);
      if (!search || isTooLong(event)) return;
      received.set(event, search);
      // Whoever waits for a list need not wait for the rest of the answer.
      cancelStore ??= clock.after(gatheringMs, storeReceived);
      gatheringMs = GATHERING_MS;
    };
    let answer: SearchAnswer = { answered: false, complete: false };
    try {
      answer = await ask(this.#url, filtersFor(batch), onEvent, request.signal);
    } finally {
      cancel();
      end();
      release();
      await late;
      await storeReceived();
      if (events > maxEvents) onFlood(maxEvents);
      const outcome = outcomeOf(answer);
      for (const search of searches) onOutcome(search, outcome, late !== undefined);
    }
  }
}

function outcomeOf({ answered, complete }: SearchAnswer): Outcome {
  if (!answered) return "failed";
  return complete ? "complete" : "cut";
}

/** Filters for the lists of these people; people with the same kinds share a filter. */
function filtersFor(batch: ReadonlyMap<string, readonly ListSearch[]>): NostrFilter[] {
  const byKinds = new Map<string, { kinds: number[]; authors: string[] }>();
  for (const [pubkey, searches] of batch) {
    const kinds = searches.map(({ kind }) => kind).sort((a, b) => a - b);
    const key = kinds.join();
    const group = byKinds.get(key);
    if (group) group.authors.push(pubkey);
    else byKinds.set(key, { kinds, authors: [pubkey] });
  }
  // With a `since`, an answer that the relay cuts short is continued page by page.
  return [...byKinds.values()].map(({ kinds, authors }) => ({
    kinds,
    authors: authors.sort(),
    since: 1,
  }));
}
