/**
 * Ways to ask for everyone's posts: the library's, and plain ones to compare with.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { PlanOptions } from "../src/mod.ts";
import { planReq } from "../src/plan/plan_req.ts";
import type { World } from "../testing/world/types.ts";
import type { Routes } from "./recall_measure.ts";

/** Turns "the posts of all follows since then" into filters for relays. */
export type Policy = (world: World, since: number) => Routes;

/** What the app asks its pool for. */
function feed(world: World, since: number): NostrFilter[] {
  return [{ kinds: [1], authors: [...world.pubkeys], since }];
}

/** The biggest relays that answer: what an app has in its settings. */
export function bigRelays(world: World, count: number): string[] {
  return world.relays.filter((relay) => !relay.dead).slice(0, count).map((relay) => relay.url);
}

/**
 * The library: `planReq`.
 *
 * @param fallbacks How many big relays are given as `fallbackRelays`.
 */
export function library(options: PlanOptions = {}, fallbacks = 2): Policy {
  return (world, since) =>
    planReq(feed(world, since), world.lists, {
      fallbackRelays: bigRelays(world, fallbacks),
      ...options,
    }).routes;
}

/** A client without the outbox model: some big relays are asked for everyone. */
export function big(count: number, authorsPerFilter: number): Policy {
  return (world, since) =>
    new Map(
      bigRelays(world, count).map((url) => [url, cut(world.pubkeys, authorsPerFilter, since)]),
    );
}

/** The most listed relays are each asked for all who list them. */
export function everyCopy(maxRelays: number, authorsPerFilter: number): Policy {
  return (world, since) => {
    const authorsOf = new Map<string, string[]>(
      world.relays.slice(0, maxRelays).map((relay) => [relay.url, []]),
    );
    for (const { pubkey, write } of world.lists.values()) {
      for (const url of write) authorsOf.get(url)?.push(pubkey);
    }
    return new Map(
      [...authorsOf].map(([url, authors]) => [url, cut(authors, authorsPerFilter, since)]),
    );
  };
}

/** How {@link cover} works. */
export interface CoverOptions {
  readonly maxRelays: number;
  readonly relaysPerAuthor: number;
  readonly authorsPerFilter: number;
  /** Authors per filter grow where a relay would get more filters. */
  readonly maxFiltersPerRelay?: number;
  /** Deal authors to the chosen relay that has fewest so far. */
  readonly spread?: boolean;
}

/**
 * The textbook: take the relay that most authors lack, until the cap; ask for each
 * author on the first of theirs that were taken.
 */
export function cover(options: CoverOptions): Policy {
  const { maxRelays, relaysPerAuthor, authorsPerFilter, maxFiltersPerRelay = Infinity } = options;
  return (world, since) => {
    const left = new Map<string, string[]>();
    for (const { pubkey, write } of world.lists.values()) {
      for (const url of write) {
        if (!left.has(url)) left.set(url, []);
        left.get(url)!.push(pubkey);
      }
    }
    const copies = new Map([...world.lists.keys()].map((pubkey) => [pubkey, 0]));
    const chosen = new Map<string, string[]>();
    while (chosen.size < maxRelays) {
      let best = "", most = 0;
      for (const [url, authors] of left) {
        const wants = authors.filter((pubkey) => copies.get(pubkey)! < relaysPerAuthor).length;
        if (wants > most || (wants === most && url < best)) [best, most] = [url, wants];
      }
      if (most === 0) break;
      for (const pubkey of left.get(best)!) copies.set(pubkey, copies.get(pubkey)! + 1);
      left.delete(best);
      chosen.set(best, []);
    }
    const order = [...chosen.keys()];
    const load = (url: string) => chosen.get(url)!.length;
    for (const { pubkey, write } of world.lists.values()) {
      const theirs = order.filter((url) => write.includes(url));
      if (options.spread) theirs.sort((a, b) => load(a) - load(b));
      for (const url of theirs.slice(0, relaysPerAuthor)) chosen.get(url)!.push(pubkey);
    }
    return new Map([...chosen].map(([url, authors]) => {
      const size = Math.max(authorsPerFilter, Math.ceil(authors.length / maxFiltersPerRelay));
      return [url, cut(authors, size, since)];
    }));
  };
}

/** Filters for posts of these authors, so many in each. */
export function cut(authors: readonly string[], size: number, since: number): NostrFilter[] {
  const filters: NostrFilter[] = [];
  for (let i = 0; i < authors.length; i += size) {
    filters.push({ kinds: [1], authors: authors.slice(i, i + size), since });
  }
  return filters;
}
