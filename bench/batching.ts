/**
 * Many small requests: the profiles of 200 people as one query, and as a query for each of them at
 * once, as the components of a screen ask.
 *
 * Relays are sockets of this machine in a thread of their own. All relay lists are stored; no
 * connection is open at first. Each way starts with a new client.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent } from "@nostrify/types";
import { openSqlite } from "../src/db/sqlite.ts";
import { createOutbox, RelayListStore } from "../src/mod.ts";
import { LoopbackNetwork } from "./loopback_network.ts";
import { count, median, percent, print, progress, prose, table } from "./report.ts";
import type { ProfileWorld } from "./profile_world.ts";
import { loadWasm, verify } from "./wasm_signatures.ts";

const WORLD = { name: "profiles", people: 200, relays: 60 } as const;
const SEEDS = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const FALLBACK_COUNT = 2;

/** A way to ask for profiles. */
interface Way {
  readonly name: string;
  readonly ask: (pool: NPool, pubkeys: readonly string[]) => Promise<NostrEvent[]>;
}

const WAYS: readonly Way[] = [
  {
    name: "one query",
    ask: (pool, authors) => pool.query([{ kinds: [0], authors: [...authors] }]),
  },
  {
    name: "200 queries at once",
    ask: async (pool, authors) => {
      const queries = authors.map((author) =>
        pool.query([{ kinds: [0], authors: [author], limit: 1 }])
      );
      return (await Promise.all(queries)).flat();
    },
  },
];

interface Outcome {
  readonly reqs: number;
  readonly connections: number;
  readonly refused: number;
  readonly seconds: number;
  readonly moved: number;
  readonly found: number;
}

async function run({ about, traffic }: Running, { ask }: Way): Promise<Outcome> {
  await using db = await openSqlite(":memory:");
  const store = new RelayListStore(db, { verifyEvent: verify });
  await Promise.all(about.lists.map((list) => store.event(list)));
  const known = new Set([...about.relays, ...about.indexers]);
  await using outbox = createOutbox({
    store,
    indexerRelays: about.indexers,
    fallbackRelays: about.relays.slice(0, FALLBACK_COUNT),
    policy: { allowLocal: true, allowInsecure: true, allow: (url) => known.has(url) },
    relayInfo: false,
    verifyEvent: verify,
  });
  await using pool = new NPool(outbox);
  await traffic();
  const begun = performance.now();
  const events = await ask(pool, about.pubkeys);
  const seconds = (performance.now() - begun) / 1000;
  const { relays, indexers } = await traffic();
  const ids = new Set(events.map(({ id }) => id));
  const found = [...about.newest.values()].filter((id) => ids.has(id)).length;
  return {
    reqs: relays.reqs + indexers.reqs,
    connections: relays.connections + indexers.connections,
    refused: relays.refused + indexers.refused,
    seconds,
    moved: (relays.events + indexers.events) / about.newest.size,
    found: found / about.newest.size,
  };
}

interface Running {
  readonly about: ProfileWorld;
  readonly traffic: LoopbackNetwork<ProfileWorld>["traffic"];
}

/** Runs both ways in each world, and prints their results. */
export async function benchBatching(): Promise<void> {
  progress("many small requests");
  await loadWasm();
  print("## Many small requests");
  print(prose(
    `The profiles of ${count(WORLD.people)} people, at ${WORLD.relays} relays and four indexers ` +
      "on loopback, as one query and as a query for each person at once. All lists are known, no " +
      "connection is open. `relays`: connections; `moved`: events received for each profile; " +
      "`newest`: share of the profiles found in the newest version that a living relay holds. " +
      `Medians of ${SEEDS.length} worlds; a write relay has 90 % of its authors' newest profiles ` +
      "and an indexer 85 %, and some of the others in an older version.",
  ));
  for (const hasDead of [false, true]) {
    const outcomes = new Map<Way, Outcome[]>(WAYS.map((way) => [way, []]));
    for (const seed of SEEDS) {
      using network = await LoopbackNetwork.start({ ...WORLD, seed, hasDead });
      const running = { about: network.about, traffic: () => network.traffic() };
      for (const way of WAYS) outcomes.get(way)!.push(await run(running, way));
    }
    print(hasDead ? "Some relays are dead:" : "All relays live:");
    print(table(HEAD, [...outcomes].map(([{ name }, all]) => [name, ...cells(all)])));
  }
}

const HEAD = ["asked as", "REQs", "relays", "refused", "seconds", "moved", "newest"];

function cells(outcomes: readonly Outcome[]): string[] {
  const middle = (of: (outcome: Outcome) => number) => median(outcomes.map(of));
  const mean = (of: (outcome: Outcome) => number) =>
    outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / outcomes.length;
  return [
    count(middle(({ reqs }) => reqs)),
    count(middle(({ connections }) => connections)),
    count(middle(({ refused }) => refused)),
    `${middle(({ seconds }) => seconds).toFixed(2)} s`,
    middle(({ moved }) => moved).toFixed(2),
    percent(mean(({ found }) => found)),
  ];
}

if (import.meta.main) {
  await benchBatching();
  Deno.exit(0);
}
