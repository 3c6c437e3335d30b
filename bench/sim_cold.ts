/**
 * Cold starts on simulated networks, in virtual time, where the processor takes none: what a start
 * waits for on the network, on more draws than sockets have time for.
 *
 * The networks are those of `sim.ts`, with three indexers that have nine lists in ten each. Relays
 * hold the lists that name them.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { getEventHash } from "nostr-tools/pure";
import { createOutbox } from "../src/mod.ts";
import { createRandom } from "../testing/random.ts";
import { createWorld, type World } from "../testing/world/world.ts";
import { indexer } from "./cold_world.ts";
import { count, median, print, progress, prose, table } from "./report.ts";
import { relayInfo } from "./sim_info.ts";
import { drawNatures, type Nature } from "./sim_nature.ts";
import { SimNetwork } from "./sim_network.ts";
import { Arrivals, type SimOutcome } from "./sim_outcome.ts";
import { postOf } from "./sim_posts.ts";
import { listEvent } from "./sim_session.ts";
import { VirtualClock } from "./virtual_clock.ts";

const INDEXERS = ["wss://i1.example.org/", "wss://i2.example.org/", "wss://i3.example.org/"];
/** Share of all lists that an indexer has. */
const LISTS_PER_INDEXER_SHARE = 0.9;

/** A network that has relay lists, too: at indexers, and at the relays that they name. */
class ColdNetwork extends SimNetwork {
  readonly #numbers = new Map<string, number>();
  readonly #held = new Map<string, ReadonlySet<string>>();

