/**
 * The people of the six screens: those of a world, some of whom list one relay only and some
 * of whom read elsewhere than they write, and strangers who write to them.
 *
 * @module
 */

import { below, createRandom, hex64, pick, type Random } from "../testing/random.ts";
import { formerRelays } from "../testing/world/posts.ts";
import { drawList } from "../testing/world/tags.ts";
import type { World, WorldRelay } from "../testing/world/world.ts";

/** Somebody, and the ranks of the relays they use. */
export interface Person {
  readonly pubkey: string;
  /** Where they write, whether a list says so or not. */
  readonly writes: readonly number[];
  /** Where they read; empty without a list. */
  readonly reads: readonly number[];
  /** Whether their client delivers to the inboxes of those whom they mention (NIP-65). */
  readonly delivers: boolean;
}

/** Shares of people. */
export interface PeopleShares {
  /** Of the listed, who list one relay only, as bridged accounts do. @default 0.2 */
  readonly single?: number;
  /** Of the others, whose read relays are none of their write relays. @default 1 / 3 */
  readonly apart?: number;
  /** Whose client delivers to the inboxes of those whom they mention. @default 0.7 */
  readonly delivers?: number;
}

/** Share of strangers with a list, as among the follows. */
const LISTED_SHARE = 0.77;
/** How many indexers there are: ordinary living relays, with the medians of real ones. */
const INDEXER_COUNT = 2;
const INDEXER = { connectMs: 650, queryMs: 900, cap: 500, eose: true, dead: false, hub: false };

/** A world with its people. */
export interface Peopled {
  /** The lists of everybody, strangers among them, and two indexers after all relays. */
  readonly world: World;
  /** The follows, in the world's order. */
  readonly follows: readonly Person[];
  readonly strangers: readonly Person[];
  /** The user whose notifications are read. */
  readonly user: Person;
  /** The URLs of the indexers. */
  readonly indexers: readonly string[];
}

/** Draws the people around a world; the same seed gives the same. */
export function drawPeople(base: World, seed: number, shares: PeopleShares = {}): Peopled {
  const { single = 0.2, apart = 1 / 3, delivers = 0.7 } = shares;
  const random = createRandom(seed + 11);
  const popular = formerRelays(random, base.relays);
  const lists = new Map(base.lists), tags = new Map(base.tags);
  const indexers = Array.from({ length: INDEXER_COUNT }, (_, i): WorldRelay => ({
    ...INDEXER,
    url: `wss://indexer${i}.example.org/`,
    rank: base.relays.length + i,
    authors: 0,
  }));
  const relays = [...base.relays, ...indexers];
  const holdings = [
    ...base.holdings.map((held) => new Map(held)),
    ...indexers.map(() => new Map()),
  ];
  const relayOf = new Map(relays.map((relay) => [relay.url, relay]));
  const ranksOf = (urls: readonly string[]) => urls.map((url) => relayOf.get(url)!.rank);
  const list = (pubkey: string, ranks: readonly number[]): void => {
    const drawn = drawList(random, pubkey, ranks, base.relays, popular, base.now);
    const isApart = ranks.length > 1 && random() < apart;
    const { created_at } = drawn.list;
    if (!isApart) {
      lists.set(pubkey, drawn.list);
      tags.set(pubkey, drawn.tags);
      return;
    }
    const write = ranks.map((rank) => relays[rank].url);
    const read = several(random, popular, 2 + below(random, 3), ranks)
      .map((rank) => relays[rank].url);
    lists.set(pubkey, { pubkey, created_at, write, read });
    tags.set(pubkey, [
      ...write.map((url) => ["r", url, "write"]),
      ...read.map((url) => ["r", url, "read"]),
    ]);
  };
  const person = (pubkey: string): Person => {
    const own = lists.get(pubkey);
    return {
      pubkey,
      writes: own ? ranksOf(own.write) : several(random, popular, 2 + below(random, 4)),
      reads: own ? ranksOf(own.read) : [],
      delivers: random() < delivers,
    };
  };

  const follows = base.pubkeys.map((pubkey, author) => {
    const own = base.lists.get(pubkey);
    if (!own) return person(pubkey);
    const ranks = ranksOf(own.write);
    if (random() >= single) list(pubkey, ranks);
    else list(pubkey, [moveTo(random, base, author, ranks, holdings)]);
    return person(pubkey);
  });
  const models = [...base.lists.values()].map(({ write }) => ranksOf(write));
  const newcomer = (ranks: readonly number[]): Person => {
    const pubkey = hex64(random);
    if (ranks.length > 0) list(pubkey, ranks);
    return person(pubkey);
  };
  const drawRanks = () =>
    random() >= LISTED_SHARE
      ? []
      : random() < single
      ? several(random, popular, 1)
      : pick(random, models);
  const strangers = base.pubkeys.map(() => newcomer(drawRanks()));
  const user = newcomer(pick(random, models.filter((ranks) => ranks.length > 2)));
  return {
    world: { ...base, relays, relayOf, holdings, lists, tags },
    follows,
    strangers,
    user,
    indexers: indexers.map(({ url }) => url),
  };
}

/** Leaves all posts of an author on one relay of theirs, if possible a living one; returns its rank. */
function moveTo(
  random: Random,
  { relays, firstPost }: World,
  author: number,
  ranks: readonly number[],
  holdings: readonly Map<number, Uint32Array>[],
): number {
  const living = ranks.filter((rank) => !relays[rank].dead);
  const home = pick(random, living.length > 0 ? living : ranks);
  for (const held of holdings) held.delete(author);
  const count = firstPost[author + 1] - firstPost[author];
  if (count > 0 && !relays[home].dead) {
    holdings[home].set(
      author,
      Uint32Array.from({ length: count }, (_, i) => firstPost[author] + i),
    );
  }
  return home;
}

/** So many different ranks, none of those to leave out, as far as there are. */
function several(
  random: Random,
  draw: () => number,
  count: number,
  without: readonly number[] = [],
): number[] {
  const ranks = new Set<number>();
  for (let tries = 0; ranks.size < count && tries < 100; tries++) {
    const rank = draw();
    if (!without.includes(rank)) ranks.add(rank);
  }
  return ranks.size > 0 ? [...ranks] : [below(random, 3)];
}
