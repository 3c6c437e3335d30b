/**
 * How other clients choose relays, after the published descriptions
 * (nostrability/outbox: its report, its notes on clients and its benchmark).
 *
 * @module
 */

import type { Random } from "../testing/random.ts";
import type { World } from "../testing/world/world.ts";
import { sampleBeta } from "./beta_distribution.ts";
import { reachablePosts, type Routes } from "./recall_measure.ts";
import { cut, type Policy } from "./recall_policies.ts";

/** Per relay the authors of whom it sent posts, and how many. */
export type Delivery = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** A client that may learn from one session for the next. */
export interface SimClient {
  /** What it asks for the posts of everyone since then. */
  routes(world: World, since: number): Routes;
  /** Told what came of it. */
  learn?(world: World, since: number, delivery: Delivery): void;
}

/** Relays, most authors first; ties by URL. */
type Assigned = Map<string, string[]>;

/** How many authors list each relay. */
function popularity(world: World): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { write } of world.lists.values()) {
    for (const url of write) counts.set(url, (counts.get(url) ?? 0) + 1);
  }
  return counts;
}

function filters(assigned: Assigned, authorsPerFilter: number, since: number): Routes {
  return new Map(
    [...assigned].map(([url, authors]) => [url, cut(authors, authorsPerFilter, since)]),
  );
}

function add(assigned: Assigned, url: string, author: string): void {
  const authors = assigned.get(url);
  if (authors) authors.push(author);
  else assigned.set(url, [author]);
}

const byUrl = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;

/**
 * NDK: author after author, two relays each; first those that are taken already for
 * others, then the most listed, as long as the cap allows.
 */
export function ndk(authorsPerFilter: number, maxRelays = 20, goal = 2): Policy {
  return (world, since) => {
    const listedBy = popularity(world);
    const assigned: Assigned = new Map();
    for (const pubkey of [...world.lists.keys()].sort()) {
      const candidates = world.lists.get(pubkey)!.write.toSorted((a, b) =>
        Number(assigned.has(b)) - Number(assigned.has(a)) ||
        listedBy.get(b)! - listedBy.get(a)! || byUrl(a, b)
      );
      let left = goal;
      for (const url of candidates) {
        if (left === 0) break;
        if (!assigned.has(url) && assigned.size >= maxRelays) continue;
        add(assigned, url, pubkey);
        left--;
      }
    }
    return filters(assigned, authorsPerFilter, since);
  };
}

/** How {@link welshman} works. */
export interface WelshmanOptions {
  readonly random: Random;
  readonly authorsPerFilter: number;
  /** Relays an author is asked for on, before the cap. @default 3 */
  readonly relaysPerAuthor?: number;
  /** Most relays; those with most authors stay. @default 20 */
  readonly maxRelays?: number;
  /** Number in [0, 1] for a relay, drawn for each author anew. @default random */
  readonly sample?: (url: string) => number;
  /** Relays it is told to leave out. */
  readonly isDead?: (url: string) => boolean;
}

/**
 * Welshman: per author those relays of theirs whose score is highest, which is
 * `(1 + log of how many list it) * random`. It knows no cap; as in the published
 * benchmark, the relays that serve most authors are kept.
 */
export function welshman(options: WelshmanOptions): Policy {
  const { random, authorsPerFilter, relaysPerAuthor = 3, maxRelays = 20 } = options;
  const { sample = random, isDead = () => false } = options;
  return (world, since) => {
    const listedBy = popularity(world);
    const assigned: Assigned = new Map();
    for (const { pubkey, write } of world.lists.values()) {
      const scored = write.filter((url) => !isDead(url)).map((url) => ({
        url,
        score: (1 + Math.log(listedBy.get(url)!)) * sample(url),
      }));
      scored.sort((a, b) => b.score - a.score || byUrl(a.url, b.url));
      for (const { url } of scored.slice(0, relaysPerAuthor)) add(assigned, url, pubkey);
    }
    const kept = [...assigned].sort(([a, some], [b, others]) =>
      others.length - some.length || byUrl(a, b)
    );
    return filters(new Map(kept.slice(0, maxRelays)), authorsPerFilter, since);
  };
}

/** Both sides keep this share of what they learned, from one session to the next. */
const DECAY = 0.95;

/**
 * Welshman with Thompson sampling, as published: the dice are a sample of the relay's
 * Beta distribution. It is told what exists of each author, as the published
 * benchmark told it, where a client could only know what it received.
 */
export function welshmanThompson(options: WelshmanOptions): SimClient {
  const { random } = options;
  const learned = new Map<string, { a: number; b: number }>();
  const sample = (url: string) => {
    const { a, b } = learned.get(url) ?? { a: 1, b: 1 };
    return sampleBeta(a, b, random);
  };
  const policy = welshman({ ...options, sample });
  let asked: Routes = new Map();
  return {
    routes: (world, since) => asked = policy(world, since),
    learn(world, since, delivery) {
      for (const beta of learned.values()) {
        beta.a = 1 + (beta.a - 1) * DECAY;
        beta.b = 1 + (beta.b - 1) * DECAY;
      }
      const existing = postsOf(world, since);
      for (const [url, some] of asked) {
        let beta = learned.get(url);
        if (!beta) learned.set(url, beta = { a: 1, b: 1 });
        for (const author of some.flatMap(({ authors = [] }) => authors)) {
          const all = existing.get(author);
          if (!all) continue;
          const share = Math.min(1, (delivery.get(url)?.get(author) ?? 0) / all);
          beta.a += share;
          beta.b += 1 - share;
        }
      }
    },
  };
}

/** How many posts that can be found each author wrote since then. */
function postsOf(world: World, since: number): Map<string, number> {
  const exist = reachablePosts(world);
  const counts = new Map<string, number>();
  world.pubkeys.forEach((pubkey, author) => {
    let count = 0;
    for (let post = world.firstPost[author]; post < world.firstPost[author + 1]; post++) {
      if (world.timeOf[post] >= since) count += exist[post];
    }
    if (count > 0) counts.set(pubkey, count);
  });
  return counts;
}
