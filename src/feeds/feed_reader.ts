/**
 * Makes the pages of one feed: requests what the merge decides, and waits as long as the feed is
 * patient.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { abortable } from "../base/abortable.ts";
import { isExpired } from "../nostr/expiration.ts";
import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import { FeedCursors } from "./feed_cursors.ts";
import { eventMatcher } from "./event_matcher.ts";
import { pageDelivery } from "./feed_delivery.ts";
import { gapsOf, knownRanges, openingGaps } from "./feed_gaps.ts";
import type { FeedMerge, MergedPage } from "./feed_merge.ts";
import { FeedRequests } from "./feed_requests.ts";
import type { FeedGap, FeedPage, FeedPlan, FeedSources } from "./feed_sources.ts";
import { MAX_LATE } from "./page_buffer.ts";
import type { FeedStore } from "./feed_store.ts";

/** How one feed is read. */
export interface FeedReaderOptions {
  readonly sources: FeedSources;
  readonly store?: FeedStore;
  /** How long a page may wait for relays that do not answer, in milliseconds. */
  readonly patience: number;
  /** The newest second of the feed. */
  readonly top: number;
  /** Whether the store alone gives the first page, if it can. @default false */
  readonly opensAtOnce?: boolean;
  /** Called where the store cannot be opened, or fails to keep what came. */
  readonly onStoreFailure?: (failure: Error) => void;
  /** Called with events that came too late for their page; `true`: somebody else hands them out. */
  readonly onLate?: (event: NostrEvent) => boolean;
}

/** How far ahead an event may be dated, in seconds: one of later would stay on top. */
export const MAX_FUTURE_S = 900;

/** How often lists that were found are heeded while they are looked for, in milliseconds. */
const GATHERING_MS = 250;

/** See the module. */
export class FeedReader {
  readonly #options: FeedReaderOptions;
  #filters: readonly NostrFilter[];
  readonly #cursors: FeedCursors;
  #isBegun = false;
  #beginning?: Promise<void>;
  /** Settles once lists are no longer looked for. */
  #searched?: Promise<void>;
  #endSearch: () => void = () => {};
  #hasNewFilters = false;
  #hasTriedStore = false;
  /** Whether an event is for these filters, once others were read before. */
  #isWanted?: (event: NostrEvent) => boolean;
  /** Whether a page was asked for. */
  #isAskedForAny = false;
  /** Whether events were dropped since the last page. */
  #hasDropped = false;
  /** Whether there was a page. */
  #hasGivenAny = false;
  /** Whether the last page reached the feed's oldest second. */
  #hasGivenAll = false;
  readonly #requests: FeedRequests;
  /** Events that came too late for their page, until the store has them, by their ids. */
  readonly #unkept = new Map<string, NostrEvent>();
  #wake = Promise.withResolvers<void>();

