/**
 * A feed: pages of events, the newest first, and what is new from the first page on.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import { onAbort } from "../base/abortable.ts";
import { AsyncQueue } from "../base/async_queue.ts";
import { checkFunction, integer } from "../base/check_option.ts";
import { checkFeedFilters } from "./feed_filters.ts";
import { checkFeedOptions, type FeedOptions } from "./feed_options.ts";
import { FeedReader, MAX_FUTURE_S } from "./feed_reader.ts";
import type { FeedGap, FeedPage, FeedSources } from "./feed_sources.ts";
import type { FeedStore } from "./feed_store.ts";

/** How {@link Feed.sync} goes on. */
export interface FeedSyncProgress {
  /** Everything newer is complete, but what relays that fail have, in Unix seconds. */
  readonly position: number;
  /** Down to when it reads, in Unix seconds. */
  readonly since: number;
}

/** How {@link Feed.sync} reads. */
export interface FeedSyncOptions {
  /** Down to when to read, in Unix seconds: an integer of at least 0. */
  readonly since: number;
  /** Called after each answer of a relay. */
  readonly onProgress?: (progress: FeedSyncProgress) => void;
  /** Ends the reading; what came is kept, and the next call goes on from there. */
  readonly signal?: AbortSignal;
}

/**
 * The events of some people, page by page, the newest first. Loop over it, or call `next()`. One
 * loop at a time; to break out of it ends the feed.
 */
export interface Feed extends AsyncDisposable, AsyncIterableIterator<FeedPage, undefined> {
  /** The next page. */
  readonly next: () => Promise<IteratorResult<FeedPage, undefined>>;
  /** Ends the feed, as a `break` in a loop does. */
  readonly return: () => Promise<IteratorReturnResult<undefined>>;
  /**
   * Yields new events as relays send them, from the first page on, each once: also what came since
   * a first page from the store. Before that page it yields nothing: what comes waits for the page.
   * What is not yielded here stands in `late` of the next page; so does what comes while 5,000 events
   * wait for the loop. Of what waits for a page, the newest 10,000 are kept at least, and `onError` is
   * called where others are dropped.
   */
  readonly live: (opts?: { signal?: AbortSignal }) => AsyncGenerator<NostrEvent, void>;
  /**
   * Reads everything down to a time into the store, without pages. It begins where it ended before,
   * also after a restart.
   *
   * @returns Whose events may still be missing.
   * @throws {TypeError} If the feed has no store.
   * @throws {Error} If the store fails to keep what comes; what it kept stays, and the next call
   * goes on from there.
   * @throws The signal's reason, if it is aborted.
   */
  readonly sync: (options: FeedSyncOptions) => Promise<readonly FeedGap[]>;
  /**
   * Reads other filters from the next page on: people who are new fill earlier pages in by `late`.
   *
   * @throws {TypeError} As `outbox.feed()` does.
   */
  readonly follow: (filters: readonly NostrFilter[]) => void;
  /** Ends the feed and all of its requests. Resolves once what came is in the store. */
  readonly close: () => Promise<void>;
}

/** What a feed needs besides its options. */
export interface FeedContext {
  readonly sources: FeedSources;
  /** Gives the same for the same store. */
  readonly storeOf: (store: NStore) => FeedStore;
  /** Calls `end` when the outbox is closed; the result takes that back. */
  readonly onClose: (end: () => void) => () => void;
  /** @throws {Error} If the outbox is closed. */
  readonly refuseClosed: () => void;
}

/**
 * Creates a feed; sends nothing before the first page is asked for.
 *
 * @param openedAt When the app opened it, in milliseconds since 1970.
 */
