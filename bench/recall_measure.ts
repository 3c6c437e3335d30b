/**
 * What a request finds in a synthetic network.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { World } from "../testing/world/types.ts";

/** The filters sent to each relay. */
export type Routes = ReadonlyMap<string, readonly NostrFilter[]>;

/** The result of one request, and its cost. */
export interface Outcome {
  /** Share found of the listed authors' posts that a living relay holds. */
  readonly recall: number;
  /** The same over all follows, with a list or without. */
  readonly recallOfAll: number;
  /** Filters sent to all relays together, the dead ones included. */
  readonly filters: number;
  /** Most filters sent to one relay. */
  readonly mostFilters: number;
  /** Events received for each different one. */
  readonly movedPerNew: number;
  /** Relays in the plan. */
  readonly connections: number;
  /** Of those, the dead. */
  readonly dead: number;
  /** Listed authors with posts, none of which was found. */
  readonly nothing: number;
}

const reachable = new WeakMap<World, Uint8Array>();

/** Per post, whether a living relay holds it; computed once a world. */
export function reachablePosts(world: World): Uint8Array {
  let out = reachable.get(world);
  if (out) return out;
  out = new Uint8Array(world.timeOf.length);
  for (const held of world.holdings) {
    for (const posts of held.values()) for (const post of posts) out[post] = 1;
  }
  reachable.set(world, out);
  return out;
}

/** Sends the filters to the relays of the world and counts. */
export function measure(
  world: World,
  routes: Routes,
  since: number,
): Outcome {
  const found = new Uint8Array(world.timeOf.length);
  // Per post the last relay that sent it, from 1.
  const sentBy = new Uint16Array(world.timeOf.length);
  let filters = 0, mostFilters = 0, moved = 0, dead = 0;
  for (const [url, some] of routes) {
    filters += some.length;
    mostFilters = Math.max(mostFilters, some.length);
    const relay = world.relayOf.get(url);
    if (!relay || relay.dead) {
      dead++;
      continue;
    }
    // A relay sends an event once, however many filters of a REQ it matches.
    const sender = relay.rank + 1;
    for (const filter of some) {
      for (const post of world.answer(url, filter)!) {
        if (sentBy[post] === sender) continue;
        sentBy[post] = sender;
        found[post] = 1;
        moved++;
      }
    }
  }

  const { recall, recallOfAll, all, nothing } = tally(world, found, since);
  return {
    recall,
    recallOfAll,
    filters,
    mostFilters,
    movedPerNew: moved / all,
    connections: routes.size,
    dead,
    nothing,
  };
}

/** The share of a window's posts that was found. */
export interface Tally {
  /** Share found of the listed authors' posts that a living relay holds. */
  readonly recall: number;
  /** The same over all follows, with a list or without. */
  readonly recallOfAll: number;
  /** Posts found, of all follows. */
  readonly all: number;
  /** Listed authors with posts, none of which was found. */
  readonly nothing: number;
  /** Listed authors with posts. */
  readonly active: number;
}

/** Counts what was found; `found` holds 1 per post that was, 0 per post that was not. */
export function tally(world: World, found: ArrayLike<number>, since: number): Tally {
  const exist = reachablePosts(world);
  let all = 0, allFound = 0, listed = 0, listedFound = 0, nothing = 0, active = 0;
  for (let author = 0; author < world.pubkeys.length; author++) {
    let there = 0, got = 0;
    for (
      let p = world.firstPost[author];
      p < world.firstPost[author + 1];
      p++
    ) {
      if (world.timeOf[p] < since) break;
      there += exist[p];
      got += found[p];
    }
    all += there;
    allFound += got;
    if (!world.lists.has(world.pubkeys[author])) continue;
    listed += there;
    listedFound += got;
    if (there > 0) active++;
    if (there > 0 && got === 0) nothing++;
  }
  return {
    recall: listedFound / listed,
    recallOfAll: allFound / all,
    all: allFound,
    nothing,
    active,
  };
}
