/**
 * A client with the outbox model: it reads from people's write relays, and writes to
 * their read relays.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { createOutbox } from "@npool/outbox";
import type { OutboxOptions, RelayListStore, RelayUrlPolicy } from "@npool/outbox";
import { openSqlite } from "@npool/outbox/sqlite";
import type { Client } from "./client.ts";
import type { DemoClock } from "./demo_clock.ts";

/** The settings of an outbox client; it learns everything else from relay lists. */
export interface OutboxClientOptions extends Pick<OutboxOptions, "onRelayError" | "onReqPlan"> {
  readonly name: string;
  /** Relays for people without a list, and for unscoped filters. */
  readonly fallbackRelays: readonly string[];
  /** Where everybody's relay lists are. */
  readonly indexer: string;
  /** Loopback, in the demo. */
  readonly policy: RelayUrlPolicy;
  /** The clock of the demo's world. */
  readonly clock: DemoClock;
}

/** A client that also takes a relay list from its caller. */
export interface OutboxClient extends Client {
  readonly store: RelayListStore;
}

/** Opens a client with its database in a temporary folder, gone when it closes. */
export async function outboxClient(options: OutboxClientOptions): Promise<OutboxClient> {
  const { name, indexer, ...routing } = options;
  const folder = await Deno.makeTempDir({ prefix: "npool-outbox-demo-" });
  const db = await openSqlite(`${folder}/outbox.sqlite3`);
  const outbox = createOutbox({
    ...routing,
    store: db,
    indexerRelays: [indexer],
    // A constant instead of random numbers, so that the demo is the same each time.
    random: () => 0.5,
  });
  const pool = new NPool(outbox);

  return {
    name,
    pool,
    store: outbox.store,
    async learn(pubkeys) {
      await outbox.discover(pubkeys);
    },
    read: (filters, onEvent) => readAll(pool, filters, onEvent),
    asked: async () => (await outbox.relays()).length,
    async [Symbol.asyncDispose]() {
      await pool.close();
      await outbox.close();
      await db[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** The events of `pool.query(filters)`; calls `onEvent` as each arrives. */
async function readAll(
  pool: NPool,
  filters: NostrFilter[],
  onEvent: () => void = () => {},
): Promise<NostrEvent[]> {
  const events: NostrEvent[] = [];
  for await (const message of pool.req(filters)) {
    if (message[0] !== "EVENT") break;
    events.push(message[2]);
    onEvent();
  }
  return events;
}
