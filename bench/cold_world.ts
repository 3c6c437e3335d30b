/**
 * The world of the cold start: its relays and indexers, and their events.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { createRandom } from "../testing/random.ts";
import { createWorld, type World } from "../testing/world/world.ts";
import { LoopbackRelay, wired, type WireEvent } from "./loopback_relay.ts";
import { drawNatures, type Nature } from "./sim_nature.ts";
import { loadWasm, signer } from "./wasm_signatures.ts";

/** How the world is drawn. */
export interface ColdTask {
  readonly name: "cold";
  readonly follows: number;
  /** How many relays there are: the most used; lists name no others. */
  readonly relays: number;
  /** How far back posts go. */
  readonly days: number;
  readonly seed: number;
  /** Whether connecting to relays and asking them takes no time. @default as long as in the network */
  readonly isPrompt?: boolean;
}

/** The facts that a client of that world may know, and those that measure it. */
export interface ColdWorld {
  /** The follows. */
  readonly pubkeys: readonly string[];
  /** The time of the oldest post, in Unix seconds. */
  readonly since: number;
  /** Every relay, dead or alive, most used first. */
  readonly relays: readonly string[];
  /** Those that end each answer with an EOSE. */
  readonly answering: readonly string[];
  /** How many of them never answer. */
  readonly dead: number;
  /** How many of the three most used never answer. */
  readonly deadHubs: number;
  readonly indexers: readonly string[];
  /** All relay lists. */
  readonly lists: readonly NostrEvent[];
  /** How many posts a living relay holds. */
  readonly held: number;
  /** How many of these the best choice of 20 relays holds, as far as one relay after the other finds it. */
  readonly reachable: number;
  /** A relay that sends all of them at once, and that no list names. */
  readonly archive: string;
}

/** Indexers are ordinary living relays, with the medians of real relays. */
const INDEXER = { connectMs: 650, queryMs: 900, cap: 500 };
const INDEXER_COUNT = 3;
/** Share of all lists that an indexer has. */
const LISTS_PER_INDEXER_SHARE = 0.9;
/** The text of a post, of the usual length. */
const POST_TEXT = "And this is what a post of the usual length has to say about it. ".repeat(3);

/** Starts the relays. */
export async function startColdWorld(
  { follows, relays: count, days, seed, isPrompt = false }: ColdTask,
): Promise<{ about: ColdWorld; indexers: LoopbackRelay[]; relays: LoopbackRelay[] }> {
  await loadWasm();
  const random = createRandom(seed);
  const world = createWorld({ follows, seed, days });
  const natures = drawNatures(world, seed);
  const haste = isPrompt ? { connectMs: 0, queryMs: 0 } : {};
  const kept = world.relays.slice(0, count).map(({ url }) => natures.get(url)!)
    .map((nature) => ({ ...nature, relay: { ...nature.relay, ...haste } }));
  const relays = kept.map((nature) => new LoopbackRelay(nature, random));
  const indexers = Array.from(
    { length: INDEXER_COUNT },
    () => new LoopbackRelay(indexer(haste), random),
  );
  const archive = new LoopbackRelay(
    indexer({ connectMs: 0, queryMs: 0, cap: Number.MAX_SAFE_INTEGER }),
    random,
  );
  const urlOf = new Map(kept.map(({ relay }, i) => [relay.url, relays[i].url]));

  const people = world.pubkeys.map((_, i) => signer(seed * 100_000 + i));
  // The library goes by the time of the machine.
  const late = Math.floor(Date.now() / 1000) - world.now;
  const lists: NostrEvent[] = [];
  const pubkeys = world.pubkeys.map((name, i) => {
    const list = world.lists.get(name);
    const tags = localTags(world, name, urlOf);
    const created_at = (list?.created_at ?? 0) + late;
    const event = people[i]({ kind: 10002, created_at, tags, content: "" });
    const at = relays.filter((_, rank) => list?.write.includes(kept[rank].relay.url));
    if (at.length === 0) return event.pubkey;
    lists.push(event);
    const entry = wired(event);
    for (const relay of at) relay.seed(entry);
    for (const indexer of indexers) if (random() < LISTS_PER_INDEXER_SHARE) indexer.seed(entry);
    return event.pubkey;
  });

  const posts = new Map<number, WireEvent>();
  const sign = (post: number): WireEvent => {
    const created_at = world.timeOf[post] + late;
    const draft = { kind: 1, created_at, tags: [], content: `${post}: ${POST_TEXT}` };
    return wired(people[world.authorOf[post]](draft));
  };
  for (const [rank, nature] of kept.entries()) {
    if (nature.ailment) continue;
    for (const held of world.holdings[rank].values()) {
      for (const post of held) {
        if (!posts.has(post)) posts.set(post, sign(post));
        relays[rank].seed(posts.get(post)!);
      }
    }
  }
  for (const post of posts.values()) archive.seed(post);
  const about = {
    pubkeys,
    since: world.now + late - days * 86_400,
    relays: relays.map(({ url }) => url),
    answering: relays.filter((_, rank) => !kept[rank].ailment && kept[rank].relay.eose)
      .map(({ url }) => url),
    dead: kept.filter(({ ailment }) => ailment).length,
    deadHubs: kept.slice(0, 3).filter(({ ailment }) => ailment).length,
    indexers: indexers.map(({ url }) => url),
    lists,
    held: posts.size,
    reachable: reachable(
      kept.flatMap(({ ailment }, rank) =>
        ailment ? [] : [new Set([...world.holdings[rank].values()].flatMap((held) => [...held]))]
      ),
    ),
    archive: archive.url,
  };
  return { about, indexers, relays };
}

/** How many posts 20 relays hold, each chosen for what those before it lack. */
function reachable(holdings: readonly ReadonlySet<number>[]): number {
  const found = new Set<number>();
  const news = (held: ReadonlySet<number>) => held.difference(found).size;
  for (let round = 0; round < 20 && holdings.length > 0; round++) {
    const best = holdings.reduce((best, held) => news(held) > news(best) ? held : best);
    for (const post of best) found.add(post);
  }
  return found.size;
}

/** The entries of a list that name a relay which is there, and the junk. */
export function localTags(
  world: World,
  name: string,
  urlOf: ReadonlyMap<string, string>,
): string[][] {
  return (world.tags.get(name) ?? []).flatMap(([r, url, ...marker]) => {
    if (!world.relayOf.has(url)) return [[r, url, ...marker]];
    const local = urlOf.get(url);
    return local ? [[r, local, ...marker]] : [];
  });
}

/** The nature of an indexer: it refuses nothing. */
export function indexer(how: Partial<typeof INDEXER> = {}): Nature {
  const relay = {
    ...INDEXER,
    ...how,
    url: "",
    rank: 0,
    authors: 0,
    hub: true,
    dead: false,
    eose: true,
  };
  return { relay, maxFilters: 200, maxSubscriptions: 20, notices: false, hasInfo: true };
}
