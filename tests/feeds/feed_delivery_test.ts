import assert from "node:assert/strict";
import { Cursor } from "../../src/feeds/cursor.ts";
import { pageDelivery } from "../../src/feeds/feed_delivery.ts";
import { AUTHORS, notes } from "../support/notes.ts";
import { EventStore, FeedWorld, MemoryRecords, readPages, urlOf } from "../support/feed_world.ts";

const [a, b] = AUTHORS;

/** A cursor that was read to its end, and what it brought. */
function readCursor(url: string, authors: string[], sent: readonly { id: string }[]): Cursor {
  const cursor = new Cursor({
    url,
    filter: { kinds: [1], authors },
    shape: "",
    subjects: authors,
    top: 100,
    floor: 0,
  });
  const request = cursor.request(-Infinity, 10);
  cursor.answered(request, { events: [], proofs: new Map([[request.filter, "finish"]]), uncut: 0 });
  for (const { id } of sent) cursor.sent.add(id);
  return cursor;
}

Deno.test("pageDelivery() counts the share of each author's events that a relay had, of those that any had", () => {
  const [first, second] = notes(2, { pubkey: a });
  const [other] = notes(1, { pubkey: b });
  const cursors = [
    readCursor("wss://x.example/", [a, b], [first, second]),
    readCursor("wss://y.example/", [a], [first]),
    readCursor("", [a, b], []),
  ];
  assert.deepEqual(pageDelivery([first, second, other], 0, cursors), [
    { url: "wss://x.example/", hits: 1, misses: 0 },
    { url: "wss://y.example/", hits: 0.5, misses: 0.5 },
  ]);
});

Deno.test("pageDelivery() says nothing of authors who are read from more relays than lists decide", () => {
  const [event] = notes(1, { pubkey: a });
  const cursors = ["x", "y", "z"].map((letter) =>
    readCursor(`wss://${letter}.example/`, [a], letter === "x" ? [event] : [])
  );
  assert.equal(pageDelivery([event], 0, cursors, 3).length, 3);
  assert.deepEqual(pageDelivery([event], 0, cursors, 2), []);
});

Deno.test("pageDelivery() says nothing of a relay that failed, or was not read so far", () => {
  const [event] = notes(1, { pubkey: a });
  const read = readCursor("wss://x.example/", [a], [event]);
  const failed = readCursor("wss://y.example/", [a], []);
  failed.failure = { reason: "unreachable" };
  assert.deepEqual(pageDelivery([event], 0, [read, failed]), []);
  assert.deepEqual(pageDelivery([event], -1, [read, readCursor("wss://y.example/", [a], [])]), []);
});

Deno.test("Outbox feed() teaches the memory of relays which relay lacks posts that another has", async () => {
  const relay = { cap: 500, fate: "lives", hints: false, repeats: false } as const;
  const posts = Array.from({ length: 20 }, (_, i) => ({
    author: 0,
    at: 100 * i,
    missing: i % 2 ? [1] : [],
  }));
  const plot = { lists: [[0, 1]], relays: Array(5).fill(relay), posts, pageSize: 5 };
  const world = new FeedWorld(plot, new MemoryRecords());
  const store = new EventStore();
  const feed = world.feed({ store });
  await readPages(world, feed);
  await feed.close();
  const sum = (url: string) =>
    world.delivery.filter((one) => one.url === url)
      .reduce(([hits, misses], one) => [hits + one.hits, misses + one.misses], [0, 0]);
  assert.deepEqual(sum(urlOf(0)), [4, 0]);
  const [hits, misses] = sum(urlOf(1));
  assert.ok(Math.abs(hits - 2) < 0.3 && hits + misses === 4, `${hits} ${misses}`);

  await world.restart();
  world.delivery.length = 0;
  await readPages(world, world.feed({ store }));
  assert.deepEqual(world.delivery, [], "What the store had was not asked for");
});
