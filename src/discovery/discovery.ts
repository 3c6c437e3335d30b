/**
 * Finds people's relay lists at relays, and keeps them fresh.
 *
 * @module
 */

import { abortable } from "../base/abortable.ts";
import { RELAY_LIST_KIND } from "../nostr/kinds.ts";
import type { DiscoveryOptions } from "./discovery_options.ts";
import { type DiscoveryProgress, Tally } from "./discovery_progress.ts";
import { ListIntake } from "./list_intake.ts";
import { ListRefresher } from "./list_refresher.ts";
import { ListSearch, type Verdict, waitFor } from "./list_search.ts";
import { SearchCooldown } from "./search_cooldown.ts";
import { EMPTY_SEARCH_LOG, type SearchLog, type SearchLogEntry } from "./search_log.ts";
import { SearchRounds } from "./search_rounds.ts";
import { findStoredLists } from "./stored_lists.ts";

/** What is known of people whose lists are wanted. */
interface Wanted {
  /** The searches for those who have no list, as far as there are any. */
  readonly searches: readonly ListSearch[];
  /** Those who have a list. */
  readonly known: readonly string[];
  /** Those who were found to have none. */
  readonly missing: readonly string[];
}

/**
 * Finds lists, and keeps them fresh.
 *
 * Somebody is asked for at two indexers at once; if neither has a list, at the other
 * indexers; then at relays that hints name, and at the fallback relays. All who are
 * wanted in one turn share requests, and nobody is asked for twice at one relay at the
 * same time. What relays answer is verified by the store, where the newest version wins.
 *
 * That somebody has no list is remembered, over restarts too, if at least one indexer
 * answered completely, and a second one if it answered. That nobody could be asked is
 * not remembered: a caller some seconds later asks again.
 *
 * What was asked is not called back: its answer is stored, and bounded in time by `ask`.
 * What all callers gave up before it was asked is not asked.
 */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #closing = new AbortController();
  readonly #rounds: SearchRounds;
  readonly #watch: ListRefresher;
  readonly #tally: Tally;
  /** The searches under way, by kind and pubkey. */
  readonly #searches = new Map<number, Map<string, ListSearch>>();
  readonly #pauses: SearchCooldown;
  readonly #unhear: () => void;

  /** Asks nobody yet. */
  constructor(options: DiscoveryOptions) {
    this.#options = options;
    const { store, onError } = options;
    const { signal } = this.#closing;
    this.#pauses = new SearchCooldown(options.clock);
    this.#tally = new Tally(options);
    this.#rounds = new SearchRounds({
      ...options,
      maxAuthors: options.maxAuthors ?? 250,
      intake: new ListIntake({ store, signal, onError }),
      signal,
      onOver: (search, verdict) => this.#over(search, verdict),
    });
    this.#watch = new ListRefresher({
      ...options,
      isDue: (pubkey) => this.#isDue(RELAY_LIST_KIND, pubkey),
      refresh: (pubkeys) => {
        this.find(RELAY_LIST_KIND, pubkeys, { wait: 0 }).catch((cause: unknown) => {
          onError(new Error("Cannot refresh relay lists", { cause }));
        });
      },
    });
    this.#unhear = store.onList(({ pubkey }, kind) => {
      const search = this.#searches.get(kind)?.get(pubkey);
      if (!search) return;
      // It may be an old one: relays are asked all the same, but nobody has to wait.
      search.hasList = true;
      search.settle();
    });
  }

  /** Resolves once what was asked before a restart is known, or cannot be. Never rejects. */
  ready(): Promise<void> {
    return this.#options.searchLog.ready();
  }

  /**
   * Resolves as soon as each of these people has a list of this kind, or was asked for
   * and has none, or could not be asked for, or `wait` milliseconds have passed. Whose
   * kind 10002 list the first indexers do not have is waited for no longer. The asking
   * goes on. Lists that were asked for long ago are asked for again, and not
   * waited for.
   *
   * @throws What the database throws, or the reason of the signal.
   */
  async find(
    kind: number,
    pubkeys: Iterable<string>,
    { wait, signal }: { wait: number; signal?: AbortSignal },
  ): Promise<void> {
    const { searches } = await this.#want(kind, pubkeys, signal);
    await waitFor(searches, { clock: this.#options.clock, signal, wait });
    this.#tally.report();
  }

  /**
   * Finds the kind 10002 lists of these people, and resolves with what came of it when
   * nobody is left to ask. The progress is theirs alone.
   *
   * @throws What the database throws, or the reason of the signal.
   */
  async discover(
    pubkeys: Iterable<string>,
    { signal, onProgress }: {
      signal?: AbortSignal;
      onProgress?: (progress: DiscoveryProgress) => void;
    } = {},
  ): Promise<DiscoveryProgress> {
    const { searches, known, missing } = await this.#want(RELAY_LIST_KIND, pubkeys, signal);
    const tally = new Tally({ ...this.#options, onProgress });
    for (const pubkey of known) tally.enter(RELAY_LIST_KIND, pubkey, "known");
    for (const pubkey of missing) tally.enter(RELAY_LIST_KIND, pubkey, "missing");
    for (const { pubkey } of searches) tally.enter(RELAY_LIST_KIND, pubkey, "asked");
    tally.report();
    const onOver = (verdict: Verdict, search: ListSearch) => count(tally, search, verdict);
    await waitFor(searches, { clock: this.#options.clock, signal, onOver });
    tally.report();
    this.#tally.report();
    return tally.progress;
  }

  /**
   * Keeps the kind 10002 lists of these people fresh, and looks for those that are
   * missing, until the answer is called.
   */
  watch(pubkeys: Iterable<string>): () => void {
    return this.#closing.signal.aborted ? () => {} : this.#watch.watch(pubkeys);
  }

  /** Ends everything: those who wait wait no longer. What was learned is written down. */
  async close(): Promise<void> {
    this.#unhear();
    this.#watch.close();
    this.#rounds.close();
    this.#closing.abort();
    for (const searches of this.#searches.values()) {
      for (const search of searches.values()) search.end("unknown");
    }
    this.#searches.clear();
    await this.#options.searchLog.close();
  }

  /** Sees who has a list, and begins searches for those who have none, or an old one. */
  async #want(kind: number, pubkeys: Iterable<string>, signal?: AbortSignal): Promise<Wanted> {
    signal?.throwIfAborted();
    const { searchLog, refreshAfter, store } = this.#options;
    await abortable(searchLog.ready(), signal);
    const { known, lacking } = await findStoredLists(store, kind, pubkeys, signal);
    const wanted = { searches: [] as ListSearch[], known, missing: [] as string[] };
    if (this.#closing.signal.aborted) return wanted;
    for (const pubkey of lacking) this.#seek(kind, pubkey, wanted);
    for (const pubkey of known) {
      this.#tally.enter(kind, pubkey, "known");
      if (this.#isOlder(searchLog.get(pubkey)?.[kind], refreshAfter)) {
        this.#search(kind, pubkey, true);
      }
    }
    return wanted;
  }

  /** Looks for somebody who has no list, unless that was done lately. */
  #seek(
    kind: number,
    pubkey: string,
    { searches, missing }: { searches: ListSearch[]; missing: string[] },
  ): void {
    const { searchLog, missingTtl } = this.#options;
    const check = searchLog.get(pubkey)?.[kind];
    const hasNone = check && !check.found && !this.#isOlder(check, missingTtl);
    if (hasNone) return void missing.push(pubkey);
    const search = this.#search(kind, pubkey, false);
    if (!search) return;
    search.callers++;
    searches.push(search);
  }

  /** The search for a list, perhaps one under way; `undefined` if it failed just now. */
  #search(kind: number, pubkey: string, hasList: boolean): ListSearch | undefined {
    let searches = this.#searches.get(kind);
    if (!searches) this.#searches.set(kind, searches = new Map());
    const known = searches.get(pubkey);
    if (known || this.#pauses.has(kind, pubkey)) return known;
    const search = new ListSearch(kind, pubkey, hasList);
    // It keeps itself going where nobody waits for it.
    if (hasList) search.callers = 1;
    else this.#tally.enter(kind, pubkey, "asked");
    searches.set(pubkey, search);
    this.#rounds.start(search);
    return search;
  }

  #over(search: ListSearch, verdict: Verdict): void {
    if (this.#closing.signal.aborted) return;
    const { kind, pubkey, callers, hasList } = search;
    this.#searches.get(kind)?.delete(pubkey);
    if (verdict !== "unknown") {
      const at = Math.floor(this.#options.clock.now() / 1000);
      const check = { at, found: verdict === "found" || hasList };
      const change = (checks: SearchLog) => ({ ...checks, [kind]: check });
      this.#options.searchLog.change(pubkey, change, EMPTY_SEARCH_LOG);
    } else if (callers > 0) this.#pauses.begin(kind, pubkey);
    count(this.#tally, search, verdict);
    search.end(verdict);
    if (this.#searches.get(kind)?.size === 0) this.#tally.report();
  }

  /** Whether somebody is to be asked for anew, as far as that can be told without the store. */
  #isDue(kind: number, pubkey: string): boolean {
    const { searchLog, missingTtl, refreshAfter } = this.#options;
    const check = searchLog.get(pubkey)?.[kind];
    return this.#isOlder(check, check?.found ? refreshAfter : missingTtl);
  }

  #isOlder(check: SearchLogEntry | undefined, ms: number): boolean {
    return !check || Math.abs(this.#options.clock.now() - check.at * 1000) >= ms;
  }
}

function count(tally: Tally, { kind, pubkey, hasList }: ListSearch, verdict: Verdict): void {
  if (verdict === "found" || hasList) tally.enter(kind, pubkey, "found");
  else if (verdict === "none") tally.enter(kind, pubkey, "missing");
}
