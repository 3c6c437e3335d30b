import assert from "node:assert/strict";
import type { FeedSources } from "../../src/feeds/feed_sources.ts";
import { during, FeedWorld, LIVES, person } from "../support/feed_world.ts";
import { notes } from "../support/notes.ts";
import { settled, START } from "../../testing/test_clock.ts";

Deno.test("F6 memory is bounded: Feed live() lets only so many events wait, and says where it drops some", async () => {
  const world = new FeedWorld({
    lists: [[0]],
    relays: Array(5).fill(LIVES),
    posts: [{ author: 0, at: 0, missing: [] }],
    pageSize: 5,
  });
  const news = notes(40_000, { pubkey: person(0), created_at: START });
  for (const [i, event] of news.entries()) event.created_at = START + (i >> 8);
  const live: FeedSources["live"] = async function* (_, signal) {
    yield* news;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  };
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
