/**
 * Relay lists without posts or dead relays, to time planners with.
 *
 * @module
 */

import type { RelayList } from "../../src/nostr/relay_knowledge.ts";
import { below, createRandom, hex64, type Random, zipf } from "../random.ts";

/** How many lists to draw and how long they are. */
export interface ListsOptions {
  /** How many lists. */
  readonly authors: number;
  /** How many relays there are. @default 800 */
  readonly relays?: number;
  /** Fewest write relays in a list. @default 3 */
  readonly min?: number;
  /** Most write relays in a list. @default 5 */
  readonly max?: number;
  /** Any integer. */
  readonly seed: number;
}

/** The `created_at` of all lists, in Unix seconds. */
const CREATED_AT_S = 1_750_000_000;

function drawLists(
  random: Random,
  authors: number,
  size: () => number,
  relay: (author: number) => number,
  relays: number,
): Map<string, RelayList> {
  const urls = Array.from(
    { length: relays },
    (_, i) => `wss://relay${i}.example.org/`,
  );
  const lists = new Map<string, RelayList>();
  for (let author = 0; author < authors; author++) {
    const chosen = new Set<string>();
    const wanted = size();
    while (chosen.size < wanted) chosen.add(urls[relay(author)]);
    const pubkey = hex64(random);
    const write = [...chosen];
    lists.set(pubkey, { pubkey, created_at: CREATED_AT_S, write, read: write });
  }
  return lists;
}

/** Lists whose relays are drawn by Zipf (exponent 1) over all relays. */
export function zipfLists(options: ListsOptions): Map<string, RelayList> {
  const { authors, relays = 800, min = 3, max = 5, seed } = options;
  const random = createRandom(seed);
  const size = () => min + below(random, max - min + 1);
  return drawLists(random, authors, size, zipf(random, relays), relays);
}

/**
 * Lists of people in communities of about 50, each with four regional relays of
 * its own; an entry is one of the ten global relays (Zipf) with probability 0.4,
 * a regional one with 0.5, and any relay otherwise.
 */
export function clusteredLists(options: ListsOptions): Map<string, RelayList> {
  const { authors, relays = 800, min = 3, max = 5, seed } = options;
  const random = createRandom(seed);
  const size = () => min + below(random, max - min + 1);
  const global = zipf(random, Math.min(10, relays));
  const communities = Math.max(1, Math.ceil(authors / 50));
  const region = Array.from(
    { length: communities },
    () => Array.from({ length: 4 }, () => below(random, relays)),
  );
  const relay = (author: number) => {
    const at = random();
    if (at < 0.4) return global();
    if (at < 0.9) return region[author % communities][below(random, 4)];
    return below(random, relays);
  };
  return drawLists(random, authors, size, relay, relays);
}