  constructor(filters: readonly NostrFilter[], options: FeedReaderOptions) {
    this.#options = options;
    this.#filters = filters;
    const { sources, top } = options;
    this.#cursors = new FeedCursors({ sources, top, filters });
    this.#requests = new FeedRequests({
      sources,
      store: options.store,
      cursors: this.#cursors,
      onEvent: (event, isKept) => this.#push(event, isKept),
      onKept: (events, deleted) => this.#kept(events, deleted),
      onUnkept: options.onStoreFailure,
      onAnswer: () => {
        // Whoever is behind the pages so far goes on without waiting for the next one.
        this.#requests.ask(this.#merge.catchUp());
        this.#awaken();
      },
    });
  }

  get #merge(): FeedMerge {
    return this.#cursors.merge;
  }

  /** The filters that are read. */
  get filters(): readonly NostrFilter[] {
    return this.#filters;
  }

  /** Takes in a new list of somebody, which the next page heeds. */
  listChanged(pubkey: string, news: RelayKnowledge): void {
    this.#cursors.listChanged(pubkey, news);
  }

  /** Reads other filters from now on. */
  follow(filters: readonly NostrFilter[]): void {
    this.#filters = filters;
    this.#hasNewFilters = true;
    this.#isWanted = eventMatcher(filters);
    this.#merge.buffer.keep(this.#isWanted);
  }

  /** Leaves an event that was handed out as late, and that nobody took, to the next page. */
  leave(event: NostrEvent): void {
    this.#told("late", this.#merge.buffer.addLate(event));
  }

  /** Tells once, until the next page, that events were dropped. */
  #told(which: "late" | "new", dropped: number): void {
    if (dropped === 0 || this.#hasDropped) return;
    this.#hasDropped = true;
    const taken = which === "late" ? "took a page or read live()" : "took a page";
    const text = `A feed drops ${which} events: nobody ${taken} while ${dropped} came. ` +
      `Only the newest ${MAX_LATE} are kept`;
    this.#options.sources.onError(new Error(text));
  }

  /** Takes in an event that came by itself; whether it came for the first time. */
  saw(event: NostrEvent): boolean {
    const place = this.#push(event, false, this.#hasGivenAll);
    if (place) this.#requests.keep([event]);
    // A first page asks relays for what they have of these, too.
    if (place === "waiting" && !this.#isAskedForAny) this.#told("new", this.#merge.buffer.trim());
    return place !== undefined;
  }

  /**
   * The next page.
   *
   * @returns `undefined` once there are no more.
   * @throws The signal's reason, if it is aborted; what planning throws.
   */
  async page(size: number, signal: AbortSignal): Promise<FeedPage | undefined> {
    this.#isAskedForAny = true;
    if (!this.#isBegun && !this.#beginning) {
      const opening = await this.#openingPage(size, signal);
      if (opening) return opening;
    }
    await this.#begin(signal);
    this.#cursors.retryFailed();
    const { sources, patience } = this.#options;
    let isOver = false;
    const over = Promise.withResolvers<void>();
    const cancel = sources.clock.after(patience, () => {
      isOver = true;
      over.resolve();
      this.#awaken();
    });
    try {
      for (;;) {
        this.#requests.ask([...this.#merge.catchUp(), ...this.#merge.forPage(size)]);
        const isSearching = this.#cursors.pending.size > 0;
        const isWhole = this.#merge.isEnded || !this.#isEmpty && this.#merge.isWhole(size);
        if (isWhole && !isSearching) {
          // What the store refuses, since its author deleted it, is no part of a page.
          const kept = this.#requests.kept();
          if (isOver || !kept) break;
          await Promise.race([abortable(kept, signal), over.promise]);
          continue;
        }
        if (isOver && this.#givesUp()) break;
        await abortable(this.#wake.promise, signal);
      }
    } finally {
      cancel();
    }
    if (this.#merge.isEnded && this.#isEmpty && this.#hasGivenAll) return undefined;
    const isScrolled = this.#hasGivenAny;
    const page = this.#take(size);
    // Whoever reads a second page will read a third, which should be there by then.
    if (isScrolled && !this.#merge.isWhole(size)) this.#requests.ask(this.#merge.forPage(size));
    return page;
  }

  /** Whether a page would have nothing. */
  get #isEmpty(): boolean {
    const { size, lateCount } = this.#merge.buffer;
    return size === 0 && lateCount === 0;
  }

  /**
   * Reads everything down to a time, without pages.
   *
   * @param onProgress Called after each answer with the newest second that is not complete yet.
   * @returns Whose events may still be missing.
   * @throws The signal's reason, if it is aborted; what planning throws.
   */
  async sync(
    since: number,
    signal: AbortSignal,
    onProgress: (position: number) => void,
  ): Promise<FeedGap[]> {
    await abortable(this.#begin(signal), signal);
    this.#cursors.leaveStore();
    await this.#searched;
    for (;;) {
      const open = [...this.#merge.cursors].filter((cursor) =>
        cursor.failure === undefined && cursor.position > Math.max(since, cursor.floor)
      );
      onProgress(Math.max(since, ...open.map(({ position }) => position)));
      if (open.length === 0) break;
      const idle = open.filter((cursor) => cursor.isIdle);
      this.#requests.ask(idle.map((cursor) => cursor.request(since, Infinity)));
      if (!open.some((cursor) => cursor.isAsking)) break;
      await abortable(this.#wake.promise, signal);
      // The store has them: only what was counted is of interest.
      this.#learn(this.#merge.take(Infinity));
    }
    await abortable(this.#requests.settled(), signal);
    return gapsOf(this.#cursors, since);
  }

  /** Ends every request, and resolves once what came is kept. */
  async close(): Promise<void> {
    this.#endSearch();
    const closed = this.#requests.close();
    this.#awaken();
    await closed;
  }

  /** Begins, once; then heeds what has changed: the filters, or lists. */
  async #begin(signal: AbortSignal): Promise<void> {
    if (!this.#isBegun) {
      this.#beginning ??= this.#beginOnce(signal).finally(() => this.#beginning = undefined);
      return await this.#beginning;
    }
    if (!this.#hasNewFilters) return this.#cursors.followLists();
    const filters = this.#filters;
    const planned = await this.#options.sources.plan(filters, signal);
    if (filters === this.#filters) this.#hasNewFilters = false;
    this.#endSearch();
    this.#cursors.adapt(planned, filters);
  }

  async #beginOnce(signal: AbortSignal): Promise<void> {
    const { sources } = this.#options;
    const [planned] = await Promise.all([
      sources.plan(this.#filters, signal, true),
      this.#openStore(signal),
    ]);
    this.#isBegun = true;
    this.#cursors.begin(planned);
    if (planned.search) this.#searched = this.#followSearch(planned.search.found);
  }

  /** Reads people where their lists say, as these become known, until the search for them is over. */
  async #followSearch(found: NonNullable<FeedPlan["search"]>["found"]): Promise<void> {
    const { clock } = this.#options.sources;
    let isOver = false;
    const follow = () => {
      this.#cursors.followLists();
      this.#requests.ask(this.#merge.catchUp());
      this.#awaken();
    };
    const gather = () => {
      cancel = clock.after(GATHERING_MS, () => {
        follow();
        gather();
      });
    };
    let cancel = () => {};
    this.#endSearch = () => {
      isOver = true;
      cancel();
    };
    gather();
    // Whoever gives the feed up ends the search, too.
    const [result] = await Promise.allSettled([found]);
    if (isOver) return;
    this.#endSearch();
    this.#cursors.complete(result.status === "fulfilled" ? result.value : undefined);
    follow();
  }

  /** Begins to read the store, if there is one that works. */
  async #openStore(signal: AbortSignal): Promise<void> {
    const { store, sources, onStoreFailure } = this.#options;
    await abortable(sources.spans.ready(), signal);
    if (!store || this.#hasTriedStore) return;
    this.#hasTriedStore = true;
    try {
      this.#cursors.openStore(await abortable(store.number(), signal), this.#filters);
    } catch (cause) {
      if (signal.aborted) throw cause;
      const failure = new Error("A feed goes on without its store, which failed", { cause });
      sources.onError(failure);
      onStoreFailure?.(failure);
    }
  }

  /**
   * A first page of what the store has, if it was complete some time ago. It does not wait for
   * relay lists, which come meanwhile.
   */
  async #openingPage(size: number, signal: AbortSignal): Promise<FeedPage | undefined> {
    const { opensAtOnce, sources: { spans } } = this.#options;
    if (!opensAtOnce || !this.#options.store) return undefined;
    await this.#openStore(signal);
    const { store } = this.#cursors;
    if (store === undefined) return undefined;
    const known = knownRanges(spans, this.#filters, store);
    if (![...known.values()].some((ranges) => ranges.length > 0)) return undefined;
    this.#requests.ask(this.#merge.forPage(size));
    const stores = [...this.#merge.cursors];
    while (stores.some((cursor) => cursor.isAsking)) await abortable(this.#wake.promise, signal);
    // A store that failed meanwhile has more than it gave.
    if (this.#cursors.store === undefined || this.#merge.buffer.size === 0) return undefined;
    this.#requests.run(this.#begin(signal).then(() => this.#requests.ask(this.#merge.catchUp())));
    const page = this.#merge.take(size);
    this.#hasGivenAny = true;
    return { ...page, behind: openingGaps(known, this.#filters, page.since) };
  }

  #take(size: number): FeedPage {
    // The page says of these, too, that they came.
    for (const event of this.#unkept.values()) this.#handOut(event);
    this.#unkept.clear();
    this.#hasDropped = false;
    const page = this.#merge.take(size);
    this.#learn(page);
    this.#hasGivenAny = true;
    this.#hasGivenAll = page.since <= this.#merge.floor;
    // A page without events says who is behind, too.
    const since = Math.min(page.since, this.#options.top);
    return { ...page, behind: gapsOf(this.#cursors, since) };
  }

  /** Tells what a page shows of relays, and forgets which of them had its events. */
  #learn({ events, late, since }: MergedPage): void {
    const { onDelivery } = this.#options.sources;
    const { cursors } = this.#merge;
    const { relaysPerAuthor } = this.#cursors.planned!.input.settings;
    for (const { url, hits, misses } of pageDelivery(events, since, cursors, relaysPerAuthor)) {
      onDelivery(url, hits, misses);
    }
    for (const { sent } of cursors) {
      for (const { id } of events) sent.delete(id);
      for (const { id } of late) sent.delete(id);
    }
  }

  /** Gives up those that do not answer; whether there is a page without them. */
  #givesUp(): boolean {
    const cursors = [...this.#merge.cursors];
    for (const cursor of cursors) if (cursor.isAsking) cursor.isLate = true;
    if (!this.#isEmpty) return true;
    // Only the first page may be empty: an app shows something, and who is behind.
    return !this.#hasGivenAny && cursors.some(({ url, isAnswered }) => url !== "" && isAnswered);
  }

  #push(event: NostrEvent, isKept: boolean, isOver = false): "waiting" | "late" | undefined {
    const { sources, top } = this.#options;
    const now = sources.clock.now() / 1000;
    const isFuture = event.created_at > Math.max(top, now + MAX_FUTURE_S);
    if (isFuture || isExpired(event, now) || this.#isWanted?.(event) === false) return undefined;
    const place = this.#merge.push(event, isOver);
    if (place === "late" && !isKept && this.#requests.keeps) this.#unkept.set(event.id, event);
    else if (place === "late") this.#handOut(event);
    return place;
  }

  /** The store has these events, but those that their authors deleted. */
  #kept(events: readonly NostrEvent[], deleted: ReadonlySet<string>): void {
    if (deleted.size > 0) this.#merge.buffer.drop(deleted);
    for (const { id } of events) {
      const event = this.#unkept.get(id);
      this.#unkept.delete(id);
      if (event && !deleted.has(id)) this.#handOut(event);
    }
  }

  /** Hands out an event that came too late for its page. */
  #handOut(event: NostrEvent): void {
    // The filters may have changed while the store was taking it.
    if (this.#isWanted?.(event) === false) return;
    if (!this.#options.onLate?.(event)) this.leave(event);
  }

  #awaken(): void {
    const { resolve } = this.#wake;
    this.#wake = Promise.withResolvers();
    resolve();
  }
}
