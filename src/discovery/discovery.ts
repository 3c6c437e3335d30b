/**
 * Finds people's relay lists at relays, and keeps them fresh.
 *
 * The room `discovery/` finds lists. A *search* looks for one list, in *rounds*: two
 * *indexers*, the other indexers, then hinted and fallback relays. *Passive discovery* reads
 * lists and hints from events that arrive anyway. *Rebroadcasting* brings an author's list to
 * the relays that accepted their events. `Knowledge` puts together all that is known.
 *
 * @module
 */

import { abortable } from "../base/abortable.ts";
import { BoundedMap } from "../base/bounded_map.ts";
import { writingPart } from "../lists/write_lists.ts";
import { RELAY_LIST_KIND } from "../nostr/kinds.ts";
import type { DiscoveryOptions, FindOptions } from "./discovery_options.ts";
import { type DiscoveryProgress, ProgressCounter } from "./discovery_progress.ts";
import { ListIntake } from "./list_intake.ts";
import { ListRefresher } from "./list_refresher.ts";
import { ListSearch, type Verdict, waitFor } from "./list_search.ts";
import { SearchClaims } from "./search_claims.ts";
import { SearchCooldown } from "./search_cooldown.ts";
import { EMPTY_SEARCH_LOG, type SearchLog, type SearchLogEntry } from "./search_log.ts";
import { SearchRounds } from "./search_rounds.ts";
import { findStoredLists } from "./stored_lists.ts";

/** People by what is known of their lists. */
interface RequestedLists {
  /** The searches for lists of people who have none, where a search is possible. */
  readonly searches: readonly ListSearch[];
  /** People with a stored list. */
  readonly known: readonly string[];
  /** People who were recently found to have no list. */
  readonly missing: readonly string[];
}

/**
 * How the last search for a list that is not stored ended. `none`: indexers have none.
 * `not-answered`: too few relays answered. `searching`: it goes on. `not-searched`: there was
 * none, or not in this process.
 */
export type SearchState = "none" | "not-answered" | "searching" | "not-searched";

/** Of how many lists it is remembered that relays did not answer. */
const MAX_UNANSWERED = 100_000;

