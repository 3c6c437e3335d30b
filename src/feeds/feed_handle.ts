/**
 * A feed whose code is still being loaded: checks at once what it is opened with, and opens the
 * feed itself for the first page.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { abortable, onAbort } from "../base/abortable.ts";
import type { Feed, FeedSyncOptions } from "./feed.ts";
import { checkFeedFilters } from "./feed_filters.ts";
import { checkFeedOptions, type FeedOptions } from "./feed_options.ts";

/** What a {@link feedHandle} needs. */
export interface FeedHandleContext {
  /** Loads what opens feeds. @throws {Error} If that cannot be loaded; it may be called again. */
  readonly load: () => Promise<
    (filters: readonly NostrFilter[], options: FeedOptions, openedAt: number) => Feed
  >;
  /** Of now, in milliseconds since 1970. */
  readonly now: () => number;
  /** Calls `end` when the outbox is closed; the result takes that back. */
  readonly onClose: (end: () => void) => () => void;
  /** @throws {Error} If the outbox is closed. */
  readonly refuseClosed: () => void;
}

/** Opens a feed; see `Outbox.feed`. */
export function feedHandle(
  given: readonly NostrFilter[],
  options: FeedOptions,
  { load, now, onClose, refuseClosed }: FeedHandleContext,
): Feed {
  let filters = checkFeedFilters(given);
  const { signal } = checkFeedOptions(options);
  const openedAt = now();
  const ending = new AbortController();
  let opened: Feed | undefined;
  /** Ends the waiting for the feed, if there is none yet. */
  const end = () => {
    ending.abort(signal?.reason);
    release();
  };
  const listeners: (() => void)[] = [];
  const release = () => listeners.splice(0).forEach((remove) => remove());
  listeners.push(onClose(end));
  listeners.push(onAbort(signal, end));

  /** @throws The reason, if the feed ends before it is there. */
  async function open(): Promise<Feed> {
    if (opened) return opened;
    const create = await abortable(load(), ending.signal);
    ending.signal.throwIfAborted();
    release();
    return opened ??= create(filters, options, openedAt);
  }

  /** Throws the error of a feed that could not be opened, unless it has merely ended. */
  function refuse(error: unknown): void {
    if (!ending.signal.aborted) throw error;
    signal?.throwIfAborted();
  }

  async function close(): Promise<void> {
    end();
    await opened?.close();
  }

  const handle: Feed = {
    async next() {
      if (!opened) {
        signal?.throwIfAborted();
        refuseClosed();
        try {
          await open();
        } catch (error) {
          refuse(error);
          return { done: true, value: undefined };
        }
      }
      return await opened!.next();
    },
    async return() {
      await close();
      return { done: true, value: undefined };
    },
    async *live(opts: { signal?: AbortSignal } = {}): AsyncGenerator<NostrEvent, void> {
      refuseClosed();
      try {
        await abortable(open(), opts.signal);
      } catch (error) {
        opts.signal?.throwIfAborted();
        return refuse(error);
      }
      yield* opened!.live(opts);
    },
    async sync(opts: FeedSyncOptions) {
      refuseClosed();
      const feed = await abortable(open(), opts?.signal);
      return await feed.sync(opts);
    },
    follow(others) {
      if (opened) opened.follow(others);
      else filters = checkFeedFilters(others);
    },
    close,
    [Symbol.asyncIterator]: () => handle,
    [Symbol.asyncDispose]: close,
  };
  return handle;
}
