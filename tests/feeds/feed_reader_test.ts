import assert from "node:assert/strict";
import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { FeedPage, FeedSources } from "../../src/feeds/feed_sources.ts";
import { note, notes } from "../support/notes.ts";
import { quiet, START } from "../../testing/test_clock.ts";
import {
  during,
  eventsOf,
  EventStore,
  type FeedPlot,
  FeedWorld,
  filledStore,
  LIVES,
  MemoryRecords,
  NEWEST,
  person,
  readPages,
  urlOf,
} from "../support/feed_world.ts";

const LATE = { ...LIVES, fate: "late" } as const;

/** A world of one person, who posts once a minute. */
function worldOf(count: number, plot: Partial<FeedPlot> = {}): FeedWorld {
  return new FeedWorld({
    lists: [[0]],
    relays: Array(5).fill(LIVES),
    posts: Array.from({ length: count }, (_, i) => ({ author: 0, at: 60 * i, missing: [] })),
    pageSize: 5,
    ...plot,
  }, new MemoryRecords());
}

/** Puts an event on a relay. */
const hold = (world: FeedWorld, event: NostrEvent, relay = 0) =>
  world.relays.get(urlOf(relay))!.add(event);

Deno.test("FeedReader leaves out events that have expired (NIP-40), and those of the future", async () => {
  const world = worldOf(1);
  const pubkey = person(0);
  hold(world, note({ pubkey, tags: [["expiration", `${START - 1}`]] }));
  const valid = note({ pubkey, tags: [["expiration", `${START + 3_600}`]] });
  const ahead = note({ pubkey, created_at: START + 900 });
  for (const event of [valid, ahead]) hold(world, event);
  const future = note({ pubkey, created_at: START + 901 });
  const ask: FeedSources["ask"] = (url, filters, opts) => {
    opts.onEvent(future);
    return world.sources.ask(url, filters, opts);
  };
  const feed = world.feed({}, world.filters, { ask });
  const [page] = await readPages(world, feed);
  assert.deepEqual(page.events.slice(0, 2), [ahead, valid]);
  assert.equal(page.events.length, 3);
  await feed.close();
});

Deno.test("FeedReader gives a page without events only first or last, while relays take their time", async () => {
  const world = worldOf(9, { lists: [[0], [1]], relays: [LIVES, LATE, LIVES, LIVES, LIVES] });
  world.relays.get(urlOf(0))!.clear();
  world.post(1, NEWEST - 5);
  const pages = await readPages(world, world.feed({ patience: 0 }));
  assert.deepEqual(pages.map(({ events }) => events.length), [0, 1]);
  assert.deepEqual(pages[0].behind.map(({ pubkey }) => pubkey), [person(1)]);
  assert.ok(pages[0].since > NEWEST);
  assert.equal(pages[1].since, 0);
});

Deno.test("FeedReader waits with a page until relays answer, where it has nothing else to give", async () => {
  const world = worldOf(3, { relays: Array(5).fill(LATE) });
  const feed = world.feed({ patience: 0 });
  const first = await during(world, feed.next());
  assert.equal(first.value!.events.length, 3, "None had answered before");
  assert.ok(world.asked.length < 10);
  await feed.close();
});

Deno.test("FeedReader asks for the third page while the app looks at the second, and not before", async () => {
  const world = worldOf(400, { relays: Array(5).fill({ ...LIVES, hints: false, cap: 7 }) });
  const feed = world.feed();
  await readPages(world, feed, { most: 1 });
  let asked = world.asked.length;
  await world.clock.advance(1_000);
  assert.equal(world.asked.length, asked);
  let isAhead = false;
  for (let i = 0; i < 6; i++) {
    const page = during(world, feed.next());
    const { value } = await page;
    assert.equal(value!.events.length, 5);
    asked = world.asked.length;
    await quiet();
    const next = feed.next();
    // What is there comes without a request.
    await next;
    isAhead ||= world.asked.length === asked;
  }
  assert.ok(isAhead);
  await feed.close();
});

