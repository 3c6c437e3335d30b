/**
 * The world of many small requests: relays and indexers that hold profiles, not all of them the
 * newest.
 *
 * @module
 */

import { createRandom } from "../testing/random.ts";
import { createWorld } from "../testing/world/world.ts";
import type { NostrEvent } from "@nostrify/types";
import { indexer, localTags } from "./cold_world.ts";
import { LoopbackRelay, wired } from "./loopback_relay.ts";
import { drawNatures, type Nature } from "./sim_nature.ts";
import { loadWasm, signer } from "./wasm_signatures.ts";

/** How the world is drawn. */
export interface ProfileTask {
  readonly name: "profiles";
  /** How many people have a profile. */
  readonly people: number;
  /** How many relays there are: the most used; lists name no others. */
  readonly relays: number;
  readonly seed: number;
  /** Whether some relays never answer, as in the world that is drawn. */
  readonly hasDead: boolean;
}

/** The facts that a client of that world may know, and those that measure it. */
export interface ProfileWorld {
  /** Whose profile a relay that lives holds in its newest version. */
  readonly pubkeys: readonly string[];
  /** The newest version of each of these profiles, by pubkey: its id. */
  readonly newest: ReadonlyMap<string, string>;
  readonly relays: readonly string[];
  readonly indexers: readonly string[];
  readonly lists: readonly NostrEvent[];
}

const INDEXER_COUNT = 4;
/** Relays answer so much sooner than the ones that were measured, so that dead ones stand out. */
const HASTE = 5;
/** Share of the newest profiles that a write relay, and an indexer, has; and of older ones. */
const NEWEST_SHARE = { relay: 0.9, indexer: 0.85 };
const OLDER_SHARE = { relay: 0.05, indexer: 0.12 };

/** Starts the relays. */
export async function startProfileWorld(
  { people: count, relays: most, seed, hasDead }: ProfileTask,
): Promise<{ about: ProfileWorld; indexers: LoopbackRelay[]; relays: LoopbackRelay[] }> {
  await loadWasm();
  const random = createRandom(seed);
  const world = createWorld({ follows: count, seed, days: 1, listed: 1 });
  const natures = drawNatures(world, seed);
  const kept = world.relays.slice(0, most).map(({ url }): Nature => {
    const { ailment, relay, ...nature } = natures.get(url)!;
    const [connectMs, queryMs] = [relay.connectMs / HASTE, relay.queryMs / HASTE];
    const calm = { ...nature, relay: { ...relay, connectMs, queryMs, eose: true } };
    return hasDead && ailment ? { ...calm, ailment } : calm;
  });
  const relays = kept.map((nature) => new LoopbackRelay(nature, random));
  const indexers = Array.from(
    { length: INDEXER_COUNT },
    () => new LoopbackRelay(indexer({ connectMs: 150, queryMs: 150 }), random),
  );
  const urlOf = new Map(kept.map(({ relay }, i) => [relay.url, relays[i].url]));
  const now = Math.floor(Date.now() / 1000);

  const lists: NostrEvent[] = [];
  const newest = new Map<string, string>();
  for (const [i, name] of world.pubkeys.entries()) {
    const sign = signer(seed * 100_000 + i);
    const tags = localTags(world, name, urlOf);
    const list = sign({ kind: 10002, created_at: now - 1_000, tags, content: "" });
    lists.push(list);
    const [older, newer] = [now - 900_000, now - 100_000].map((created_at) =>
      wired(sign({ kind: 0, created_at, tags: [], content: `{"name":"${i}"}` }))
    );
    const write = world.lists.get(name)?.write ?? [];
    const seedAt = (relay: LoopbackRelay, kind: "relay" | "indexer", isAlive: boolean) => {
      const drawn = random();
      if (drawn < NEWEST_SHARE[kind]) {
        relay.seed(newer);
        if (isAlive) newest.set(list.pubkey, newer.event.id);
      } else if (drawn < NEWEST_SHARE[kind] + OLDER_SHARE[kind]) relay.seed(older);
    };
    relays.forEach((relay, rank) => {
      const { relay: { url }, ailment } = kept[rank];
      if (write.includes(url)) seedAt(relay, "relay", ailment === undefined);
    });
    for (const relay of indexers) seedAt(relay, "indexer", true);
  }
  const about = {
    pubkeys: lists.map(({ pubkey }) => pubkey),
    newest,
    relays: relays.map(({ url }) => url),
    indexers: indexers.map(({ url }) => url),
    lists,
  };
  return { about, indexers, relays };
}
