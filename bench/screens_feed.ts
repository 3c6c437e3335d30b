/**
 * The home feed: opened and scrolled, and reopened a day later.
 *
 * @module
 */

import type { ScreenApp } from "./screens_client.ts";
import type { ScreenNetwork } from "./screens_network.ts";
import { heldOfFeed } from "./screens_oracle.ts";
import { look, NOT_MEASURED, type ScreenOutcome, share } from "./screens_outcome.ts";
import { postOf } from "./sim_posts.ts";

/** How a feed is read. */
export interface FeedReading {
  /** How many pages are read at most. */
  readonly pages: number;
  /**
   * From when on posts are new to the user, in Unix seconds. The user stops at the first page
   * of which half was there before, after a few pages: one post may be far out of order.
   * @default 0, all are new
   */
  readonly since?: number;
}

/** How many posts a page has. */
const PAGE_SIZE = 50;
/** Fewest pages until the user has caught up. */
const LEAST_PAGES = 3;
/** Pages that the user saw before anything is opened. */
const PRELUDE_PAGES = 4;
/** Posts and reposts. */
const KINDS = [1, 6];

function pagesOf(app: ScreenApp, { screens }: ScreenNetwork) {
  return app.feed({ authors: screens.world.pubkeys, kinds: KINDS, pageSize: PAGE_SIZE });
}

/** Reads the pages from which everything else is opened. */
export async function readPrelude(app: ScreenApp, network: ScreenNetwork): Promise<void> {
  let pages = 0;
  for await (const _ of pagesOf(app, network)) if (++pages === PRELUDE_PAGES) break;
  await look(network);
}

/** Scrolls through the feed, and looks at each page for a while. */
export async function readFeed(
  app: ScreenApp,
  network: ScreenNetwork,
  { pages, since = 0 }: FeedReading,
): Promise<ScreenOutcome> {
  const { clock, screens } = network;
  const until = network.now;
  const shown = new Set<number>(), times: number[] = [];
  let oldest = Infinity;
  network.begin();
  let start = clock.now();
  for await (const page of pagesOf(app, network)) {
    times.push((clock.now() - start) / 1000);
    for (const event of page) {
      shown.add(postOf(event));
      oldest = Math.min(oldest, event.created_at);
    }
    const seenBefore = page.filter(({ created_at }) => created_at < since).length;
    const isCaughtUp = times.length >= LEAST_PAGES && seenBefore >= page.length / 2;
    if (times.length === pages || isCaughtUp) break;
    await look(network);
    start = clock.now();
  }
  if (times.length === 0) return NOT_MEASURED;
  const { cost } = network;
  const held = heldOfFeed(screens, KINDS, cost.askedFor, { since: Math.max(since, oldest), until });
  const fresh = since > 0 ? held.all.intersection(shown).size : cost.different.size;
  const later = times.slice(1).sort((a, b) => a - b);
  return {
    found: share([held], ({ near }) => [near, shown]),
    foundOfAll: share([held], ({ all }) => [all, shown]),
    heldNear: share([held], ({ all, near }) => [all, near]),
    whole: NaN,
    wholeAtMost: NaN,
    moved: cost.moved / Math.max(1, fresh),
    reqs: cost.reqs,
    relays: cost.relays.size,
    opened: cost.opened,
    first: times[0] ?? NaN,
    most: later[Math.ceil(0.9 * later.length) - 1] ?? NaN,
  };
}
