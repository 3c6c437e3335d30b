/**
 * What could be found by those who know which relays live, and who go on until they
 * have all that the relays hold.
 *
 * @module
 */

import { planReq } from "../src/plan/plan_req.ts";
import type { World } from "../testing/world/world.ts";
import { tally } from "./recall_measure.ts";
import { median, table } from "./report.ts";

/** Most relays, and how many of theirs each author is asked for on. */
type Reach = readonly [name: string, maxRelays: number, relaysPerAuthor: number];

const REACHES: readonly Reach[] = [
  ["every living relay of the lists", 10_000, 100],
  ["20 relays, every copy on them", 20, 20],
  ["20 relays, three per author", 20, 3],
  ["20 relays, two per author", 20, 2],
];

/** Share of the listed authors' posts since then on the relays that `planReq` chooses. */
function held(world: World, [, maxRelays, relaysPerAuthor]: Reach, since: number): number {
  const { routes } = planReq([{ authors: [...world.lists.keys()] }], world.lists, {
    maxRelays,
    relaysPerAuthor,
    weight: (url) => world.relayOf.get(url)?.dead ?? true ? 0 : 1,
  });
  const found = new Uint8Array(world.timeOf.length);
  const indexOf = new Map(world.pubkeys.map((pubkey, author) => [pubkey, author]));
  for (const [url, filters] of routes) {
    const posts = world.holdings[world.relayOf.get(url)!.rank];
    for (const pubkey of filters.flatMap(({ authors = [] }) => authors)) {
      for (const post of posts.get(indexOf.get(pubkey)!) ?? []) found[post] = 1;
    }
  }
  return tally(world, found, since).recall;
}

/** Collects from one network after the other, then tells. */
export class Ceilings {
  readonly #days: readonly number[];
  /** Per reach and number of days, a share per network. */
  readonly #shares: number[][][];

  constructor(days: readonly number[]) {
    this.#days = days;
    this.#shares = REACHES.map(() => days.map(() => []));
  }

  /** Takes a network in. */
  add(world: World): void {
    for (const [i, reach] of REACHES.entries()) {
      for (const [j, days] of this.#days.entries()) {
        this.#shares[i][j].push(held(world, reach, world.now - days * 86_400));
      }
    }
  }

  /** A row per reach, a column per number of days: medians. */
  table(): string {
    return table(
      ["held by", ...this.#days.map((days) => `${days} days %`)],
      REACHES.map(([name], i) => [
        name,
        ...this.#shares[i].map((shares) => (100 * median(shares)).toFixed(1)),
      ]),
    );
  }
}
