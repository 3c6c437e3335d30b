import assert from "node:assert/strict";
import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { FeedSources } from "../../src/feeds/feed_sources.ts";
import { EventRefusedError } from "../../src/nostr/errors.ts";
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
} from "../support/feed_world.ts";

/** A world of people who have a relay each, and posts a minute apart. */
function worldOf(counts: readonly number[], plot: Partial<FeedPlot> = {}): FeedWorld {
  return new FeedWorld({
    lists: counts.map((_, index) => [index]),
    relays: Array(5).fill(LIVES),
    posts: counts.flatMap((count, author) =>
      Array.from({ length: count }, (_, i) => ({ author, at: 60 * i + author, missing: [] }))
    ),
    pageSize: 2,
    ...plot,
  }, new MemoryRecords());
}

const filterOf = (...people: number[]): NostrFilter[] => [{
  kinds: [1],
  authors: people.map(person),
}];

/** Reads live until it ends, into a list. */
function listen(feed: ReturnType<FeedWorld["feed"]>, signal?: AbortSignal) {
  const came: NostrEvent[] = [];
  const reading = (async () => {
    for await (const event of feed.live({ signal })) came.push(event);
  })();
  void Promise.allSettled([reading]);
  return { came, reading };
}

Deno.test("Feed has ended where its signal was aborted before", async () => {
  const world = worldOf([1]);
  const feed = world.feed({ signal: AbortSignal.abort() });
  await assert.rejects(feed.next(), { name: "AbortError" });
  await feed.close();
  assert.equal(world.listeners, 0);
});

Deno.test("Feed next() gives a page to each caller, in order, however many ask at once", async () => {
  const world = worldOf([6]);
  const feed = world.feed();
  const pages = await during(world, Promise.all([feed.next(), feed.next(), feed.next()]));
  const times = pages.flatMap(({ value }) => value!.events).map(({ created_at }) => created_at);
  assert.deepEqual(times, Array.from({ length: 6 }, (_, i) => NEWEST - 60 * i));
  await feed.close();
});

Deno.test("Feed next() begins with the store's page, however many ask at once", async () => {
  const world = worldOf([9]);
  const store = await filledStore(world);
  const feed = world.feed({ store });
  const pages = await during(world, Promise.all([feed.next(), feed.next()]));
  const reasons = pages.map(({ value }) =>
    value!.behind.map(({ relay, reason }) => [relay, reason])
  );
  assert.deepEqual(reasons, [[[undefined, "late"]], []]);
  assert.deepEqual(pages.map(({ value }) => value!.since), [NEWEST - 60, NEWEST - 180]);
  await feed.close();
});

Deno.test("Feed follow() is heeded while the filters of another call are being planned", async () => {
  const world = worldOf([4, 4, 4]);
  let release: (() => void) | undefined;
  let isHeld = false;
  const feed = world.feed({}, filterOf(0), {
    plan: async (...args) => {
      if (isHeld) await new Promise<void>((resolve) => release = resolve);
      return world.sources.plan(...args);
    },
  });
  await readPages(world, feed, { most: 1 });
  isHeld = true;
  feed.follow(filterOf(1));
  const next = feed.next();
  await quiet();
  feed.follow(filterOf(2));
  isHeld = false;
  release!();
  await during(world, next);
  const pages = await readPages(world, feed);
  assert.equal(eventsOf(pages).filter(({ pubkey }) => pubkey === person(2)).length, 4);
  await feed.close();
});

Deno.test("Feed live() yields what is posted after a first page without events, and after the last one", async () => {
  for (const count of [0, 1]) {
    const world = worldOf([count]);
    const feed = world.feed();
    await readPages(world, feed);
    const { came } = listen(feed);
    await quiet();
    const posts = [world.post(0, START), world.post(0, NEWEST - 50)];
    await quiet();
    assert.deepEqual(came, posts, "It is older than the oldest event of a page");
    assert.deepEqual(await during(world, feed.next()), { done: true, value: undefined });
    await feed.close();
  }
});

Deno.test("Feed live() leaves to the next page what its reader did not take", async () => {
  for (const ending of ["break", "signal"]) {
    const world = worldOf([3]);
    const feed = world.feed();
    await readPages(world, feed, { most: 1 });
    const stop = new AbortController();
    const live = feed.live({ signal: stop.signal });
    const first = live.next();
    await quiet();
    const posts = [0, 1, 2].map((i) => world.post(0, START + i));
    await quiet();
    assert.equal((await first).value, posts[0]);
    if (ending === "signal") stop.abort();
    if (ending === "signal") await assert.rejects(live.next(), { name: "AbortError" });
    else await live.return();
    const { value } = await during(world, feed.next());
    assert.deepEqual(value!.late, [posts[2], posts[1]]);
    assert.deepEqual(await during(world, feed.next()), { done: true, value: undefined });
    await feed.close();
  }
});

