/**
 * A client with the outbox model: everyone is read where they write, and written
 * to where they read.
 *
 * @module
 */

import { NPool, NRelay1 } from "@nostrify/nostrify";
import { createEventRouter, createReqRouter, RelayListStore } from "@npool/outbox";
import type { RelayUrlPolicy } from "@npool/outbox";
import { openSqlite } from "@npool/outbox/sqlite";
import type { Client } from "./client.ts";

/** What an outbox client is told; everything else it learns from relay lists. */
export interface OutboxClientOptions {
  readonly name: string;
  /** For people without a list, and for what names nobody. */
  readonly fallbackRelays: readonly string[];
  /** Where everybody's relay lists are. */
  readonly indexer: string;
  /** Loopback, in the demo. */
  readonly policy: RelayUrlPolicy;
  /** When it is, in Unix seconds. */
  readonly now: number;
}

/** An {@link OutboxClient} lets its caller teach it a relay list that comes by. */
export interface OutboxClient extends Client {
  readonly store: RelayListStore;
}

/** Authors in one question for lists, well below any relay's cap. */
const LISTS_PER_FILTER = 100;

/** Opens a client with its database in a temporary folder, gone when it closes. */
export async function outboxClient(options: OutboxClientOptions): Promise<OutboxClient> {
  const { name, fallbackRelays, indexer, policy, now } = options;
  const folder = await Deno.makeTempDir({ prefix: "npool-outbox-demo-" });
  const db = await openSqlite(`${folder}/outbox.sqlite3`);
  const store = new RelayListStore(db, { now: () => now * 1000 });
  const routing = { fallbackRelays, indexerRelays: [indexer], policy };

  const pool = new NPool({
    open: (url) => new NRelay1(url),
    reqRouter: createReqRouter(store, routing),
    eventRouter: createEventRouter(store, routing),
  });

  return {
    name,
    pool,
    store,
    async learn(pubkeys) {
      for (let i = 0; i < pubkeys.length; i += LISTS_PER_FILTER) {
        const authors = pubkeys.slice(i, i + LISTS_PER_FILTER);
        const filter = { kinds: [10002], authors, limit: authors.length };
        const lists = await pool.relay(indexer).query([filter]);
        await Promise.all(lists.map((event) => store.event(event)));
      }
    },
    async [Symbol.asyncDispose]() {
      await pool.close();
      await db[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
