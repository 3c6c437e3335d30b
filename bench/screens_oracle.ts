/**
 * What could be found on each screen, by somebody who knows what every relay holds.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { bigRelays } from "./recall_policies.ts";
import type { ScreenWorld } from "./screens_world.ts";

/** Indices of events. */
export interface Held {
  /** What the screen's relays hold: those that live and, of a feed, were asked. */
  readonly near: ReadonlySet<number>;
  /** What any living relay holds. */
  readonly all: ReadonlySet<number>;
}

/** Fallback relays of the library; others count the same two. */
const FALLBACK_COUNT = 2;

/** The posts of everybody in a window of time, in Unix seconds. */
export function heldOfFeed(
  { world, corpus }: ScreenWorld,
  kinds: readonly number[],
  askedFor: ReadonlyMap<string, ReadonlySet<string>>,
  { since, until }: { since: number; until: number },
): Held {
  const near = new Set<number>(), all = new Set<number>();
  const filter = { kinds: [...kinds], authors: [...world.pubkeys], since };
  for (const { rank, url } of world.relays) {
    for (const index of corpus.matches(rank, filter, until)) {
      all.add(index);
      if (askedFor.get(url)?.has(corpus.event(index).pubkey)) near.add(index);
    }
  }
  return { near, all };
}

/** The replies to a post: near are its author's inboxes, the relays that have the post, and the fallbacks. */
export function heldOfThread(screens: ScreenWorld, root: NostrEvent): Held {
  const { world, corpus } = screens;
  const index = corpus.indexOf(root.id)!;
  const { read = [], write = [] } = world.lists.get(root.pubkey) ?? {};
  const seen = write.filter((url) => corpus.holds(world.relayOf.get(url)!.rank, index));
  return held(screens, { kinds: [1], "#e": [root.id] }, [...read, ...seen, ...fallbacks(screens)]);
}

/** The newest events that mention somebody: near are their inboxes and the fallbacks. */
export function heldOfNotifications(
  screens: ScreenWorld,
  pubkey: string,
  kinds: readonly number[],
  limit: number,
): Held {
  const { read = [] } = screens.world.lists.get(pubkey) ?? {};
  const filter = { kinds: [...kinds], "#p": [pubkey], limit };
  return held(screens, filter, [...read, ...fallbacks(screens)]);
}

/** The newest version of a profile: near are the author's relays, indexers and fallbacks. */
export function heldOfPerson(screens: ScreenWorld, pubkey: string): Held {
  const { write = [] } = screens.world.lists.get(pubkey) ?? {};
  const filter = { kinds: [0], authors: [pubkey], limit: 1 };
  return held(screens, filter, [...write, ...screens.indexers, ...fallbacks(screens)]);
}

/** A profile and the newest posts: near are the author's relays. */
export function heldOfProfile(screens: ScreenWorld, pubkey: string, limit: number): Held {
  const { write = [] } = screens.world.lists.get(pubkey) ?? {};
  const person = heldOfPerson(screens, pubkey);
  const posts = held(screens, { kinds: [1], authors: [pubkey], limit }, write);
  return { near: person.near.union(posts.near), all: person.all.union(posts.all) };
}

/** A quoted event: near are its author's relays, the relay that the quote names, and the fallbacks. */
export function heldOfQuote(screens: ScreenWorld, by: NostrEvent): Held {
  const [, id, hint] = by.tags.find(([name]) => name === "q")!;
  const { pubkey } = screens.corpus.event(screens.corpus.indexOf(id)!);
  const { write = [] } = screens.world.lists.get(pubkey) ?? {};
  return held(screens, { ids: [id] }, [...write, hint, ...fallbacks(screens)]);
}

function fallbacks({ world }: ScreenWorld): string[] {
  return bigRelays(world, FALLBACK_COUNT);
}

/** What matches at these relays, and at all; of a filter with a limit the newest so many. */
function held({ world, corpus }: ScreenWorld, filter: NostrFilter, urls: readonly string[]): Held {
  const newest = (some: Iterable<number>) => {
    const { limit } = filter;
    const sorted = [...new Set(some)].sort((a, b) => corpus.timeOf(b) - corpus.timeOf(a) || a - b);
    return new Set(sorted.slice(0, limit));
  };
  const of = (rank: number) => corpus.matches(rank, filter, world.now);
  const ranks = [...new Set(urls)].map((url) => world.relayOf.get(url)?.rank)
    .filter((rank) => rank !== undefined);
  return {
    near: newest(ranks.flatMap(of)),
    all: newest(world.relays.flatMap(({ rank }) => of(rank))),
  };
}
