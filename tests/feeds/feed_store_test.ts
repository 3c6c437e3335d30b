import assert from "node:assert/strict";
import { FeedStore } from "../../src/feeds/feed_store.ts";
import { EventRefusedError } from "../../src/nostr/errors.ts";
import { SpanBook } from "../../src/spans/span_book.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { EventStore } from "../support/feed_world.ts";
import { notes } from "../support/notes.ts";

/** What stores under feeds need. */
function setUp() {
  const clock = new TestClock();
  const errors: Error[] = [];
  const onError = (error: Error) => errors.push(error);
  const spans = new SpanBook({ clock, onError });
  const numbers = new Set<number>();
  const open = (store: EventStore) =>
    new FeedStore(store, { clock, spans, numbers, timeout: 1_000, onError });
  return { clock, errors, open };
}

Deno.test("FeedStore knows a store again by its events, and no other for it", async () => {
  const { open } = setUp();
  const [first, second] = [new EventStore(), new EventStore()];
  const opened = open(first);
  assert.equal(await opened.number(), 1);
  await opened.keep(notes(3));
  const other = open(second);
  assert.equal(await other.number(), 2);
  await other.keep(notes(3));
  assert.equal(await open(first).number(), 1);
  assert.equal(await open(second).number(), 2);
  assert.equal(await open(new EventStore()).number(), 3);
  first.events.clear();
  assert.equal(await open(first).number(), 4);
});

Deno.test("FeedStore gives two new stores that are opened at once a number each", async () => {
  const { open } = setUp();
  const numbers = [open(new EventStore()).number(), open(new EventStore()).number()];
  assert.deepEqual(await Promise.all(numbers), [1, 2]);
});

Deno.test("FeedStore knows a store again by any of its events, though the newest is gone", async () => {
  const { open } = setUp();
  const store = new EventStore();
  const [old, ...others] = notes(3);
  await open(store).keep([old]);
  for (const event of others) {
    const again = open(store);
    await again.number();
    await again.keep([event]);
  }
  for (const { id } of others) store.events.delete(id);
  assert.equal(await open(store).number(), 1);
});

Deno.test("FeedStore takes an event that a store refuses for kept, and one that it fails to keep not", async () => {
  const { errors, open } = setUp();
  const store = new EventStore();
  const opened = open(store);
  const events = notes(2);
  store.error = new EventRefusedError("deleted", events[0], "its author deleted it");
  assert.equal(await opened.keep(events), undefined);
  store.error = new Error("disk full");
  const failure = await opened.keep(events);
  assert.equal(failure?.cause, store.error);
  assert.equal((await opened.keep(events))?.message, failure.message);
  assert.equal(await opened.query({ kinds: [1] }), undefined);
  assert.deepEqual(errors.map(({ message }) => message), [
    "The store of a feed failed to write: disk full; its events will be requested again",
  ]);
  store.error = undefined;
  assert.equal(await opened.keep(events), undefined);
  assert.equal((await opened.query({ kinds: [1] }))?.length, 2);
});

Deno.test("FeedStore gives back nothing of a time of which a bounded store forgot events", async () => {
  const { errors, open } = setUp();
  const store = new EventStore();
  const events = notes(3);
  const [oldest, , newest] = events.map(({ created_at }) => created_at).sort((a, b) => a - b);
  const bounded = Object.assign(store, { forgottenUntil: () => Promise.resolve(oldest - 1) });
  const opened = open(bounded);
  await opened.keep(events);
  assert.equal((await opened.query({ kinds: [1], since: oldest }))?.length, 3);
  bounded.forgottenUntil = () => Promise.resolve(oldest);
  for (const filter of [{ kinds: [1], since: oldest }, { kinds: [1] }, { limit: 4 }]) {
    assert.equal(await opened.query(filter), undefined, JSON.stringify(filter));
  }
  assert.equal((await opened.query({ kinds: [1], since: oldest + 1 }))?.length, 2);
  assert.equal((await opened.query({ kinds: [1], since: newest, limit: 1 }))?.length, 1);
  assert.equal(
    (await opened.query({ kinds: [1], limit: 2 }))?.length,
    2,
    "what is missing is older",
  );
  assert.deepEqual(errors, [], "the store works");
});

Deno.test("D1: FeedStore waits for a store that does not answer for a bounded time", async () => {
  const { clock, errors, open } = setUp();
  const store = new EventStore();
  store.query = () => new Promise(() => {});
  const found = open(store).query({ kinds: [1] });
  await clock.advance(1_001);
  assert.equal(await found, undefined);
  assert.match(errors[0].message, /failed to read: The database has not answered for 1000 ms/);
  const stop = new AbortController();
  const aborted = open(store).query({ kinds: [1] }, stop.signal);
  stop.abort();
  assert.equal(await aborted, undefined);
  assert.equal(errors.length, 1);
});
