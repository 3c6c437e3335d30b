/**
 * A Nostr network in one process: real relays on real sockets, on loopback.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { RelayUrlPolicy } from "@npool/outbox";
import { createRandom, shuffled } from "../../testing/random.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import type { RelayServerOptions } from "../../testing/relay_server_options.ts";
import type { World, WorldRelay } from "../../testing/world/world.ts";

/** Servers that run, the indexer among them, and addresses without a server. */
const LIVE_COUNT = 40, DEAD_COUNT = 12;
/** Servers that each stand for many of the small relays of the long tail. */
const SHARED_COUNT = 8;
/** Share of events that a relay refuses, unless it is one of the three biggest. */
const REFUSED_SHARE = 0.15;

/**
 * The relays that people's lists name, most popular first; some of them are dead.
 *
 * 300 follows use about 320 relays. The popular ones get a server each; those of the
 * long tail share the others.
 */
export class DemoNetwork implements AsyncDisposable {
  /** Collects everybody's relay lists, as purplepag.es does. */
  readonly indexer: RelayServer;
  readonly #servers: readonly RelayServer[];
  readonly #byRank: ReadonlyMap<number, RelayServer>;
  /** Relays that do not run: some never did, others are stopped for a while. */
  readonly #down: Set<RelayServer>;

  private constructor(
    servers: RelayServer[],
    dead: RelayServer[],
    byRank: Map<number, RelayServer>,
  ) {
    this.indexer = RelayServer.start();
    this.#byRank = byRank;
    this.#servers = [this.indexer, ...servers];
    this.#down = new Set(dead);
  }

  /**
   * Starts the relays of a drawn world.
   *
   * @param capScale How much smaller the caps on answers are than in the world,
   * for a population that posts that much less.
   */
  static async start(world: World, capScale: number): Promise<DemoNetwork> {
    // A router breaks ties by address. Seeded random numbers over sorted addresses give
    // the same demo each time, whichever ports the system assigns.
    const started = Array.from({ length: LIVE_COUNT - 1 + DEAD_COUNT }, () => RelayServer.start());
    started.sort((a, b) => a.url < b.url ? -1 : 1);
    const servers = shuffled(createRandom(1), started);
    const live = servers.slice(DEAD_COUNT), dead = servers.slice(0, DEAD_COUNT);
    const used = { live: 0, dead: 0 };
    const byRank = new Map<number, RelayServer>();
    for (const relay of world.relays) {
      const group = relay.dead ? dead : live;
      const place = relay.dead ? used.dead++ : used.live++;
      const shared = group.length - 1 - place % SHARED_COUNT;
      if (place < group.length) Object.assign(group[place].options, behaviour(relay, capScale));
      byRank.set(relay.rank, group[place] ?? group[shared]);
    }
    const network = new DemoNetwork(servers, dead, byRank);
    await Promise.all(dead.map((server) => server.stop()));
    return network;
  }

  /** The servers that run: the indexer, then the others, most popular first. */
  get live(): RelayServer[] {
    return this.#servers.filter((server) => !this.#down.has(server));
  }

  /** How many of the addresses in people's lists have no server. */
  get deadCount(): number {
    return this.#down.size;
  }

  /** Stops relays, which keep their events. */
  async stop(servers: readonly RelayServer[]): Promise<void> {
    for (const server of servers) this.#down.add(server);
    await Promise.all(servers.map((server) => server.down()));
  }

  /** Starts relays that were stopped, at the same addresses. */
  restart(servers: readonly RelayServer[]): void {
    for (const server of servers) {
      server.up();
      this.#down.delete(server);
    }
  }

  /** The three biggest relays. */
  get hubs(): string[] {
    return [0, 1, 2].map((rank) => this.server(rank).url);
  }

  /** The server that stands for the world's relay of that rank. */
  server(rank: number): RelayServer {
    return this.#byRank.get(rank)!;
  }

  /** Whether the world's relay of that rank has no server. */
  isDead(rank: number): boolean {
    return this.#down.has(this.server(rank));
  }

  /** All events of a kind that are held somewhere, by id. */
  held(kind: number): Map<string, NostrEvent> {
    const events = this.live.flatMap((server) => server.events);
    return new Map(events.filter((event) => event.kind === kind).map((event) => [event.id, event]));
  }

  /** A counter, summed over all servers. */
  total(counter: keyof RelayServer["stats"]): number {
    return this.#servers.reduce((sum, server) => sum + server.stats[counter], 0);
  }

  /**
   * Allows loopback and cleartext, which a real app leaves closed, but only the demo's
   * own relays: lists hold junk, and some of it names the user's own network.
   */
  get policy(): RelayUrlPolicy {
    const known = new Set(this.#servers.map((server) => server.url));
    return { allowLocal: true, allowInsecure: true, allow: (url) => known.has(url) };
  }

  /** Stops every server. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}

function behaviour(relay: WorldRelay, capScale: number): RelayServerOptions {
  return {
    cap: Math.round(relay.cap * capScale),
    eose: relay.eose,
    refuseEvent: (event) => {
      if (relay.hub) return undefined;
      const dice = createRandom(parseInt(event.id.slice(0, 8), 16) ^ relay.rank);
      return dice() < REFUSED_SHARE ? "blocked: not from you" : undefined;
    },
  };
}
