import { NCache } from "@nostrify/nostrify";
import assert from "node:assert/strict";
import { verifyEvent } from "nostr-tools";
import { PersistentMap } from "../../src/base/persistent_map.ts";
import { Semaphore } from "../../src/base/semaphore.ts";
import { askRelay } from "../../src/connections/ask_relay.ts";
import { ConnectTimeout } from "../../src/connections/connect_timeout.ts";
import { RelayConnector } from "../../src/connections/relay_connector.ts";
import { RelaySocket, type SocketLike } from "../../src/connections/relay_socket.ts";
import { Discovery } from "../../src/discovery/discovery.ts";
import { SEARCH_LOG_RECORDS } from "../../src/discovery/search_log.ts";
import { RelayListStore } from "../../src/lists/relay_list_store.ts";
import { EventVerifier } from "../../src/signatures/event_verifier.ts";
import { RelayMemory } from "../../src/relays/relay_memory.ts";
import { type FaultName, type FaultyRelay, startFault } from "../../testing/faulty_relay.ts";
import { Signer } from "../../testing/signer.ts";
import { eventually } from "../support/eventually.ts";
import { IdleClock } from "../support/idle_clock.ts";

/** Discovery over real sockets, at indexers that take little at a time. */

const people = Array.from({ length: 120 }, (_, i) => new Signer(500 + i));
const pubkeys = people.map(({ pubkey }) => pubkey);
const lists = people.slice(20).map((one, i) =>
  one.relayList({ both: ["wss://nos.lol/"] }, { created_at: 1_690_000_000 + i })
);

/** Discovery that asks these relays. */
class SocketWorld implements AsyncDisposable {
  readonly clock: IdleClock;
  readonly store: RelayListStore;
  readonly memory: RelayMemory;
  readonly discovery: Discovery;
  readonly errors: Error[] = [];
  readonly #relays: readonly FaultyRelay[];
  readonly #connectors = new Map<string, RelayConnector>();
  readonly #opened: WebSocket[] = [];

  constructor(relays: readonly FaultyRelay[]) {
    this.#relays = relays;
    const clock = this.clock = new IdleClock(() => this.#activity());
    const onError = (error: Error) => void this.errors.push(error);
    const { verify } = new EventVerifier(verifyEvent);
    const now = () => clock.now();
    this.store = new RelayListStore(new NCache({ max: 1_000 }), { verifyEvent: verify, now });
    const random = () => 0.5;
    const memory = this.memory = new RelayMemory({ clock, random, onError });
    const request = { clock, memory, random, maxPages: 100, rank: 0 };
    const semaphore = new Semaphore(10);
    const connectorOf = (url: string) => {
      const known = this.#connectors.get(url);
      if (known) return known;
      const made = new RelayConnector(url, {
        open: (url, options) =>
          new RelaySocket(url, options, (url) => {
            const socket = new WebSocket(url);
            this.#opened.push(socket);
            return socket as SocketLike;
          }),
        clock,
        memory,
        random,
        semaphore,
        connectTimeout: new ConnectTimeout(),
        verifyEvent: verify,
        idleTimeout: 30_000,
        onRelayError: () => {},
        onError,
        onConnected: () => {},
      });
      this.#connectors.set(url, made);
      return made;
    };
    this.discovery = new Discovery({
      clock,
      random,
      store: this.store,
      ask: (url, filters, onEvent, signal) =>
        askRelay(connectorOf(url), filters, request, { onEvent, signal, timeout: 20_000 }),
      indexers: relays.map(({ url }) => url),
      fallbacks: [],
      hintsOf: () => [],
      isUsable: (url) => memory.retryAt(url) <= clock.now(),
      weight: () => 1,
      searchLog: new PersistentMap({ ...SEARCH_LOG_RECORDS, clock, onError, max: 1_000 }),
      refreshAfter: 21_600_000,
      missingTtl: 3_600_000,
      onError,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.discovery.close();
    await Promise.all([...this.#connectors.values()].map((connector) => connector.close()));
    await this.clock[Symbol.asyncDispose]();
    await Promise.all(this.#relays.map((relay) => relay[Symbol.asyncDispose]()));
    await eventually(
      "every socket is closed",
      () => this.#opened.every(({ readyState }) => readyState === WebSocket.CLOSED),
    );
  }

  #activity(): number {
    let sum = 0;
    for (const { relay } of this.#relays) {
      if (!relay) continue;
      const { stats, open } = relay;
      sum += stats.connections + stats.reqs + stats.eventsSent + open;
    }
    return sum;
  }
}

const tight: [FaultName, number][] = [
  ["capped", 10],
  ["too-long:notice", 1_000],
  ["too-long:disconnect", 1_000],
  ["too-many-subscriptions:closed", 10],
  ["too-many-subscriptions:strfry", 1],
  ["too-many-filters:closed", 1],
];

for (const [name, count] of tight) {
  Deno.test(`Discovery finds everybody at indexers that are "${name}" at ${count}`, async () => {
    const relays = [1, 2].map(() => startFault(name, { events: lists, count }));
    await using world = new SocketWorld(relays);
    // Only NIP-11 announces so small a cap.
    if (name === "capped") {
      relays.forEach(({ url }) => world.memory.learnLimits(url, { cutAt: count }));
    }
    const discovered = world.discovery.discover(pubkeys);
    const progress = await world.clock.within(60_000, "discovery ends", discovered);
    assert.deepEqual(progress, { known: 0, asked: 120, found: 100, missing: 20 });
    assert.equal((await world.store.get(pubkeys)).size, 100);
    assert.deepEqual(world.errors, []);
  });
}

Deno.test("Discovery finds everybody though one indexer never answers and one refuses connections", async () => {
  const silent = startFault("eose-never", {});
  const gone = startFault("refused", {});
  const good = startFault("capped", { events: lists, count: 500 });
  await using world = new SocketWorld([silent, gone, good]);
  const found = world.discovery.find(10002, pubkeys.slice(20), { wait: 30_000 });
  await world.clock.within(30_000, "find() resolves", found);
  assert.equal((await world.store.get(pubkeys)).size, 100);
  assert.deepEqual(world.errors, []);
});
