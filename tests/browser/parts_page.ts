/**
 * A page with an outbox whose parts are loaded on demand; `page` is what tests call there.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent } from "@nostrify/types";
import { createOutbox, type Feed, type Outbox } from "../../src/mod.ts";
import { openIndexedDb } from "../../src/db/indexeddb.ts";

let outbox: Outbox;
let pool: NPool;
let feed: Feed;
const errors: string[] = [];

const PAGE = {
  async start(indexer: string, user?: string): Promise<void> {
    outbox = createOutbox({
      store: await openIndexedDb("parts"),
      indexerRelays: [indexer],
      policy: { allowLocal: true, allowInsecure: true },
      relayInfo: false,
      user,
      onError: ({ message }) => errors.push(message),
    });
    pool = new NPool(outbox);
  },

  /** The contents of all posts of somebody. */
  async read(author: string): Promise<string[]> {
    return (await pool.query([{ kinds: [1], authors: [author] }])).map(({ content }) => content);
  },

  /** The same for two requests that are made together. */
  async readTwice(author: string): Promise<string[][]> {
    return await Promise.all([this.read(author), this.read(author)]);
  },

  /** Opens a feed. */
  open(author: string): void {
    feed = outbox.feed([{ kinds: [1], authors: [author] }]);
  },

  /** The contents of the feed's next page, or why there is none. */
  async next(): Promise<string[] | string> {
    try {
      const { value } = await feed.next();
      return value?.events.map(({ content }) => content) ?? [];
    } catch (error) {
      return (error as Error).message;
    }
  },

  /** Publishes an event; resolves once a relay of its author has it. */
  async publish(event: NostrEvent): Promise<void> {
    await (await outbox.publish(event)).safe;
  },

  /** Publishes an event; resolves with its state once it is written down. */
  async writeDown(event: NostrEvent): Promise<string> {
    return (await outbox.publish(event)).state;
  },

  /** How many people the next request for somebody reaches. */
  async explain(author: string): Promise<string> {
    return `${await outbox.explain([{ kinds: [1], authors: [author] }])}`.split("\n")[0];
  },

  errors: (): string[] => errors,

  async close(): Promise<void> {
    await pool.close();
    await outbox.close();
  },
};

/** What a test may call in the page. */
export type PartsPage = typeof PAGE;

Object.assign(globalThis, { page: PAGE });
