/**
 * Looks events up at relays to learn who wrote them.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { abortable } from "../base/abortable.ts";
import type { Clock } from "../base/clock.ts";
import type { AskRelay } from "./relay_search_queue.ts";
import { SearchCooldown } from "./search_cooldown.ts";

/** What an {@link EventSearch} needs. */
export interface EventSearchOptions {
  readonly clock: Clock;
  /** Asks one relay. It must bound its time itself. */
  readonly ask: AskRelay;
  /** Relays that are asked for every event; read each time. */
  readonly fallbacks: readonly string[];
  /** The relays that hints name for an event, best first. */
  readonly hintsOf: (id: string) => readonly string[];
  /** Whether a relay may be asked now. */
  readonly isUsable: (url: string) => boolean;
  /** Called with each event that is found, and the relay that has it. */
  readonly onFound: (event: NostrEvent, url: string) => void;
}

/** Most relays that are asked for an event since hints name them. */
const MAX_HINTED_RELAYS = 2;
/** Most fallback relays that are asked. */
const MAX_FALLBACKS = 3;
/** Most events that one call looks up. */
const MAX_EVENTS = 250;
/** The cooldown is about events by their id, whatever their kind. */
const ANY_KIND = -1;

/** One event that is being looked up. */
interface Search {
  readonly settled: Promise<void>;
  readonly settle: () => void;
  /** How many relays have not answered. */
  pending: number;
}

/** See the module. No event is looked up twice at the same time, nor soon after it was not found. */
export class EventSearch {
  readonly #options: EventSearchOptions;
  readonly #closing = new AbortController();
  readonly #searches = new Map<string, Search>();
  readonly #cooldown: SearchCooldown;

  /** Asks nobody yet. */
  constructor(options: EventSearchOptions) {
    this.#options = options;
    this.#cooldown = new SearchCooldown(options.clock);
  }

  /**
   * Resolves as soon as each of these events was found, or no relay is left that may have it, or
   * `wait` milliseconds have passed. A search goes on after that. Of more than 250 events the
   * first are looked up.
   *
   * @param ids Event ids.
   * @throws The signal's reason.
   */
  async find(
    ids: readonly string[],
    { wait, signal }: { readonly wait: number; readonly signal?: AbortSignal },
  ): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closing.signal.aborted) return;
    const some = ids.slice(0, MAX_EVENTS);
    this.#start(some.filter((id) => !this.#searches.has(id) && !this.#cooldown.has(ANY_KIND, id)));
    const awaited = some.flatMap((id) => this.#searches.get(id)?.settled ?? []);
    if (awaited.length === 0 || wait <= 0) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(wait, resolve);
    try {
      await abortable(Promise.race([Promise.all(awaited), late]), signal);
    } finally {
      cancel();
    }
  }

  /** Ends all searches, whose callers wait no longer. */
  close(): void {
    this.#closing.abort();
    for (const { settle } of this.#searches.values()) settle();
    this.#searches.clear();
  }

  /** Sends each relay one request for all of these events that it may have. */
  #start(ids: readonly string[]): void {
    const { fallbacks, hintsOf, isUsable } = this.#options;
    const searchesAt = new Map<string, Map<string, Search>>();
    for (const id of ids) {
      const hinted = hintsOf(id).filter(isUsable).slice(0, MAX_HINTED_RELAYS);
      const common = fallbacks.filter(isUsable).slice(0, MAX_FALLBACKS);
      const urls = new Set([...hinted, ...common]);
      if (urls.size === 0) continue;
      const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
      const search = { settled, settle, pending: urls.size };
      this.#searches.set(id, search);
      for (const url of urls) {
        const others = searchesAt.get(url);
        if (others) others.set(id, search);
        else searchesAt.set(url, new Map([[id, search]]));
      }
    }
    for (const [url, searches] of searchesAt) void this.#ask(url, searches);
  }

  async #ask(url: string, searches: ReadonlyMap<string, Search>): Promise<void> {
    const { ask, onFound } = this.#options;
    const { signal } = this.#closing;
    const onEvent = (event: NostrEvent) => {
      const search = searches.get(event.id);
      if (signal.aborted || !search) return;
      onFound(event, url);
      this.#end(event.id, search);
    };
    await ask(url, [{ ids: [...searches.keys()] }], onEvent, signal);
    if (signal.aborted) return;
    for (const [id, search] of searches) {
      if (--search.pending > 0 || this.#searches.get(id) !== search) continue;
      this.#cooldown.begin(ANY_KIND, id);
      this.#end(id, search);
    }
  }

  #end(id: string, search: Search): void {
    search.settle();
    if (this.#searches.get(id) === search) this.#searches.delete(id);
  }
}