export function createFeed(
  given: readonly NostrFilter[],
  options: FeedOptions,
  context: FeedContext,
  openedAt: number = context.sources.clock.now(),
): Feed {
  const filters = checkFeedFilters(given);
  const { pageSize, patience, signal } = checkFeedOptions(options);
  const { sources, storeOf, onClose, refuseClosed } = context;
  const store = options.store && storeOf(options.store);
  const startedAt = Math.floor(openedAt / 1000);
  const top = startedAt + MAX_FUTURE_S;
  const closing = new AbortController();
  let queue: AsyncQueue<NostrEvent> | undefined;
  /** What nobody has taken from the queue yet. */
  const queued = new Set<NostrEvent>();
  let restart: AbortController | undefined;
  const reader = new FeedReader(filters, {
    sources,
    store,
    patience,
    top,
    opensAtOnce: options.fresh !== true,
    onLate: (event) => {
      if (queue === undefined || queued.size >= MAX_QUEUED) return false;
      queued.add(event);
      queue.push(event);
      return true;
    },
  });
  let paging: Promise<unknown> = Promise.resolve();
  let ended: Promise<void> | undefined;
  const syncs = new Set<FeedReader>();
  const releases: (() => void)[] = [];
  async function end(): Promise<void> {
    closing.abort(signal?.reason);
    for (const release of releases) release();
    await Promise.all([reader, ...syncs].map((one) => one.close()));
  }
  function close(): Promise<void> {
    return ended ??= end();
  }
  async function page(): Promise<IteratorResult<FeedPage, undefined>> {
    signal?.throwIfAborted();
    refuseClosed();
    if (ended) return { done: true, value: undefined };
    try {
      const value = await reader.page(pageSize, closing.signal);
      return value ? { done: false, value } : { done: true, value };
    } catch (error) {
      if (!closing.signal.aborted) throw error;
      signal?.throwIfAborted();
      return { done: true, value: undefined };
    }
  }
  const feed: Feed = {
    next() {
      // One page after the other, however many are asked for at once.
      const next = paging.then(page, page);
      paging = Promise.allSettled([next]);
      return next;
    },
    async return() {
      await close();
      return { done: true, value: undefined };
    },
    async *live(opts = {}) {
      refuseClosed();
      if (queue) throw new Error("Cannot read a feed live: it is being read live already");
      if (ended) return;
      const own = new AbortController();
      const stop = () => own.abort();
      const releases = [onAbort(opts.signal, stop), onAbort(closing.signal, stop)];
      const events = queue = new AsyncQueue<NostrEvent>();
      let failure: { readonly error: unknown } | undefined;
      const reading = readLive(own.signal)
        .catch((error: unknown) => failure = { error }).finally(() => events.close());
      try {
        for await (const event of events.read(own.signal)) {
          queued.delete(event);
          yield event;
        }
      } finally {
        own.abort();
        queue = undefined;
        for (const event of queued) reader.leave(event);
        queued.clear();
        for (const release of releases) release();
        await reading;
      }
      if (failure && !closing.signal.aborted) throw failure.error;
      opts.signal?.throwIfAborted();
      signal?.throwIfAborted();
    },
    async sync({ since, onProgress, signal: own }) {
      refuseClosed();
      if (!store) throw new TypeError('Cannot sync a feed: it has no option "store"');
      integer("since", since, 0, 0);
      checkFunction("onProgress", onProgress);
      own?.throwIfAborted();
      const now = Math.floor(sources.clock.now() / 1000);
      const bounded = reader.filters.map((filter) => ({
        ...filter,
        since: Math.max(since, filter.since ?? 0),
      }));
      const both = new AbortController();
      const syncing = new FeedReader(bounded, {
        sources,
        store,
        patience,
        top: now + MAX_FUTURE_S,
        // What came is in the store.
        onLate: () => true,
        onStoreFailure: (cause) =>
          both.abort(new Error("Cannot sync a feed: its store failed", { cause })),
      });
      syncs.add(syncing);
      const releases = [own, closing.signal].map((one) => onAbort(one, () => both.abort()));
      try {
        return await syncing.sync(
          since,
          both.signal,
          (position) => onProgress?.({ position, since }),
        );
      } catch (error) {
        own?.throwIfAborted();
        signal?.throwIfAborted();
        if (ended) refuseClosed();
        throw error;
      } finally {
        for (const release of releases) release();
        await syncing.close();
        syncs.delete(syncing);
      }
    },
    follow(filters) {
      reader.follow(checkFeedFilters(filters));
      restart?.abort();
    },
    close,
    [Symbol.asyncIterator]: () => feed,
    [Symbol.asyncDispose]: close,
  };

  releases.push(
    sources.onList((pubkey, news) => reader.listChanged(pubkey, news)),
    onClose(() => void close()),
  );
  // It may be aborted already, which ends the feed at once.
  if (signal) releases.push(onAbort(signal, () => void close()));

  /** Reads new events until the signal is aborted; anew where the filters change. */
  async function readLive(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const round = restart = new AbortController();
      const release = onAbort(signal, () => round.abort());
      const filters = reader.filters.map((filter) => ({
        ...filter,
        since: Math.max(startedAt - LIVE_OVERLAP_S, filter.since ?? 0),
      }));
      for await (const event of sources.live(filters, round.signal)) reader.saw(event);
      release();
      if (!round.signal.aborted) return;
    }
  }
  return feed;
}

/** Most events that wait for whoever reads `live()`; others stand in `late` of the next page. */
const MAX_QUEUED = 5_000;
/** New events are requested from this long before the feed's start on, in seconds. */
const LIVE_OVERLAP_S = 300;