Deno.test("FeedReader names those whom a slow store has, and hands their events out late", async () => {
  const world = worldOf(8);
  const store = await filledStore(world);
  await world.restart();
  const query = store.query.bind(store);
  store.query = async (filters: NostrFilter[]) => {
    if (!filters[0].ids) {
      await new Promise<void>((resolve) => void world.clock.after(4_000, resolve));
    }
    return query(filters);
  };
  const news = world.post(0, START);
  const feed = world.feed({ store, fresh: true });
  const { value: page } = await during(world, feed.next());
  assert.deepEqual(page!.behind, [{ pubkey: person(0), since: page!.since, reason: "late" }]);
  const pages = [page!, ...await readPages(world, feed)];
  assert.equal(new Set(eventsOf(pages).map(({ id }) => id)).size, 9);
  assert.ok(eventsOf(pages).includes(news));
  assert.deepEqual(pages.at(-1)!.behind, []);
  await feed.close();
});

Deno.test("FeedReader reads no more of the store than a page needs, while no relay answers", async () => {
  const world = worldOf(0);
  const store = new EventStore();
  const first = world.feed({ store });
  for (const event of notes(500, { pubkey: person(0), created_at: NEWEST })) hold(world, event);
  await readPages(world, first);
  await first.close();
  await world.restart();
  let read = 0;
  const query = store.query.bind(store);
  store.query = async (filters) => {
    const found = await query(filters);
    read += found.length;
    return found;
  };
  const ask: FeedSources["ask"] = (_, __, { signal }) =>
    new Promise((resolve) =>
      signal.addEventListener("abort", () => resolve({ reason: "no-answer", proofs: new Map() }))
    );
  const feed = world.feed({ store }, world.filters, { ask });
  const pages = await readPages(world, feed, { most: 4 });
  assert.equal(eventsOf(pages).length, 20);
  assert.ok(read < 100, `${read} were read`);
  await feed.close();
});

Deno.test("FeedReader says once that its store does not work, and goes on", async () => {
  const world = worldOf(3);
  const store = new EventStore();
  await readPages(world, world.feed({ store }));
  await world.restart();
  store.error = new Error("locked");
  const pages = await readPages(world, world.feed({ store: Object.create(store) }));
  assert.equal(eventsOf(pages).length, 3);
  assert.deepEqual(world.errors.map(({ message }) => message), [
    "A feed goes on without its store, which failed",
  ]);
});

Deno.test("FeedReader gives a first page from relays, once its store fails at one of several filters", async () => {
  for (const failsAt of [1, 6]) {
    const world = worldOf(3);
    const filters = [1, 6].map((kind) => ({ kinds: [kind], authors: world.people }));
    hold(world, note({ pubkey: person(0), kind: 6, created_at: NEWEST }));
    const store = new EventStore();
    const first = world.feed({ store }, filters);
    await readPages(world, first);
    await first.close();
    const query = store.query.bind(store);
    store.query = (asked) =>
      asked[0].kinds?.includes(failsAt) ? Promise.reject(new Error("locked")) : query(asked);
    const feed = world.feed({ store }, filters);
    let page: FeedPage | undefined;
    void feed.next().then(({ value }) => page = value);
    for (let i = 0; i < 100 && !page; i++) await world.clock.advance(100);
    assert.equal(page?.events.length, 4);
    assert.deepEqual(page.behind, []);
    await feed.close();
  }
});

Deno.test("FeedReader hands out nothing late of people who are gone, where the store takes its time", async () => {
  const world = worldOf(3, { lists: [[0], [1]] });
  const store = new EventStore();
  const feed = world.feed({ store, fresh: true });
  await readPages(world, feed, { most: 1 });
  const came: NostrEvent[] = [];
  const reading = (async () => {
    for await (const event of feed.live()) came.push(event);
  })();
  await quiet();
  const keep = store.event.bind(store);
  store.event = async (event) => {
    await new Promise<void>((resolve) => void world.clock.after(1_000, resolve));
    await keep(event);
  };
  const [gone, stays] = [1, 0].map((author) => world.post(author, START));
  await quiet();
  feed.follow([{ kinds: [1], authors: [person(0)] }]);
  await world.clock.advance(2_000);
  await quiet();
  assert.ok(came.includes(stays));
  assert.ok(!came.includes(gone));
  await feed.close();
  await reading;
});