Deno.test("Feed live() refuses a second reader, and throws what the first one's request fails with", async () => {
  const world = worldOf([1]);
  const failing: FeedSources["live"] = async function* (...args) {
    await quiet();
    if (world.listeners > 0) throw new Error("no route");
    yield* world.sources.live(...args);
  };
  const feed = world.feed({}, world.filters, { live: failing });
  const reading = feed.live().next();
  void Promise.allSettled([reading]);
  await assert.rejects(feed.live().next(), /it is being read live already/);
  await assert.rejects(reading, /no route/);
  await feed.close();
  assert.deepEqual(await feed.live().next(), { done: true, value: undefined });
});

Deno.test("Feed follow() reads live what is new of new people", async () => {
  const world = worldOf([1, 1]);
  const feed = world.feed({}, filterOf(0));
  await readPages(world, feed);
  const { came, reading } = listen(feed);
  await quiet();
  feed.follow(filterOf(1));
  await quiet();
  world.post(0, START);
  const news = world.post(1, START);
  await quiet();
  assert.deepEqual(came.filter(({ created_at }) => created_at === START), [news]);
  await feed.close();
  await reading;
  assert.equal(world.listeners, 0);
});

Deno.test("Feed follow() is heeded by a later page where planning fails at first", async () => {
  const world = worldOf([4, 4]);
  let error: Error | undefined;
  const feed = world.feed({}, filterOf(0), {
    plan: (...args) => error ? Promise.reject(error) : world.sources.plan(...args),
  });
  await readPages(world, feed, { most: 1 });
  feed.follow(filterOf(1));
  error = new Error("no lists");
  await assert.rejects(feed.next(), error);
  error = undefined;
  const pages = await readPages(world, feed);
  assert.equal(eventsOf(pages).filter(({ pubkey }) => pubkey === person(1)).length, 4);
  await feed.close();
});

Deno.test("Feed follow() ends in time, where the new filters begin earlier or later than the old ones", async () => {
  for (
    const [before, after] of [[NEWEST - 100, 0], [NEWEST - 100, NEWEST - 250], [0, NEWEST - 250]]
  ) {
    const world = worldOf([9]);
    const feed = world.feed({}, [{ ...filterOf(0)[0], since: before }]);
    await readPages(world, feed, { most: 1 });
    feed.follow([{ ...filterOf(0)[0], since: after }]);
    const pages = await readPages(world, feed, { most: 20 });
    assert.ok(pages.length < 20, "It never ends");
    assert.equal(pages.at(-1)!.since, after);
    const expected = NEWEST - Math.max(after, NEWEST - 480);
    assert.equal(eventsOf(pages).length, Math.floor(expected / 60) + 1 - 2);
    await feed.close();
  }
});

Deno.test("Feed follow() gives the events of people who come back, and none of those who are gone", async () => {
  const world = worldOf([8, 8]);
  const feed = world.feed({}, filterOf(0, 1));
  const first = await readPages(world, feed, { most: 1 });
  feed.follow(filterOf(0));
  const alone = await readPages(world, feed, { most: 1 });
  assert.ok(eventsOf(alone).every(({ pubkey }) => pubkey === person(0)));
  feed.follow(filterOf(0, 1));
  const rest = await readPages(world, feed);
  const ids = eventsOf([...first, ...alone, ...rest]).map(({ id }) => id);
  assert.equal(new Set(ids).size, 16);
  assert.equal(ids.length, 16);
  await feed.close();
});

Deno.test("Feed follow() leaves out what relays still send of people who are gone", async () => {
  const world = worldOf([4, 4], {
    relays: [LIVES, { ...LIVES, fate: "late" }, LIVES, LIVES, LIVES],
  });
  const feed = world.feed({}, filterOf(0, 1));
  await readPages(world, feed, { most: 1 });
  feed.follow(filterOf(0));
  await world.clock.advance(10_000);
  const rest = await readPages(world, feed);
  assert.ok(eventsOf(rest).every(({ pubkey }) => pubkey === person(0)));
  await feed.close();
});

Deno.test("Feed follow() asks no relay again for people who stay", async () => {
  const world = worldOf([40, 40], { pageSize: 5 });
  const feed = world.feed({}, filterOf(0));
  await readPages(world, feed, { most: 4 });
  const moved = world.sent.length;
  feed.follow(filterOf(0, 1));
  await readPages(world, feed, { most: 1 });
  const again = world.sent.slice(moved).filter(({ pubkey }) => pubkey === person(0));
  const before = new Set(world.sent.slice(0, moved));
  assert.deepEqual(again.filter((event) => before.has(event)), []);
  await feed.close();
});

