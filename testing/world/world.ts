/**
 * A synthetic network: follows with their relay lists and posts, and relays that die,
 * lose posts and cut answers short.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { RelayList } from "../../src/nostr/relay_knowledge.ts";
import { createRandom, hex64, shuffled } from "../random.ts";
import { drawGraph } from "./graph.ts";
import {
  drawHoldings,
  drawStretches,
  drawTimes,
  drawUnlistedRelays,
  formerRelays,
  LISTED,
  UNLISTED,
} from "./posts.ts";
import { drawRelays, type WorldRelay } from "./relays.ts";
import { drawList, type WorldTag } from "./tags.ts";
import type { World, WorldOptions } from "./types.ts";

export { clusteredLists, zipfLists } from "./lists.ts";
export type { World, WorldOptions, WorldRelay, WorldTag };

/** The time in every world, in Unix seconds: 1 February 2026. */
export const NOW = 1_769_904_000;

/** Draws a network. */
export function createWorld(options: WorldOptions): World {
  const { follows, seed, days = 365, listed: share = 0.77 } = options;
  const random = createRandom(seed);
  const listed = Math.round(follows * share);
  const graph = drawGraph(random, follows, listed);
  const relays = drawRelays(random, graph.popularity, seed);
  const former = formerRelays(random, relays);
  const pubkeys = Array.from({ length: follows }, () => hex64(random));
  // Which of the pubkeys are those of the graph.
  const places = shuffled(random, pubkeys.keys());
  const writesOf = new Map<number, readonly number[]>();
  graph.writes.forEach((ranks, i) => writesOf.set(places[i], ranks));

  const lists = new Map<string, RelayList>();
  const tags = new Map<string, WorldTag[]>();
  const firstPost = new Uint32Array(follows + 1);
  const times: number[] = [], authors: number[] = [];
  const holdings = relays.map(() => new Map<number, Uint32Array>());
  for (let author = 0; author < follows; author++) {
    const ranks = writesOf.get(author);
    if (ranks) {
      const pubkey = pubkeys[author];
      const drawn = drawList(random, pubkey, ranks, relays, former, NOW);
      lists.set(pubkey, drawn.list);
      tags.set(pubkey, drawn.tags);
    }
    const posted = drawTimes(random, ranks ? LISTED : UNLISTED, NOW, days);
    const where = ranks ?? drawUnlistedRelays(random, former);
    const past = drawStretches(random, where, former, NOW, days);
    const held = drawHoldings(random, posted, times.length, past, relays);
    for (const [relay, posts] of held) holdings[relay].set(author, posts);
    for (const time of posted) {
      times.push(time);
      authors.push(author);
    }
    firstPost[author + 1] = times.length;
  }

  const timeOf = Uint32Array.from(times);
  const relayOf = new Map(relays.map((relay) => [relay.url, relay]));
  const indexOf = new Map(pubkeys.map((pubkey, i) => [pubkey, i]));
  const answer = (url: string, filter: NostrFilter) => {
    const relay = relayOf.get(url);
    if (!relay || relay.dead) return undefined;
    const most = Math.min(filter.limit ?? relay.cap, relay.cap);
    const { since = 0, until = Infinity } = filter;
    const found: number[] = [];
    if (filter.kinds && !filter.kinds.includes(1)) return Uint32Array.of();
    const collect = (posts: Uint32Array | undefined) => {
      for (const post of posts ?? []) {
        if (timeOf[post] < since) break;
        if (timeOf[post] <= until) found.push(post);
      }
    };
    const held = holdings[relay.rank];
    if (filter.authors) {
      for (const pubkey of new Set(filter.authors)) {
        collect(held.get(indexOf.get(pubkey) ?? -1));
      }
    } else held.forEach((posts) => collect(posts));
    // One number per post that sorts by time, then index: much faster than a
    // comparison function. 2^21 posts and 32-bit times fit a double.
    const keys = Float64Array.from(found, (p) => timeOf[p] * 2097152 - p);
    keys.sort().reverse();
    return Uint32Array.from(
      keys.subarray(0, most),
      (key) => Math.ceil(key / 2097152) * 2097152 - key,
    );
  };
  return {
    pubkeys,
    lists,
    tags,
    relays,
    relayOf,
    now: NOW,
    authorOf: Uint32Array.from(authors),
    timeOf,
    firstPost,
    holdings,
    answer,
  };
}
