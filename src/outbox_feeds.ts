/**
 * The wiring of feeds: what they need of the other parts of an outbox.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter, NRelay, NStore } from "@nostrify/types";
import type { Clock } from "./base/clock.ts";
import type { Closing } from "./base/closing.ts";
import { askRelay } from "./connections/ask_relay.ts";
import type { RelayRequestOptions } from "./connections/relay_request.ts";
import { createFeed, type Feed } from "./feeds/feed.ts";
import type { FeedOptions } from "./feeds/feed_options.ts";
import type { FeedSources } from "./feeds/feed_sources.ts";
import { FeedStore } from "./feeds/feed_store.ts";
import type { RelayListStore } from "./lists/relay_list_store.ts";
import { listNews } from "./requests/listed_roles.ts";
import type { Supervisor } from "./requests/supervisor.ts";
import type { SpanBook } from "./spans/span_book.ts";

/** What feeds need of an outbox. */
export interface OutboxFeedsOptions {
  readonly clock: Clock;
  readonly requests: Omit<RelayRequestOptions, "rank">;
  readonly supervisor: Pick<Supervisor, "connector" | "isOpen">;
  readonly spans: SpanBook;
  readonly lists: Pick<RelayListStore, "onList">;
  /** How long a relay may take to answer, in milliseconds. */
  readonly timeout: number;
  /** How long a store may leave a call without an answer, in milliseconds. */
  readonly storeTimeout: number;
  readonly plan: FeedSources["plan"];
  /** `NPool`'s `reqRouter` and `open`, for what is new. */
  readonly reqRouter: (
    filters: NostrFilter[],
    opts?: { signal?: AbortSignal },
  ) => Promise<Map<string, NostrFilter[]>>;
  readonly open: (url: string) => NRelay;
  /** Called with each event that a relay sends. */
  readonly onSeen: (event: NostrEvent, url: string) => void;
  /** Called with events that an app's store has: they are not verified again. */
  readonly trust: (events: readonly NostrEvent[]) => void;
  readonly closing: Closing;
  readonly refuseClosed: (action: string) => void;
  readonly onError: (error: Error) => void;
}

/** All feeds of an outbox. */
export class OutboxFeeds {
  readonly #options: OutboxFeedsOptions;
  readonly #sources: FeedSources;
  readonly #stores = new WeakMap<NStore, FeedStore>();
  readonly #numbers = new Set<number>();
  readonly #open = new Set<Feed>();

  /** Reads nothing yet. */
  constructor(options: OutboxFeedsOptions) {
    this.#options = options;
    this.#sources = feedSources(options);
  }

  /**
   * See `Outbox.feed`.
   *
   * @param openedAt When the app opened it, in milliseconds since 1970. @default now
   */
  readonly open = (
    filters: readonly NostrFilter[],
    options: FeedOptions = {},
    openedAt?: number,
  ): Feed => {
    const { closing, refuseClosed } = this.#options;
    const feed = createFeed(filters, options, {
      sources: this.#sources,
      storeOf: (store) => this.#storeOf(store),
      onClose: (end) => {
        const release = closing.onClose(end);
        return () => {
          release();
          this.#open.delete(feed);
        };
      },
      refuseClosed: () => refuseClosed("read a feed"),
    }, openedAt);
    this.#open.add(feed);
    return feed;
  };

  /** Ends every feed; resolves once what came is kept. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((feed) => feed.close()));
  }

  #storeOf(store: NStore): FeedStore {
    const { clock, onError, spans, storeTimeout: timeout, trust } = this.#options;
    const known = this.#stores.get(store) ??
      new FeedStore(store, {
        clock,
        numbers: this.#numbers,
        onError,
        spans,
        timeout,
        onRead: trust,
      });
    this.#stores.set(store, known);
    return known;
  }
}

function feedSources(options: OutboxFeedsOptions): FeedSources {
  const { clock, lists, onError, onSeen, plan, requests, spans, supervisor, timeout } = options;
  const { memory } = requests;
  const pool = new NPool({
    open: options.open,
    reqRouter: options.reqRouter,
    eventRouter: () => [],
    eoseTimeout: 0,
  });
  return {
    clock,
    plan,
    spans,
    onError,
    async ask(url, filters, { onEvent, signal }) {
      const asked = await askRelay(supervisor.connector(url), filters, { ...requests, rank: 0 }, {
        onEvent: (event) => {
          onSeen(event, url);
          onEvent(event);
        },
        signal,
        timeout,
      });
      const { answered, proofs = new Map(), error } = asked;
      return answered ? { proofs } : { proofs, reason: error?.reason ?? "no-answer" };
    },
    async *live(filters, signal) {
      try {
        for await (const message of pool.req([...filters], { signal })) {
          if (message[0] === "CLOSED") return;
          if (message[0] === "EVENT") yield message[2];
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    isResting: (url) => memory.retryAt(url) > clock.now() && !supervisor.isOpen(url),
    limits: (url) => memory.limits(url),
    onDelivery: (url, hits, misses) => memory.learned(url, hits, misses),
    onList: (listener) =>
      lists.onList((list, kind) => {
        const news = listNews(list, kind);
        if (news) listener(list.pubkey, news);
      }),
  };
}