/**
 * Finds lists, and keeps them fresh.
 *
 * Requests a list from two indexers at once; if neither has it, from the other indexers;
 * then from relays that hints name and from the fallback relays. All lists that are needed in
 * one turn share requests, and no relay gets two requests for the same list at the same time.
 * The store verifies what relays answer, and the newest version wins.
 *
 * Remembers, also over a restart, that somebody has no list, if at least one indexer
 * answered completely, and a second one if it answered. Does not remember that no relay could
 * be asked: a caller some seconds later tries again.
 *
 * A request that was sent is not called back: its answer is stored, and `ask` bounds its
 * time. A request that all callers gave up before it was sent is not sent.
 */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #closing = new AbortController();
  readonly #rounds: SearchRounds;
  /** Absent if no other process searches. */
  readonly #claims?: SearchClaims;
  readonly #refresher: ListRefresher;
  readonly #progress: ProgressCounter;
  /** The searches under way, by kind and pubkey. */
  readonly #searches = new Map<number, Map<string, ListSearch>>();
  readonly #cooldown: SearchCooldown;
  /** Lists for which the last search got no answer, by kind and pubkey. */
  readonly #unanswered = new BoundedMap<string, true>({ max: MAX_UNANSWERED });
  readonly #stopListening: () => void;

  /** Sends no request yet. */
  constructor(options: DiscoveryOptions) {
    this.#options = options;
    const { store, onError } = options;
    const { signal } = this.#closing;
    this.#cooldown = new SearchCooldown(options.clock);
    this.#progress = new ProgressCounter(options);
    this.#rounds = new SearchRounds({
      ...options,
      maxAuthors: options.maxAuthors ?? 250,
      intake: new ListIntake({ store, signal, onError }),
      signal,
      onOver: (search, verdict) => this.#finish(search, verdict),
    });
    const { claim, clock } = options;
    this.#claims = claim && new SearchClaims({
      clock,
      claim,
      onClaimed: (search) => this.#rounds.start(search),
      onUnwanted: (search) => this.#end(search, "unknown"),
      recheck: (searches) => this.#recheck(searches),
      onError,
    });
    this.#refresher = new ListRefresher({
      ...options,
      isDue: (pubkey) => this.#isDue(RELAY_LIST_KIND, pubkey),
      refresh: (pubkeys) => {
        this.find(RELAY_LIST_KIND, pubkeys, { wait: 0 }).catch((cause: unknown) => {
          onError(new Error("Cannot refresh relay lists", { cause }));
        });
      },
    });
    this.#stopListening = store.onList(({ pubkey }, kind, event) => {
      const search = this.#searches.get(kind)?.get(pubkey);
      if (!search) return;
      search.hasList = event !== undefined;
      // The list may be old, so the search goes on; but nobody has to wait.
      if (search.hasList) search.settle();
      if (search.hasList && this.#claims?.release(search)) this.#end(search, "found");
    });
  }

  /** Resolves once the log of earlier searches is read, or cannot be read. Never rejects. */
  ready(): Promise<void> {
    return this.#options.searchLog.ready();
  }

  /**
   * Resolves as soon as each of these people has a list of this kind, or was found to have
   * none, or could not be searched for, or `wait` milliseconds have passed. Waits for a kind
   * 10002 list no longer once the first indexers do not have it. The search goes on in any
   * case. Also requests lists again that were requested long ago, without waiting for them. If
   * the database fails, calls `onError`, and searches for all that is not in memory.
   *
   * @throws The signal's reason.
   */
  async find(
    kind: number,
    pubkeys: Iterable<string>,
    { wait, signal, onWaiting }: FindOptions,
  ): Promise<void> {
    const { searches } = await this.#requestLists(kind, pubkeys, signal);
    onWaiting?.(searches.filter(({ isAwaited }) => isAwaited).map(({ pubkey }) => pubkey));
    const { clock, workload } = this.#options;
    await waitFor(searches, { clock, signal, wait, workload });
    this.#progress.report();
  }

  /** Takes notice of searches of these people's lists that other processes have logged. */
  heard(pubkeys: readonly string[]): void {
    const held = this.#claims?.held(pubkeys) ?? [];
    if (held.length > 0) void this.#recheck(held);
  }

  /** How the last search for a list that is not stored ended. */
  async searchState(kind: number, pubkey: string): Promise<SearchState> {
    await this.ready();
    if (this.#searches.get(kind)?.has(pubkey)) return "searching";
    if (this.#unanswered.get(`${kind} ${pubkey}`)) return "not-answered";
    const last = this.#options.searchLog.get(pubkey)?.[kind];
    return last && !last.found ? "none" : "not-searched";
  }

  /**
   * Finds the kind 10002 lists of these people, and resolves with the result when no relay is
   * left to ask. The progress counts only these people. A database that fails is as in `find`.
   *
   * @throws The signal's reason.
   */
  async discover(
    pubkeys: Iterable<string>,
    { signal, onProgress }: {
      signal?: AbortSignal;
      onProgress?: (progress: DiscoveryProgress) => void;
    } = {},
  ): Promise<DiscoveryProgress> {
    const { searches, known, missing } = await this.#requestLists(RELAY_LIST_KIND, pubkeys, signal);
    const counter = new ProgressCounter({ ...this.#options, onProgress });
    for (const pubkey of known) counter.set(RELAY_LIST_KIND, pubkey, "known");
    for (const pubkey of missing) counter.set(RELAY_LIST_KIND, pubkey, "missing");
    for (const { pubkey } of searches) counter.set(RELAY_LIST_KIND, pubkey, "asked");
    counter.report();
    const onOver = (verdict: Verdict, search: ListSearch) => countResult(counter, search, verdict);
    await waitFor(searches, { clock: this.#options.clock, signal, onOver });
    counter.report();
    this.#progress.report();
    return counter.progress;
  }

  /**
   * Keeps the kind 10002 lists of these people fresh, and searches for missing ones, until
   * the returned function is called.
   */
  watch(pubkeys: Iterable<string>): () => void {
    return this.#closing.signal.aborted ? () => {} : this.#refresher.watch(pubkeys);
  }

  /** Ends all searches, whose callers wait no longer, and writes the log of searches. */
  async close(): Promise<void> {
    this.#stopListening();
    this.#refresher.close();
    this.#rounds.close();
    this.#claims?.close();
    this.#closing.abort();
    for (const searches of this.#searches.values()) {
      for (const search of searches.values()) search.end("unknown");
    }
    this.#searches.clear();
    await this.#options.searchLog.close();
  }

  /** Sorts people by their stored lists, and searches for lists that are missing or old. */
  async #requestLists(
    kind: number,
    pubkeys: Iterable<string>,
    signal?: AbortSignal,
  ): Promise<RequestedLists> {
    signal?.throwIfAborted();
    const { searchLog, refreshAfter, store, onError } = this.#options;
    await abortable(searchLog.ready(), signal);
    const stored = await findStoredLists(store, kind, pubkeys, signal);
    if (stored.failure) {
      const message = `Cannot look up the stored lists of ${stored.missing.size} people, ` +
        "asking relays instead";
      onError(new Error(message, stored.failure));
    }
    const lists = { searches: [] as ListSearch[], known: stored.known, missing: [] as string[] };
    if (this.#closing.signal.aborted) return lists;
    for (const pubkey of stored.missing) this.#requestMissing(kind, pubkey, lists);
    this.#options.onSearch?.(lists.searches.length);
    for (const pubkey of stored.known) {
      this.#progress.set(kind, pubkey, "known");
      if (this.#isOlder(searchLog.get(pubkey)?.[kind], refreshAfter)) {
        this.#startSearch(kind, pubkey, true);
      }
    }
    return lists;
  }

  /** Searches for the list of somebody who has none, unless that was done recently. */
  #requestMissing(
    kind: number,
    pubkey: string,
    { searches, missing }: { searches: ListSearch[]; missing: string[] },
  ): void {
    const { searchLog, missingTtl } = this.#options;
    const last = searchLog.get(pubkey)?.[kind];
    const hasNone = last && !last.found && !this.#isOlder(last, missingTtl);
    if (hasNone) return void missing.push(pubkey);
    const search = this.#startSearch(kind, pubkey, false);
    if (!search) return;
    search.callers++;
    searches.push(search);
  }

  /** The search for a list, perhaps one under way; `undefined` if one has just failed. */
  #startSearch(kind: number, pubkey: string, hasList: boolean): ListSearch | undefined {
    let searches = this.#searches.get(kind);
    if (!searches) this.#searches.set(kind, searches = new Map());
    const running = searches.get(pubkey);
    if (running || this.#cooldown.has(kind, pubkey)) return running;
    const search = new ListSearch(kind, pubkey, hasList);
    // A refresh has no caller who waits: it counts as its own.
    if (hasList) search.callers = 1;
    else this.#progress.set(kind, pubkey, "asked");
    searches.set(pubkey, search);
    // Nobody waits for it once the list is found.
    if (!writingPart.loaded) void writingPart.attempt();
    (this.#claims ?? this.#rounds).start(search);
    return search;
  }

  /** Ends searches that wait for other processes, as far as these have found something. */
  async #recheck(searches: readonly ListSearch[]): Promise<void> {
    const { missingTtl, onError, refreshAfter, searchLog, store } = this.#options;
    for (const search of searches) {
      const last = searchLog.get(search.pubkey)?.[search.kind];
      const isOver = search.hasList
        ? !this.#isOlder(last, refreshAfter)
        : last?.found === false && !this.#isOlder(last, missingTtl);
      const verdict = search.hasList ? "found" : "none";
      if (isOver && this.#claims?.release(search)) this.#end(search, verdict);
    }
    try {
      // Lists that are in memory no longer are read as if they were looked up.
      const left = searches.filter(({ hasList }) => !hasList);
      await store.reload(left.map(({ kind, pubkey }) => `${kind}:${pubkey}`));
      for (const kind of new Set(left.map(({ kind }) => kind))) {
        const ofKind = left.filter((search) => search.kind === kind);
        const stored = await findStoredLists(store, kind, ofKind.map(({ pubkey }) => pubkey));
        const known = new Set(stored.known);
        for (const search of ofKind) {
          if (known.has(search.pubkey) && this.#claims?.release(search)) this.#end(search, "found");
        }
      }
    } catch (cause) {
      if (this.#closing.signal.aborted) return;
      onError(new Error("Cannot look up what other processes have found", { cause }));
    }
  }

  /** Ends a search of this process, and logs it. */
  #finish(search: ListSearch, verdict: Verdict): void {
    if (this.#closing.signal.aborted) return;
    const { kind, pubkey, hasList } = search;
    if (verdict !== "unknown") {
      const at = Math.floor(this.#options.clock.now() / 1000);
      const entry = { at, found: verdict === "found" || hasList };
      const change = (log: SearchLog) => ({ ...log, [kind]: entry });
      this.#options.searchLog.change(pubkey, change, EMPTY_SEARCH_LOG);
    }
    this.#end(search, verdict);
  }

  #end(search: ListSearch, verdict: Verdict): void {
    if (this.#closing.signal.aborted) return;
    this.#claims?.ended(search);
    const { kind, pubkey, callers } = search;
    this.#searches.get(kind)?.delete(pubkey);
    if (verdict === "unknown" && callers > 0) {
      this.#unanswered.set(`${kind} ${pubkey}`, true);
      this.#cooldown.begin(kind, pubkey);
    } else this.#unanswered.delete(`${kind} ${pubkey}`);
    countResult(this.#progress, search, verdict);
    search.end(verdict);
    if (this.#searches.get(kind)?.size === 0) this.#progress.report();
  }

  /** Whether a list is to be requested again, as far as the log alone can tell. */
  #isDue(kind: number, pubkey: string): boolean {
    const { searchLog, missingTtl, refreshAfter } = this.#options;
    const last = searchLog.get(pubkey)?.[kind];
    return this.#isOlder(last, last?.found ? refreshAfter : missingTtl);
  }

  #isOlder(entry: SearchLogEntry | undefined, ms: number): boolean {
    return !entry || Math.abs(this.#options.clock.now() - entry.at * 1000) >= ms;
  }
}

function countResult(
  counter: ProgressCounter,
  { kind, pubkey, hasList }: ListSearch,
  verdict: Verdict,
): void {
  if (verdict === "found" || hasList) counter.set(kind, pubkey, "found");
  else if (verdict === "none") counter.set(kind, pubkey, "missing");
}