  constructor(world: World, seed: number) {
    const random = createRandom(1_000 * seed + 5);
    const natures = new Map<string, Nature>(drawNatures(world, seed));
    for (const url of INDEXERS) {
      const nature = indexer();
      natures.set(url, { ...nature, relay: { ...nature.relay, url } });
    }
    super(world, new VirtualClock(1000 * world.now), natures, createRandom(1_000 * seed));
    world.pubkeys.forEach((pubkey, i) => this.#numbers.set(pubkey, world.timeOf.length + i));
    for (const url of INDEXERS) {
      const some = [...world.lists.keys()].filter(() => random() < LISTS_PER_INDEXER_SHARE);
      this.#held.set(url, new Set(some));
    }
  }

  override event(number: number): NostrEvent {
    const at = number - this.world.timeOf.length;
    if (at < 0) return super.event(number);
    // Lists are nobody's posts.
    this.traffic.moved--;
    const pubkey = this.world.pubkeys[at];
    const event = listEvent(this.world, pubkey, this.world.tags.get(pubkey)!);
    return { ...event, id: getEventHash(event) };
  }

  protected override find(url: string, filter: NostrFilter): Iterable<number> {
    const { authors = [], kinds = [1] } = filter;
    if (!kinds.includes(10002)) return super.find(url, filter);
    const { lists } = this.world;
    const held = this.#held.get(url) ??
      { has: (pubkey: string) => lists.get(pubkey)?.write.includes(url) === true };
    return authors.filter((pubkey) => held.has(pubkey)).map((pubkey) => this.#numbers.get(pubkey)!);
  }
}

/** The biggest relays, dead or alive. */
function bigRelays(world: World, count: number): string[] {
  return world.relays.slice(0, count).map(({ url }) => url);
}

/** A client that starts on such a network. */
interface Client {
  readonly name: string;
  /** How many of the biggest relays it has as fallback relays; absent: it asks three of them alone. */
  readonly fallbacks?: number;
}

const CLIENTS: readonly Client[] = [
  { name: "createOutbox, two fallback relays", fallbacks: 2 },
  { name: "createOutbox, three fallback relays", fallbacks: 3 },
  { name: "three big relays, paged" },
];
const BIG_RELAY_COUNT = 3;
/** Authors in a filter: the default of the library's routers. */
const AUTHORS_PER_FILTER = 10;
const WORLDS = { follows: 1_000, days: 7, count: 24 } as const;

function poolOf({ fallbacks }: Client, network: ColdNetwork, seed: number) {
  const big = bigRelays(network.world, fallbacks ?? BIG_RELAY_COUNT);
  const outbox = createOutbox({
    indexerRelays: fallbacks ? INDEXERS : [],
    fallbackRelays: fallbacks ? big : [],
    open: network.open,
    fetch: relayInfo(network),
    clock: network.clock,
    random: createRandom(seed + 7),
    verifyEvent: () => true,
  });
  const pool = fallbacks ? new NPool(outbox) : new NPool({
    open: outbox.open,
    eoseTimeout: outbox.eoseTimeout,
    reqRouter: ([{ authors = [], ...filter }]) => {
      const filters = Array.from(
        { length: Math.ceil(authors.length / AUTHORS_PER_FILTER) },
        (_, i) => ({
          ...filter,
          authors: authors.slice(i * AUTHORS_PER_FILTER, (i + 1) * AUTHORS_PER_FILTER),
        }),
      );
      return new Map(big.map((url) => [url, filters]));
    },
    eventRouter: () => big,
  });
  return { pool, outbox };
}

/** One start, up to its EOSE. */
async function runSimCold(client: Client, world: World, seed: number): Promise<SimOutcome> {
  const network = new ColdNetwork(world, seed);
  const { clock } = network;
  const { pool, outbox } = poolOf(client, network, seed);
  const arrivals = new Arrivals(network);
  const since = world.now - WORLDS.days * 86_400;
  const read = async () => {
    for await (const message of pool.req([{ kinds: [1], authors: [...world.pubkeys], since }])) {
      if (message[0] !== "EVENT") break;
      arrivals.note(postOf(message[2]));
    }
  };
  await clock.run(read());
  const outcome = arrivals.outcome(since);
  await clock.run(pool.close());
  await clock.run(outbox.close());
  return outcome;
}

/** Runs all clients on all networks, and prints their results. */
export async function benchSimCold(): Promise<void> {
  print("### On simulated networks");
  print(prose(
    `${WORLDS.count} draws of ${
      count(WORLDS.follows)
    } follows, in virtual time: the processor takes ` +
      "none. Medians, and in brackets the longest. `/ big`: the first post's time, of that of three " +
      "big relays in the same draw, and in how many draws that is over 1.3. `found`: by the EOSE, of " +
      "the posts that living relays hold of authors with a list, mean.",
  ));
  const outcomes = CLIENTS.map((): SimOutcome[] => []);
  for (let seed = 1; seed <= WORLDS.count; seed++) {
    progress(`cold start, draw ${seed}`);
    const world = createWorld({ follows: WORLDS.follows, days: WORLDS.days, seed });
    for (const [i, client] of CLIENTS.entries()) {
      outcomes[i].push(await runSimCold(client, world, seed));
    }
  }
  const big = outcomes.at(-1)!;
  const rows = CLIENTS.map(({ name }, i) => {
    const some = outcomes[i];
    const seconds = (of: (outcome: SimOutcome) => number) =>
      `${(median(some.map(of)) / 1000).toFixed(1)} s (${
        (Math.max(...some.map(of)) / 1000).toFixed(1)
      })`;
    const ratios = some.map(({ first }, draw) => first / big[draw].first);
    const mean = (of: (outcome: SimOutcome) => number) =>
      some.reduce((sum, outcome) => sum + of(outcome), 0) / some.length;
    return [
      name,
      seconds(({ first }) => first),
      `${median(ratios).toFixed(2)} (${Math.max(...ratios).toFixed(2)})`,
      `${ratios.filter((ratio) => ratio > 1.3).length}`,
      seconds(({ most }) => most),
      seconds(({ end }) => end),
      `${(100 * mean(({ recall }) => recall)).toFixed(2)} %`,
      mean(({ movedPerNew }) => movedPerNew).toFixed(2),
      mean(({ relays }) => relays).toFixed(1),
    ];
  });
  print(
    table(["client", "first", "/ big", "> 1.3", "90 %", "EOSE", "found", "moved", "relays"], rows),
  );
}

if (import.meta.main) await benchSimCold();
