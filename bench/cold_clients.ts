/**
 * Clients that start cold: the library, and clients that know three big relays and no lists.
 *
 * @module
 */

import { NPool, NRelay1 } from "@nostrify/nostrify";
import type { NostrFilter, NRelay } from "@nostrify/types";
import { openSqlite } from "../src/db/sqlite.ts";
import { createOutbox, type OutboxOptions, RelayListStore } from "../src/mod.ts";
import type { ColdWorld } from "./cold_world.ts";
import { loadWasm, verify } from "./wasm_signatures.ts";

/** A client with an empty database. */
export interface ColdClient {
  /** How the report calls it. */
  readonly name: string;
  /** Prepares the client; it does not connect yet. */
  readonly start: (world: ColdWorld) => Promise<StartedClient>;
}

/** A client that runs. */
export interface StartedClient extends AsyncDisposable {
  readonly pool: NPool;
}

/**
 * The default: workers as soon as many events wait. Outboxes with defaults share a verifier, which
 * remembers what it has verified for the start before; one with a worker of its own does not.
 */
const WORKERS: OutboxOptions = {
  verifyWorker: () =>
    new Worker(new URL("../src/signatures/verify_worker.ts", import.meta.url), { type: "module" }),
};
/** A verifier of the app's own. */
const MAIN_THREAD: OutboxOptions = { verifyEvent: verify };
/** How many of the most used relays an app has in its settings. */
const FALLBACK_COUNT = 2, BIG_RELAY_COUNT = 3;
/** Authors in a filter: the default of the library's routers. */
const AUTHORS_PER_FILTER = 10;

/** The library with its defaults, from nothing. */
export const COLD: ColdClient = {
  name: "createOutbox",
  start: (world) => start(world),
};

/** The same with the three big relays that other clients know. */
export const COLD_THREE: ColdClient = {
  name: "createOutbox, three fallback relays",
  start: (world) => start(world, { fallbacks: BIG_RELAY_COUNT }),
};

/** The same with a verifier of the app's own, which works in the main thread. */
export const COLD_MAIN: ColdClient = {
  name: "createOutbox, verifying in the main thread",
  start: (world) => start(world, { verification: MAIN_THREAD }),
};

/** The library with all lists in its database: the difference is the cost of finding them. */
export const WARM: ColdClient = {
  name: "createOutbox, lists known",
  start: (world) => start(world, { isWarm: true }),
};

/** A pool that knows three relays, with the library's connections, which page and never hang. */
export const PAGED: ColdClient = {
  name: "three big relays, 10 authors a filter, paged",
  start(world) {
    const outbox = createOutbox({ ...WORKERS, indexerRelays: [] });
    const pool = bigPool(world, { open: outbox.open, eoseTimeout: outbox.eoseTimeout }, cut);
    const close = () => pool.close().then(outbox.close);
    return Promise.resolve({ pool, [Symbol.asyncDispose]: close });
  },
};

/** Nostrify's own pool and relays, and one filter for everybody. */
export const PLAIN: ColdClient = {
  name: "three big relays, plain NPool, main thread",
  async start(world) {
    await loadWasm();
    const open = (url: string) => new NRelay1(url, { verifyEvent: verify });
    const pool = bigPool(world, { open }, (filter) => [filter]);
    return { pool, [Symbol.asyncDispose]: () => pool.close() };
  },
};

function bigPool(
  { relays }: ColdWorld,
  options: { open: (url: string) => NRelay; eoseTimeout?: number },
  cut: (filter: NostrFilter) => NostrFilter[],
): NPool {
  const big = relays.slice(0, BIG_RELAY_COUNT);
  return new NPool({
    ...options,
    reqRouter: (filters) => new Map(big.map((url) => [url, filters.flatMap(cut)])),
    eventRouter: () => big,
  });
}

function cut(filter: NostrFilter): NostrFilter[] {
  const { authors = [] } = filter;
  return Array.from({ length: Math.ceil(authors.length / AUTHORS_PER_FILTER) }, (_, i) => ({
    ...filter,
    authors: authors.slice(i * AUTHORS_PER_FILTER, (i + 1) * AUTHORS_PER_FILTER),
  }));
}

/** How the library starts. */
interface Start {
  /** Whether all lists are in its database. @default false */
  readonly isWarm?: boolean;
  /** How many fallback relays it has. */
  readonly fallbacks?: number;
  /** How it verifies. @default as by default */
  readonly verification?: OutboxOptions;
}

async function start(
  world: ColdWorld,
  { isWarm = false, fallbacks = FALLBACK_COUNT, verification = WORKERS }: Start = {},
): Promise<StartedClient> {
  await loadWasm();
  const db = await openSqlite(":memory:");
  if (isWarm) {
    const store = new RelayListStore(db, { verifyEvent: verify });
    await Promise.all(world.lists.map((list) => store.event(list)));
  }
  const known = new Set([...world.relays, ...world.indexers]);
  const outbox = createOutbox({
    ...verification,
    store: db,
    indexerRelays: world.indexers,
    fallbackRelays: world.relays.slice(0, fallbacks),
    // Lists hold junk, some of which names addresses of this machine.
    policy: { allowLocal: true, allowInsecure: true, allow: (url) => known.has(url) },
  });
  const pool = new NPool(outbox);
  return {
    pool,
    async [Symbol.asyncDispose]() {
      await pool.close();
      await outbox.close();
      await db.close();
    },
  };
}
