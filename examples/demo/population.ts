/**
 * The people of the demo: keys, relay lists and posts, all really signed.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { Signer } from "../../testing/signer.ts";
import type { World } from "../../testing/world/world.ts";
import type { DemoNetwork } from "./network.ts";

/** One user that the demo's reader follows. */
export interface Person {
  readonly signer: Signer;
  /** Their kind 10002; absent for the quarter who never published one. */
  readonly list?: NostrEvent;
  /** Addresses of the servers to which they post. */
  readonly outboxes: readonly string[];
  /** Addresses of the servers from which they read replies. */
  readonly inboxes: readonly string[];
}

/** All people, and their posts. */
export interface Population {
  /** The user whose client this is. */
  readonly me: Signer;
  readonly follows: readonly Person[];
  readonly pubkeys: readonly string[];
  /** Those of the follows who have a relay list. */
  readonly listed: readonly Person[];
  /** The posts that at least one living relay holds, by id. */
  readonly posts: ReadonlyMap<string, NostrEvent>;
  /** The time in this world, in Unix seconds. */
  readonly now: number;
}

/** Gives the people of a drawn world keys, signs their events, and stores these at the relays. */
export function settle(world: World, network: DemoNetwork): Population {
  const me = new Signer(1);
  const signers = world.pubkeys.map((_, i) => new Signer(2 + i));

  const follows = signers.map((signer, i): Person => {
    const name = world.pubkeys[i];
    const list = world.lists.get(name);
    if (!list) return { signer, outboxes: [], inboxes: [] };
    const servers = (urls: readonly string[]) => [
      ...new Set(urls.map((url) => network.server(world.relayOf.get(url)!.rank).url)),
    ];
    const tags = world.tags.get(name)!.map(([r, url, ...marker]) => {
      const relay = world.relayOf.get(url);
      return [r, relay ? network.server(relay.rank).url : url, ...marker];
    });
    return {
      signer,
      list: signer.sign({ kind: 10002, tags, created_at: list.created_at }),
      outboxes: servers(list.write),
      inboxes: servers(list.read),
    };
  });
  network.indexer.seed(follows.flatMap(({ list }) => list ?? []));

  const posts = Array.from(world.timeOf, (created_at, i) => {
    const author = world.authorOf[i];
    const content = `Post ${i - world.firstPost[author] + 1} of person ${author}`;
    return signers[author].sign({ content, created_at });
  });
  world.holdings.forEach((byAuthor, rank) => {
    if (network.isDead(rank)) return;
    for (const held of byAuthor.values()) {
      network.server(rank).seed(Array.from(held, (post) => posts[post]));
    }
  });

  const pubkeys = signers.map((signer) => signer.pubkey);
  const listed = follows.filter(({ list }) => list);
  return { me, follows, listed, pubkeys, posts: network.held(1), now: world.now };
}
