/**
 * A tab of an app: an outbox over shared connections; `tab` is what tests call there.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import { createOutbox, type Outbox } from "../../src/mod.ts";
import { openIndexedDb } from "../../src/db/indexeddb.ts";
import { type SharedRelays, shareRelays } from "../../src/tabs/tabs.ts";

let relays: SharedRelays;
let outbox: Outbox;
let pool: NPool;
/** The ids of what came on the open subscription, as often as it came. */
const live: string[] = [];

const TAB = {
  async start(indexer: string): Promise<void> {
    relays = shareRelays();
    outbox = createOutbox({
      store: await openIndexedDb("tabs"),
      open: relays.open,
      indexerRelays: [indexer],
      policy: { allowLocal: true, allowInsecure: true },
      relayInfo: false,
    });
    pool = new NPool(outbox);
  },

  /** The ids of all posts of some people. */
  async read(authors: string[]): Promise<string[]> {
    return (await pool.query([{ kinds: [1], authors }])).map(({ id }) => id);
  },

  /** Subscribes to new posts of some people; resolves at EOSE. */
  async follow(authors: string[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const read = async () => {
      for await (const [verb, , event] of pool.req([{ kinds: [1], authors, limit: 0 }])) {
        if (verb === "EOSE") resolve();
        if (verb === "EVENT") live.push((event as { id: string }).id);
      }
    };
    void read();
    await promise;
  },

  live: (): string[] => live,
  leads: (): boolean => relays.isLeader,
};

/** What a test may call in the page. */
export type TabPage = typeof TAB;

Object.assign(globalThis, { tab: TAB });
