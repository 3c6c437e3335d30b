/**
 * Why posts are missing.
 *
 * @module
 */

import type { World } from "../testing/world/world.ts";
import { reachablePosts } from "./recall_measure.ts";
import type { Asked } from "./sim_network.ts";

/** Posts that are missing, in shares of all that could be found, by the first reason that holds. */
export interface Losses {
  /** The author was asked for on no living relay. */
  readonly unasked: number;
  /** The relays that were asked do not hold it: a write that was lost, an author who moved. */
  readonly elsewhere: number;
  /** A relay that holds it answered, and left it out: its cap. */
  readonly cut: number;
  /** A relay that holds it was asked, and had not answered to the end by then. */
  readonly unfinished: number;
}

const ASKED = 1, HELD = 2, ANSWERED = 4;

/** Finds the reasons, for the listed authors' posts since then. */
export function lossesOf(
  world: World,
  found: ArrayLike<number>,
  asked: ReadonlyMap<string, Asked>,
  since: number,
): Losses {
  const indexOf = new Map(world.pubkeys.map((pubkey, i) => [pubkey, i]));
  const living = new Uint8Array(world.pubkeys.length);
  const states = new Uint8Array(world.timeOf.length);
  for (const [url, inquiries] of asked) {
    const relay = world.relayOf.get(url);
    if (!relay || relay.dead) continue;
    const held = world.holdings[relay.rank];
    for (const [pubkey, { open, answered }] of inquiries) {
      const author = indexOf.get(pubkey)!;
      living[author] = ASKED;
      const state = answered > 0 && open === 0 ? HELD | ANSWERED : HELD;
      for (const post of held.get(author) ?? []) states[post] |= state;
    }
  }
  const exist = reachablePosts(world);
  let all = 0;
  const counts = { unasked: 0, elsewhere: 0, cut: 0, unfinished: 0 };
  for (let post = 0; post < found.length; post++) {
    const author = world.authorOf[post];
    if (world.timeOf[post] < since || !exist[post]) continue;
    if (!world.lists.has(world.pubkeys[author])) continue;
    all++;
    if (found[post]) continue;
    counts[reason(living[author], states[post])]++;
  }
  return {
    unasked: counts.unasked / all,
    elsewhere: counts.elsewhere / all,
    cut: counts.cut / all,
    unfinished: counts.unfinished / all,
  };
}

function reason(author: number, post: number): keyof Losses {
  if (!author) return "unasked";
  if (!(post & HELD)) return "elsewhere";
  return post & ANSWERED ? "cut" : "unfinished";
}
