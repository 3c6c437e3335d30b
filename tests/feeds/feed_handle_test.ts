import assert from "node:assert/strict";
import type { NostrFilter } from "@nostrify/types";
import { Closing } from "../../src/base/closing.ts";
import type { Feed } from "../../src/feeds/feed.ts";
import { feedHandle } from "../../src/feeds/feed_handle.ts";
import type { FeedOptions } from "../../src/feeds/feed_options.ts";
import { settled } from "../../testing/test_clock.ts";
import { CountedController } from "../support/counted_signal.ts";
import { AUTHORS } from "../support/notes.ts";

const FILTERS: NostrFilter[] = [{ kinds: [1], authors: [AUTHORS[0]] }];
const OTHERS: NostrFilter[] = [{ kinds: [1], authors: [AUTHORS[1]] }];
const DONE = { done: true, value: undefined };

/** A feed whose code is loaded when the test says, and that records its calls. */
function start(options: FeedOptions = {}) {
  const calls: unknown[][] = [];
  const loads: PromiseWithResolvers<void>[] = [];
  const closing = new Closing();
  const world = { now: 7 };
  const call = (name: string) => (...args: unknown[]) => {
    calls.push([name, ...args]);
    return Promise.resolve(name) as never;
  };
  const feed = {
    next: call("next"),
    sync: call("sync"),
    follow: call("follow"),
    close: call("close"),
    async *live(...args: unknown[]) {
      calls.push(["live", ...args]);
      yield await Promise.resolve("an event" as never);
    },
  } as Partial<Feed> as Feed;
  const handle = feedHandle(FILTERS, options, {
    load: async () => {
      const load = Promise.withResolvers<void>();
      loads.push(load);
      await load.promise;
      return (...args) => {
        calls.push(["open", ...args]);
        return feed;
      };
    },
    now: () => world.now,
    onClose: (end) => closing.onClose(end),
    refuseClosed() {
      if (closing.isClosed) throw new Error("the outbox is closed");
    },
  });
  return { calls, closing, handle, loads, world };
}

Deno.test("feedHandle() throws at once for filters and options that no feed takes", () => {
  assert.throws(() => start({ pageSize: 0 }), RangeError);
  assert.throws(() => start({ pages: 3 } as FeedOptions), TypeError);
  const { handle } = start();
  assert.throws(() => handle.follow([{ ids: [AUTHORS[0]] }]), TypeError);
  assert.throws(() => handle.follow([]), TypeError);
});

Deno.test("feedHandle() opens the feed once, as of when the app opened it, and hands all calls on", async () => {
  const { calls, handle, loads, world } = start({ pageSize: 3 });
  handle.follow(OTHERS);
  world.now = 99;
  const pages = Promise.all([handle.next(), handle.next()]);
  await settled();
  assert.deepEqual(calls, []);
  for (const { resolve } of loads) resolve();
  assert.deepEqual(await pages, ["next", "next"]);
  handle.follow(FILTERS);
  const sync = { since: 5 };
  await handle.sync(sync);
  const opts = {};
  for await (const event of handle.live(opts)) assert.equal(event, "an event");
  await handle.close();
  assert.deepEqual(calls, [
    ["open", OTHERS, { pageSize: 3 }, 7],
    ["next"],
    ["next"],
    ["follow", FILTERS],
    ["sync", sync],
    ["live", opts],
    ["close"],
  ]);
});

Deno.test("feedHandle() rejects where the feed cannot be loaded, and tries again with the next call", async () => {
  const { handle, loads } = start();
  const calls = [handle.next(), handle.sync({ since: 0 }), handle.live().next()];
  for (const { reject } of loads) reject(new Error("offline"));
  for (const call of calls) await assert.rejects(call, { message: "offline" });
  const again = handle.next();
  loads.at(-1)!.resolve();
  assert.equal(await again, "next");
});

Deno.test("feedHandle() ends with close() while the feed is being loaded, and opens none afterwards", async () => {
  for (const end of ["close", "return"] as const) {
    const { calls, handle, loads } = start();
    const page = handle.next();
    const live = handle.live().next();
    const sync = handle.sync({ since: 0 });
    await settled();
    await handle[end]();
    assert.deepEqual([await page, await live], [DONE, DONE]);
    await assert.rejects(sync, { name: "AbortError" });
    for (const { resolve } of loads) resolve();
    await settled();
    assert.deepEqual([calls, await handle.next()], [[], DONE]);
  }
});

Deno.test("feedHandle() rejects with the signal's reason when that is aborted while it is loaded", async () => {
  const stop = new AbortController();
  const { calls, handle, loads } = start({ signal: stop.signal });
  const reason = new Error("never mind");
  const waiting = [handle.next(), handle.live().next(), handle.sync({ since: 0 })];
  await settled();
  stop.abort(reason);
  for (const one of waiting) await assert.rejects(one, reason);
  for (const { resolve } of loads) resolve();
  await settled();
  await assert.rejects(handle.next(), reason);
  assert.deepEqual(calls, []);
  await assert.rejects(start({ signal: stop.signal }).handle.next(), reason);
});

Deno.test("feedHandle() heeds the signal of one call while it is loaded, and goes on for the others", async () => {
  const { handle, loads } = start();
  const stop = new AbortController();
  const waiting = [
    handle.live({ signal: stop.signal }).next(),
    handle.sync({ since: 0, signal: stop.signal }),
  ];
  const page = handle.next();
  await settled();
  stop.abort(new Error("never mind"));
  for (const one of waiting) await assert.rejects(one, { message: "never mind" });
  for (const { resolve } of loads) resolve();
  assert.equal(await page, "next");
});

Deno.test("feedHandle() leaves no listener at a signal or the outbox, once it ends or is opened", async () => {
  const stop = new CountedController();
  const { signal } = stop;
  const [opened, closed] = [start({ signal }), start({ signal })];
  assert.equal(stop.listeners, 2);
  const page = opened.handle.next();
  for (const { resolve } of opened.loads) resolve();
  await page;
  assert.equal(stop.listeners, 1);
  await closed.handle.close();
  assert.equal(stop.listeners, 0);
});

Deno.test("feedHandle() ends with the outbox, and refuses what comes later", async () => {
  const { closing, handle } = start();
  const page = handle.next();
  await settled();
  closing.close();
  assert.deepEqual(await page, DONE);
  for (const call of [handle.next(), handle.live().next(), handle.sync({ since: 0 })]) {
    await assert.rejects(call, { message: "the outbox is closed" });
  }
});
