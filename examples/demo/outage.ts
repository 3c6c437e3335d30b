/**
 * A third of the relays stops, and some of them come back, while two clients follow
 * everybody live.
 *
 * @module
 */

import type { ReqPlan } from "@npool/outbox";
import { createRandom, shuffled } from "../../testing/random.ts";
import type { RelayServer } from "../../testing/relay_server.ts";
import { startClock } from "./demo_clock.ts";
import type { DemoNetwork } from "./network.ts";
import { Observer, type Share } from "./observer.ts";
import { outboxClient } from "./outbox.ts";
import { plainPool } from "./plain.ts";
import type { Population } from "./population.ts";
import { postAll } from "./post_all.ts";

/** The results of one client. */
export interface Fate {
  readonly name: string;
  /** Milliseconds to the end of stored posts (EOSE) with all relays up; absent: never. */
  readonly eoseMs?: number;
  /** New posts before anything happened. */
  readonly before: Share;
  /** How many relays of its plan stopped. */
  readonly lost: number;
  /** New posts after that, of people one of whose relays in the plan lives on. */
  readonly planned: Share;
  /** The same of people all of whose relays in the plan stopped, on others of theirs. */
  readonly orphaned: Share;
  /** The feed of the last days asked for anew, and how many milliseconds that took. */
  readonly feed: Share;
  readonly feedMs: number;
  /** New posts on relays of the plan that are back, and nowhere else. */
  readonly back: Share;
  /** Milliseconds from the restart to the last of these. */
  readonly backMs: number;
  /** Events that came twice. */
  readonly repeats: number;
}

/** Which relays stopped. */
export interface Victims {
  readonly stopped: readonly RelayServer[];
  /** How many relays ran before. */
  readonly ran: number;
  /** How many of the three most popular stopped, of the next ten, and of all others. */
  readonly kinds: readonly [biggest: number, popular: number, others: number];
}

/** The course of the outage. */
export interface Outage extends Victims {
  /** Relays that came back. */
  readonly restarted: readonly RelayServer[];
  /** Milliseconds until the outbox had noticed every relay that it lost. */
  readonly noticedMs: number;
  readonly plain: Fate;
  readonly outbox: Fate;
}

/** Where it happens. */
export interface Scene {
  readonly network: DemoNetwork;
  readonly people: Population;
  /** The time of the oldest post of the feed, in Unix seconds. */
  readonly since: number;
}

/** How long a client waits for posts that should arrive. */
const MAX_WAIT_MS = 30_000;
/** How much longer than the outbox the plain pool waits for them. */
const PLAIN_GRACE_MS = 1_000;
/** The same if it has to reconnect, which it tries after 1, 2, 4, 8 s. */
const RECONNECT_GRACE_MS = 10_000;
/**
 * Any other number stops other relays. With this one they are one of the biggest, and
 * those that never send EOSE, whose deadlines would hold up the demo.
 */
const SEED = 375;

/** Stops relays under two clients, and starts some of them again. */
export async function sufferOutage({ network, people, since }: Scene): Promise<Outage> {
  const clock = startClock(people.now);
  const failedAt = new Map<string, number>();
  const plans: { outbox?: ReqPlan; plain?: ReqPlan } = {};
  const { hubs, indexer, policy } = network;
  const routing = { fallbackRelays: hubs, policy };
  await using client = await outboxClient({
    ...routing,
    name: "outbox",
    indexer: indexer.url,
    clock,
    onRelayError: ({ relay }) => failedAt.set(relay, failedAt.get(relay) ?? performance.now()),
    onReqPlan: (plan) => plans.outbox ??= plan,
  });
  await client.learn(people.pubkeys);
  await using pool = plainPool(client.store, {
    ...routing,
    onReqPlan: (plan) => plans.plain ??= plan,
  });

  const authors = [...people.pubkeys];
  const live = { kinds: [1], authors, since: clock.seconds() };
  await using outbox = new Observer(client.pool, live, () => plans.outbox!);
  await using plain = new Observer(pool, live, () => plans.plain!);
  await outbox.watch.eose;

  const place = { network, people, clock };
  const first = postAll("All is well", place);
  const before = await hear((one) => one.expects(first));
  await before.plain;

  const victims = chooseVictims(network);
  const { stopped } = victims;
  failedAt.clear();
  const stoppedAt = performance.now();
  await network.stop(stopped);
  const isDown = new Set(stopped.map(({ url }) => url));
  const second = postAll("Is anybody there?", place);

  const isFollowed = new Set(authors);
  const held = [...network.held(1).values()].filter(({ pubkey, created_at }) =>
    isFollowed.has(pubkey) && created_at >= since
  );
  const feed = { kinds: [1], authors, since };
  // One after the other, or each would slow the other down. Relays that come back during
  // the plain pool's request can only help it.
  const asked = { outbox: await outbox.ask(feed, held), plain: plain.ask(feed, held) };
  const planned = await hear((one) => one.expects(second));
  const orphaned = await hear((one) => one.expectsOfOrphans(second, isDown));

  const restarted = stopped.filter((_, i) => i % 2 === 0);
  const isBack = new Set(restarted.map(({ url }) => url));
  const restartedAt = performance.now();
  network.restart(restarted);
  const third = postAll("Back again", place, (url) => isBack.has(url));
  const back = await hear((one) => one.expects(third), RECONNECT_GRACE_MS);

  const lost = (one: Observer) => one.relays.filter((url) => isDown.has(url));
  const noticed = lost(outbox).map((url) => (failedAt.get(url) ?? Infinity) - stoppedAt);
  return {
    ...victims,
    restarted,
    noticedMs: Math.max(...noticed),
    outbox: await fate("outbox", outbox, "outbox"),
    plain: await fate("plain NPool", plain, "plain"),
  };

  /**
   * Counts the posts that arrive at each client. The plain pool gets as long as the
   * outbox took, and a little more; the next step does not wait for that.
   */
  async function hear(ids: (one: Observer) => string[], grace = PLAIN_GRACE_MS) {
    const share = await outbox.came(ids(outbox), MAX_WAIT_MS);
    return { outbox: share, plain: plain.came(ids(plain), grace) };
  }

  async function fate(name: string, one: Observer, which: "outbox" | "plain"): Promise<Fate> {
    return {
      name,
      eoseMs: one.watch.eoseMs,
      before: await before[which],
      lost: lost(one).length,
      planned: await planned[which],
      orphaned: await orphaned[which],
      ...await asked[which],
      back: await back[which],
      backMs: one.watch.lastOf(one.expects(third)) - restartedAt,
      repeats: one.watch.repeats,
    };
  }
}

/** A random third of the relays that run, without the biggest and the indexer. */
function chooseVictims(network: DemoNetwork): Victims {
  const running = network.live.filter((server) => server !== network.indexer);
  const candidates = shuffled(createRandom(SEED), running.slice(1));
  const stopped = candidates.slice(0, Math.floor(running.length / 3));
  const among = (from: number, to?: number) =>
    running.slice(from, to).filter((server) => stopped.includes(server)).length;
  return { stopped, ran: running.length, kinds: [among(0, 3), among(3, 13), among(13)] };
}
