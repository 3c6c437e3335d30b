/**
 * The library on a simulated network: an app that asks its pool for everyone's posts
 * since some day, and reads until EOSE. It opens relays, reads lists and remembers
 * relays through the options of `createOutbox` alone.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import {
  createOutbox,
  type OutboxOptions,
  type RecordStore,
  type RecordTopic,
} from "../src/mod.ts";
import type { Random } from "../testing/random.ts";
import type { World } from "../testing/world/world.ts";
import { bigRelays } from "./recall_policies.ts";
import { relayInfo } from "./sim_info.ts";
import type { SimNetwork } from "./sim_network.ts";
import { Arrivals, type SimOutcome } from "./sim_outcome.ts";
import { postOf } from "./sim_posts.ts";

/** What is learned, kept from one session to the next. */
export class RecordMap implements RecordStore {
  readonly #topics = new Map<RecordTopic, Map<string, string>>();

  readRecords(topic: RecordTopic): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map(this.#topics.get(topic)));
  }

  writeRecords(topic: RecordTopic, records: ReadonlyMap<string, string>): Promise<void> {
    this.#topics.set(topic, new Map([...this.#topics.get(topic) ?? [], ...records]));
    return Promise.resolve();
  }
}

/** What a session is made of. */
export interface RelayConnectionOptions {
  /** What is known of relays before, and after. */
  readonly memory: RecordStore;
  readonly random: Random;
  /** From when on posts are asked for, in Unix seconds. */
  readonly since: number;
  /** Options of `createOutbox` that differ from the defaults. */
  readonly outbox?: OutboxOptions;
}

/** Starts the app, asks once, and ends it. */
export async function runSession(
  network: SimNetwork,
  { memory: records, random, since, outbox: options }: RelayConnectionOptions,
): Promise<SimOutcome> {
  const { world, clock } = network;
  const outbox = createOutbox({
    store: listStore(world),
    records,
    fallbackRelays: bigRelays(world, 2),
    // Every list is known.
    indexerRelays: [],
    open: network.open,
    fetch: relayInfo(network),
    clock,
    random,
    verifyEvent: () => true,
    ...options,
  });
  const pool = new NPool(outbox);
  const arrivals = new Arrivals(network);
  const filter = { kinds: [1], authors: [...world.pubkeys], since };
  await clock.run(read(pool, filter, arrivals));
  const outcome = arrivals.outcome(since);
  await clock.run(pool.close());
  await clock.run(outbox.close());
  return outcome;
}

async function read(pool: NPool, filter: NostrFilter, arrivals: Arrivals): Promise<void> {
  for await (const message of pool.req([filter])) {
    if (message[0] !== "EVENT") break;
    arrivals.note(postOf(message[2]));
  }
}

/** The relay lists of a world, as a store that is only read. */
function listStore(world: World): NStore {
  const query = (filters: NostrFilter[]) => {
    const events: NostrEvent[] = [];
    for (const { kinds = [10002], authors = [] } of filters) {
      if (!kinds.includes(10002)) continue;
      for (const pubkey of authors) {
        const tags = world.tags.get(pubkey);
        if (tags) events.push(listEvent(world, pubkey, tags));
      }
    }
    return Promise.resolve(events);
  };
  return { query, event: () => Promise.reject(new Error("this store is only read")) };
}

/** A relay list as an event. */
export function listEvent(
  world: World,
  pubkey: string,
  tags: readonly (readonly string[])[],
): NostrEvent {
  const { created_at } = world.lists.get(pubkey)!;
  const none = { id: "0".repeat(64), sig: "0".repeat(128), content: "" };
  return { ...none, kind: 10002, pubkey, created_at, tags: tags.map((tag) => [...tag]) };
}
