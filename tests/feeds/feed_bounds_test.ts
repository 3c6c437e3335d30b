import assert from "node:assert/strict";
import type { FeedSources } from "../../src/feeds/feed_sources.ts";
import { during, FeedWorld, LIVES, person, readPages, urlOf } from "../support/feed_world.ts";
import { notes } from "../support/notes.ts";
import { settled, START } from "../../testing/test_clock.ts";

/** More news than a feed lets wait, all of which come at once. */
function manyNews() {
  const news = notes(40_000, { pubkey: person(0), created_at: START });
  for (const [i, event] of news.entries()) event.created_at = START + (i >> 8);
  const live: FeedSources["live"] = async function* (_, signal) {
    yield* news;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  };
  return { news, live };
}

/** One author with one post. */
function quietWorld(): FeedWorld {
  return new FeedWorld({
    lists: [[0]],
    relays: Array(5).fill(LIVES),
    posts: [{ author: 0, at: 0, missing: [] }],
    pageSize: 5,
  });
}

Deno.test("F6 memory is bounded: Feed live() lets only so many events wait, and says where it drops some", async () => {
  const world = quietWorld();
  const { news, live } = manyNews();
  const feed = world.feed({}, world.filters, { live });
  await during(world, feed.next());
  const reading = feed.live();
  assert.equal((await reading.next()).value, news[0]);
  for (let i = 0; i < 1_000; i++) await settled();
  // A loop that is slow gets the first of them, and the next page the newest of the others.
  for (const event of news.slice(1, 5_001)) assert.equal((await reading.next()).value, event);
  const { value: page } = await during(world, feed.next());
  const late = new Set(page!.late);
  assert.ok(late.size >= 10_000 && late.size < 20_000, `${late.size}`);
  // Of one second, the lower id comes first.
  for (const event of news.slice(-9_500)) assert.ok(late.has(event));
  assert.equal(world.errors.length, 1);
  assert.match(world.errors[0].message, /^A feed drops late events: nobody took a page/);
  await feed.close();
});

Deno.test("F6 memory is bounded: Feed live() without any page keeps the newest for the first, and says so", async () => {
  const world = quietWorld();
  const { news, live } = manyNews();
  const feed = world.feed({ pageSize: 5_000 }, world.filters, { live });
  const reading = feed.live().next();
  for (let i = 0; i < 1_000; i++) await settled();
  assert.equal(world.errors.length, 1);
  assert.match(
    world.errors[0].message,
    /^A feed drops new events: nobody took a page while 10000 /,
  );
  const pages = await readPages(world, feed);
  const given = new Set(pages.flatMap(({ events, late }) => [...events, ...late]));
  assert.ok(given.size >= 10_000 && given.size < 20_100, `${given.size}`);
  for (const event of news.slice(-9_500)) assert.ok(given.has(event));
  await feed.close();
  await reading;
});

Deno.test("Feed live() without any page loses nothing that relays have", async () => {
  const world = new FeedWorld({
    lists: [[0]],
    relays: Array(5).fill(LIVES),
    posts: [],
    pageSize: 5,
  });
  const { news, live } = manyNews();
  const held = news.slice(0, 300);
  for (const event of held) world.relays.get(urlOf(0))!.add(event);
  const feed = world.feed({ pageSize: 5_000 }, world.filters, { live });
  const reading = feed.live().next();
  for (let i = 0; i < 1_000; i++) await settled();
  const pages = await readPages(world, feed);
  const given = new Set(
    pages.flatMap(({ events, late }) => [...events, ...late]).map(({ id }) => id),
  );
  for (const { id } of held) assert.ok(given.has(id));
  await feed.close();
  await reading;
});
