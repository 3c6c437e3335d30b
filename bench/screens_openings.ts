/**
 * The screens that are opened from a feed: profiles, threads, notifications, quotes, people.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { median } from "./report.ts";
import type { ScreenApp } from "./screens_client.ts";
import type { ScreenNetwork } from "./screens_network.ts";
import {
  type Held,
  heldOfNotifications,
  heldOfPerson,
  heldOfProfile,
  heldOfQuote,
  heldOfThread,
} from "./screens_oracle.ts";
import { look, type ScreenOutcome, share } from "./screens_outcome.ts";
import type { ScreenWorld } from "./screens_world.ts";
import { postOf } from "./sim_posts.ts";

/** One thing that is opened, and what could be found. */
interface Opening {
  readonly read: (app: ScreenApp) => AsyncIterable<NostrEvent>;
  readonly held: Held;
}

/** What came of it. */
interface Opened {
  readonly held: Held;
  /** When each event came, in seconds. */
  readonly times: ReadonlyMap<number, number>;
}

/** Things that are opened at once. */
type Group = readonly Opening[];

/** Posts of a profile, notifications, and quotes on a page. */
const PROFILE_POSTS = 50, NOTIFICATIONS = 100, QUOTES_AT_ONCE = 10;
const NOTIFICATION_KINDS = [1, 6, 7];

/** The groups of each screen. */
export const OPENINGS: Readonly<Record<string, (screens: ScreenWorld) => Group[]>> = {
  profile: (screens) =>
    screens.opened.map((pubkey) => [{
      read: (app) => app.profile(pubkey, PROFILE_POSTS),
      held: heldOfProfile(screens, pubkey, PROFILE_POSTS),
    }]),
  thread: (screens) =>
    screens.roots.map((root) => [{
      read: (app) => app.thread(root),
      held: heldOfThread(screens, root),
    }]),
  notifications: (screens) => [[{
    read: (app) => app.notifications(screens.user.pubkey, NOTIFICATION_KINDS, NOTIFICATIONS),
    held: heldOfNotifications(screens, screens.user.pubkey, NOTIFICATION_KINDS, NOTIFICATIONS),
  }]],
  quotes: (screens) => {
    const all = screens.quotes.map((quote): Opening => ({
      read: (app) => app.quoted(quote),
      held: heldOfQuote(screens, quote),
    }));
    return Array.from(
      { length: Math.ceil(all.length / QUOTES_AT_ONCE) },
      (_, i) => all.slice(i * QUOTES_AT_ONCE, (i + 1) * QUOTES_AT_ONCE),
    );
  },
  "300 people": (screens) => [
    screens.shown.map((pubkey) => ({
      read: (app) => app.person(pubkey),
      held: heldOfPerson(screens, pubkey),
    })),
  ],
};

/** Opens one group after the other, and looks at each for a while. */
export async function openAll(
  app: ScreenApp,
  network: ScreenNetwork,
  groups: readonly Group[],
): Promise<ScreenOutcome> {
  const opened: Opened[][] = [];
  const relays: number[] = [];
  let moved = 0, different = 0, reqs = 0, connections = 0;
  for (const group of groups) {
    network.begin();
    opened.push(await Promise.all(group.map((opening) => open(app, network, opening))));
    const { cost } = network;
    moved += cost.moved;
    different += cost.different.size;
    reqs += cost.reqs;
    connections += cost.opened;
    relays.push(cost.relays.size);
    await look(network);
  }
  const all = opened.flat();
  const complete = all.filter(({ held, times }) => held.all.isSubsetOf(times));
  const reachable = all.filter(({ held }) => held.all.isSubsetOf(held.near));
  const firsts = all.flatMap(({ times }) => [...times.values()].slice(0, 1));
  return {
    found: share(all, ({ held, times }) => [held.near, times]),
    foundOfAll: share(all, ({ held, times }) => [held.all, times]),
    whole: complete.length / all.length,
    wholeAtMost: reachable.length / all.length,
    heldNear: share(all, ({ held }) => [held.all, held.near]),
    moved: moved / Math.max(1, different),
    reqs: reqs / groups.length,
    relays: relays.reduce((a, b) => a + b, 0) / groups.length,
    opened: connections / groups.length,
    first: firsts.length > 0 ? median(firsts) : NaN,
    most: median(opened.map(ninetyPercent)),
  };
}

async function open(
  app: ScreenApp,
  { clock }: ScreenNetwork,
  { read, held }: Opening,
): Promise<Opened> {
  const start = clock.now();
  const times = new Map<number, number>();
  for await (const event of read(app)) {
    const index = postOf(event);
    if (!times.has(index)) times.set(index, (clock.now() - start) / 1000);
  }
  return { held, times };
}

/** When nine tenths of what was found were there. */
function ninetyPercent(group: readonly Opened[]): number {
  const times = group.flatMap(({ held, times }) =>
    [...times].filter(([index]) => held.all.has(index)).map(([, time]) => time)
  ).sort((a, b) => a - b);
  return times[Math.ceil(0.9 * times.length) - 1] ?? 0;
}
