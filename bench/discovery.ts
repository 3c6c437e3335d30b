/**
 * What does it cost to find everybody's list, compared with moving the bare bytes?
 *
 * 10,000 signed lists lie at three indexers on sockets of this machine, which answer
 * without delay, in a thread of their own. The library starts with an empty database
 * in memory and routes a feed of all 10,000. The contenders are plain `NRelay1`s, which
 * request the same people, as many in a filter, from one indexer each. They discard
 * the lists, or verify them, or verify and store them. The library asks two indexers
 * for each person, since none has everybody, and so moves twice the bytes; one
 * contender does that, too. All verify in WebAssembly.
 *
 * @module
 */

import { NRelay1 } from "@nostrify/nostrify";
import type { NostrEvent } from "@nostrify/types";
import { openSqlite } from "../src/db/sqlite.ts";
import { createOutbox, RelayListStore } from "../src/mod.ts";
import type { ListWorld } from "./discovery_world.ts";
import { LoopbackNetwork } from "./loopback_network.ts";
import type { LoopbackTraffic } from "./loopback_relay.ts";
import { count, median, ms, print, progress, prose, ratio, table } from "./report.ts";
import { loadWasm, verify } from "./wasm_signatures.ts";

const WORLD = { name: "lists", people: 10_000, indexers: 3, seed: 7 } as const;
const ROUNDS = 3;
/** People in a filter: as many as discovery requests at once. */
const PEOPLE_PER_FILTER = 250;
/** REQs at one plain relay at once. */
const REQS_AT_ONCE = 4;

/** A way to get all lists; resolves with their number. */
interface Contender {
  readonly name: string;
  readonly run: (world: ListWorld) => Promise<number>;
}

const CONTENDERS: readonly Contender[] = [
  { name: "bare transfer", run: (world) => transfer(world, 1, () => true) },
  { name: "bare transfer from two indexers", run: (world) => transfer(world, 2, () => true) },
  { name: "verified", run: (world) => transfer(world, 1, verify) },
  { name: "verified and stored", run: stored },
  { name: "reqRouter, empty database", run: discovered },
];

/** What one run of a contender took. */
interface Sample {
  readonly time: number;
  readonly got: number;
  readonly traffic: LoopbackTraffic;
}

/** Times discovery against the bare transfer. */
export async function benchDiscovery(): Promise<void> {
  progress(`discovery: ${count(WORLD.people)} lists`);
  await loadWasm();
  using network = await LoopbackNetwork.start(WORLD);
  const samples = CONTENDERS.map((): Sample[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { run }] of CONTENDERS.entries()) {
      await network.traffic();
      const begun = performance.now();
      const got = await run(network.about);
      const time = performance.now() - begun;
      samples[i].push({ time, got, traffic: (await network.traffic()).indexers });
    }
  }
  print("## Discovery");
  print(prose(
    `${count(WORLD.people)} lists at each of ${WORLD.indexers} indexers on loopback. Medians of ` +
      `${ROUNDS} rounds; ratios are those of the times in the same round.`,
  ));
  print(table(
    [
      "",
      "time",
      "/ bare",
      "/ stored",
      "lists",
      "connections",
      "REQs",
      "filters",
      "sent",
      "received",
    ],
    CONTENDERS.map(({ name }, i) => [name, ...cells(samples, i)]),
  ));
}

function cells(samples: readonly (readonly Sample[])[], i: number): string[] {
  const middle = (of: (sample: Sample, round: number) => number) => median(samples[i].map(of));
  const against = (name: string) => {
    const other = samples[CONTENDERS.findIndex((contender) => contender.name === name)];
    return ratio(middle(({ time }, round) => time / other[round].time));
  };
  const kilobytes = (of: (traffic: LoopbackTraffic) => number) =>
    `${count(Math.round(middle(({ traffic }) => of(traffic)) / 1000))} kB`;
  return [
    ms(middle(({ time }) => time)),
    against("bare transfer"),
    against("verified and stored"),
    count(middle(({ got }) => got)),
    count(middle(({ traffic }) => traffic.connections)),
    count(middle(({ traffic }) => traffic.reqs)),
    count(middle(({ traffic }) => traffic.filters)),
    kilobytes(({ bytesIn }) => bytesIn),
    kilobytes(({ bytesOut }) => bytesOut),
  ];
}

/** Asks plain relays, each for its share of the people. */
async function transfer(
  { pubkeys, indexers }: ListWorld,
  copies: number,
  verifyEvent: (event: NostrEvent) => boolean,
  take: (event: NostrEvent) => void = () => {},
): Promise<number> {
  const sorted = pubkeys.toSorted();
  const filters = Array.from(
    { length: Math.ceil(sorted.length / PEOPLE_PER_FILTER) },
    (_, i) => ({
      kinds: [10002],
      authors: sorted.slice(i * PEOPLE_PER_FILTER, (i + 1) * PEOPLE_PER_FILTER),
    }),
  );
  const seen = new Set<string>();
  await Promise.all(indexers.map(async (url, place) => {
    await using relay = new NRelay1(url, { verifyEvent, backoff: false });
    const left = filters.filter((_, i) => (place + i) % indexers.length < copies);
    await Promise.all(Array.from({ length: REQS_AT_ONCE }, async () => {
      for (let filter = left.shift(); filter; filter = left.shift()) {
        for await (const message of relay.req([filter])) {
          if (message[0] !== "EVENT") break;
          seen.add(message[2].id);
          take(message[2]);
        }
      }
    }));
  }));
  return seen.size;
}

async function stored(world: ListWorld): Promise<number> {
  await using db = await openSqlite(":memory:");
  const store = new RelayListStore(db, { verifyEvent: verify });
  const events: NostrEvent[] = [];
  await transfer(world, 1, () => true, (event) => events.push(event));
  return (await store.events(events)).stored;
}

async function discovered({ pubkeys, indexers }: ListWorld): Promise<number> {
  await using db = await openSqlite(":memory:");
  const options = {
    store: db,
    indexerRelays: indexers,
    discoveryTimeout: 120_000,
    policy: { allowLocal: true, allowInsecure: true },
    verifyEvent: verify,
    // Lists name relays that do not exist: nothing may connect to them.
    open(url: string, options: object) {
      if (indexers.includes(url)) return new NRelay1(url, options);
      throw new Error(`Cannot open ${url}: only indexers are there`);
    },
    onError: () => {},
  };
  await using outbox = createOutbox(options);
  await outbox.reqRouter([{ kinds: [1], authors: [...pubkeys] }]);
  const { count } = await outbox.store.count([{ kinds: [10002] }]);
  return count;
}
