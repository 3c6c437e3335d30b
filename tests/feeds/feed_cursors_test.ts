import assert from "node:assert/strict";
import { quiet } from "../../testing/test_clock.ts";
import {
  during,
  eventsOf,
  type FeedPlot,
  FeedWorld,
  LIVES,
  MemoryRecords,
  NEWEST,
  person,
  readPages,
  urlOf,
} from "../support/feed_world.ts";

const DEAD = { ...LIVES, fate: "dead" } as const;

/** A world with two people, who post ten times each, a minute apart. */
function worldOf(plot: Partial<FeedPlot> = {}): FeedWorld {
  return new FeedWorld({
    lists: [[0], [1]],
    relays: Array(5).fill(LIVES),
    posts: Array.from({ length: 20 }, (_, i) => ({ author: i % 2, at: 30 * i, missing: [] })),
    pageSize: 5,
    ...plot,
  }, new MemoryRecords());
}

/** How often a relay was asked. */
const asksOf = ({ asked }: FeedWorld, relay: number) =>
  asked.filter(({ url }) => url === urlOf(relay)).length;

Deno.test("FeedCursors asks no relay that rests, and names who has no other", async () => {
  const world = worldOf({ lists: [[0, 2], [1]] });
  world.resting.add(urlOf(0)).add(urlOf(1));
  const pages = await readPages(world, world.feed());
  assert.equal(asksOf(world, 0) + asksOf(world, 1), 0);
  assert.equal(eventsOf(pages).length, 10);
  for (const { behind, since } of pages) {
    assert.deepEqual(behind, [
      { pubkey: person(1), relay: urlOf(1), since, reason: "resting" },
    ]);
  }
});

Deno.test("FeedCursors tries a relay that failed again after half a minute, unless it rests", async () => {
  const world = worldOf({ relays: [LIVES, DEAD, LIVES, LIVES, LIVES] });
  const feed = world.feed({ patience: 100_000 });
  await readPages(world, feed, { most: 1 });
  assert.equal(asksOf(world, 1), 1);
  await world.clock.advance(10_000);
  await readPages(world, feed, { most: 1 });
  assert.equal(asksOf(world, 1), 1);
  await world.clock.advance(20_000);
  world.resting.add(urlOf(1));
  await readPages(world, feed, { most: 1 });
  assert.equal(asksOf(world, 1), 1, "It rests");
  world.resting.clear();
  world.healed.add(urlOf(1));
  await readPages(world, feed, { most: 1 });
  assert.ok(asksOf(world, 1) > 1);
  const [next] = await readPages(world, feed, { most: 1 });
  assert.deepEqual(next.behind, []);
  await feed.close();
});

Deno.test("FeedCursors lets no page wait for a relay that is tried again", async () => {
  const world = worldOf({
    relays: [LIVES, DEAD, LIVES, LIVES, LIVES],
    posts: Array.from({ length: 400 }, (_, i) => ({ author: i % 2, at: 30 * i, missing: [] })),
  });
  let release = () => {};
  const feed = world.feed({ patience: 100_000 }, world.filters, {
    ask: async (url, ...args) => {
      const isSecond = url === urlOf(1) && asksOf(world, 1) > 0;
      if (isSecond) await new Promise<void>((resolve) => release = resolve);
      return world.sources.ask(url, ...args);
    },
  });
  await readPages(world, feed, { most: 1 });
  await world.clock.advance(30_000);
  const before = world.clock.now();
  const { value } = await during(world, feed.next());
  assert.ok(world.clock.now() - before < 5_000);
  assert.deepEqual(value!.behind.map(({ reason }) => reason), ["late"]);
  release();
  await feed.close();
});

Deno.test("FeedCursors does not ask a relay again that refuses", async () => {
  const world = worldOf();
  const feed = world.feed({}, world.filters, {
    ask: (url, ...args) => {
      if (url !== urlOf(1)) return world.sources.ask(url, ...args);
      world.asked.push({ url, filters: args[0] });
      return Promise.resolve({ reason: "auth-required", proofs: new Map() });
    },
  });
  for (let i = 0; i < 4; i++) {
    const { value } = await during(world, feed.next());
    if (value) assert.deepEqual(value.behind.map(({ reason }) => reason), ["auth-required"]);
    await world.clock.advance(60_000);
  }
  assert.equal(asksOf(world, 1), 1);
  await feed.close();
});

Deno.test("FeedCursors heeds a list that comes while the feed is being planned", async () => {
  const world = worldOf();
  let release = () => {};
  const feed = world.feed({}, world.filters, {
    plan: async (...args) => {
      const planned = await world.sources.plan(...args);
      await new Promise<void>((resolve) => release = resolve);
      return planned;
    },
  });
  const first = feed.next();
  await quiet();
  world.move(0, [3]);
  world.post(0, NEWEST + 5);
  release();
  await during(world, first);
  const pages = await readPages(world, feed);
  assert.ok(asksOf(world, 3) > 0);
  assert.ok(eventsOf(pages).some(({ created_at }) => created_at === NEWEST + 5));
  await feed.close();
});

Deno.test("FeedCursors reads old relays of somebody who moved on, and no longer for whom the move displaced", async () => {
  const world = worldOf({
    posts: Array.from({ length: 60 }, (_, i) => ({ author: i % 2, at: 30 * i, missing: [] })),
  });
  const feed = world.feed();
  await readPages(world, feed, { most: 1 });
  world.move(0, [3]);
  const pages = await readPages(world, feed);
  assert.equal(eventsOf(pages).length, 55);
  await feed.close();
});