Deno.test("Feed sync() says how far it is: from the newest second down to `since`", async () => {
  const world = worldOf([40], { relays: Array(5).fill({ ...LIVES, hints: false, cap: 7 }) });
  const store = new EventStore();
  const feed = world.feed({ store });
  const query = store.query.bind(store);
  store.query = (filters) => {
    assert.ok(filters[0].ids, "What the store has is not read");
    return query(filters);
  };
  const positions: number[] = [];
  const since = NEWEST - 2_000;
  const onProgress = ({ position }: { position: number }) => positions.push(position);
  assert.deepEqual(await during(world, feed.sync({ since, onProgress })), []);
  assert.equal(positions.at(-1), since);
  assert.ok(new Set(positions).size >= 4, positions.join(" "));
  assert.deepEqual(positions, positions.toSorted((a, b) => b - a));
  assert.deepEqual(world.errors, []);
  await feed.close();
});

/** Has a store reject some events; the result takes that back. */
function rejectWhere(
  store: EventStore,
  errorOf: (event: NostrEvent) => Error | undefined,
): () => void {
  const keep = store.event;
  store.event = (event) => {
    const error = errorOf(event);
    return error ? Promise.reject(error) : keep.call(store, event);
  };
  return () => store.event = keep;
}

Deno.test("Feed sync() rejects once its store fails to keep what comes, asks for no more, and goes on later", async () => {
  const world = worldOf([40], { relays: Array(5).fill({ ...LIVES, cap: 7 }) });
  const store = new EventStore();
  const feed = world.feed({ store });
  const makeRoom = rejectWhere(
    store,
    () => store.events.size < 10 ? undefined : new Error("the disk is full"),
  );
  await assert.rejects(during(world, feed.sync({ since: 0 })), (error: Error) => {
    assert.equal(error.message, "Cannot sync a feed: its store failed");
    assert.match((error.cause as Error).message, /failed to write: the disk is full/);
    return true;
  });
  const { length } = world.asked;
  assert.ok(length <= 3, `${length} requests`);
  await world.clock.advance(60_000);
  assert.equal(world.asked.length, length);
  assert.equal(store.events.size, 10);

  makeRoom();
  assert.deepEqual(await during(world, feed.sync({ since: 0 })), []);
  assert.equal(store.events.size, 40);
  await feed.close();
});

Deno.test("Feed sync() rejects before it asks relays where its store cannot be opened", async () => {
  const world = worldOf([40]);
  const store = await filledStore(world);
  await world.restart();
  const { length } = world.asked;
  store.error = new Error("locked");
  const feed = world.feed({ store: Object.create(store) });
  await assert.rejects(
    during(world, feed.sync({ since: 0 })),
    /^Error: Cannot sync a feed: its store failed$/,
  );
  assert.equal(world.asked.length, length);
  await feed.close();
});

Deno.test("Feed sync() rejects where its store fails to keep the last answer", async () => {
  const world = worldOf([5]);
  const store = new EventStore();
  store.event = () =>
    new Promise((_, reject) => world.clock.after(100, () => reject(new Error("locked"))));
  const feed = world.feed({ store });
  await assert.rejects(during(world, feed.sync({ since: 0 })), /Cannot sync a feed/);
  assert.equal(world.asked.length, 1);
  await feed.close();
});

Deno.test("Feed sync() goes on where its store refuses an event, as it should", async () => {
  const world = worldOf([40]);
  const store = new EventStore();
  const feed = world.feed({ store });
  rejectWhere(
    store,
    (event) =>
      event.created_at === NEWEST
        ? new EventRefusedError("deleted", event, "its author deleted it")
        : undefined,
  );
  assert.deepEqual(await during(world, feed.sync({ since: 0 })), []);
  assert.equal(store.events.size, 39);
  await feed.close();
});

Deno.test("Feed close() reports no error, while it is planned behind a first page from the store", async () => {
  const world = worldOf([9]);
  const store = await filledStore(world);
  const plan: FeedSources["plan"] = (_, signal) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const second = world.feed({ store }, world.filters, { plan });
  assert.equal((await readPages(world, second, { most: 1 }))[0].events.length, 2);
  await second.close();
  assert.deepEqual(world.errors, []);
  assert.equal(world.listeners, 0);
  await world.clock.advance(60_000);
  assert.equal(world.clock.pending, 0);
});

Deno.test("Feed close() ends a page, live() and sync() that wait, and leaves no timer or listener", async () => {
  const relays = Array(5).fill({ ...LIVES, fate: "late" });
  const world = worldOf([9], { relays });
  const feed = world.feed({ store: new EventStore() });
  const page = feed.next();
  const { reading } = listen(feed);
  const sync = feed.sync({ since: 0 });
  void Promise.allSettled([sync]);
  await quiet();
  await feed.close();
  assert.deepEqual(await page, { done: true, value: undefined });
  await reading;
  await assert.rejects(sync, { name: "AbortError" });
  await world.clock.advance(10_000);
  assert.equal(world.listeners, 0);
});
