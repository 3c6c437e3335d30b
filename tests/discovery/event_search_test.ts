import type { NostrEvent, NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { EventSearch } from "../../src/discovery/event_search.ts";
import { draft } from "../../testing/memory_source.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";

const [X, Y, Z] = ["e1", "e2", "e3"].map((byte) => byte.repeat(32));
const [A, B, C, D] = [..."abcd"].map((name) => `wss://${name}.example/`);

/** A question to a relay, which the test answers. */
interface Question {
  readonly url: string;
  readonly ids: readonly string[];
  readonly send: (event: NostrEvent) => void;
  readonly end: () => void;
}

function start({ fallbacks = [A], hints = {}, unusable = [] as string[] }: {
  fallbacks?: string[];
  hints?: Record<string, string[]>;
  unusable?: string[];
} = {}) {
  const clock = new TestClock();
  const asked: Question[] = [];
  const found: string[] = [];
  const search = new EventSearch({
    clock,
    fallbacks,
    hintsOf: (id) => hints[id] ?? [],
    isUsable: (url) => !unusable.includes(url),
    onFound: ({ id }, url) => found.push(`${id} ${url}`),
    async ask(url: string, [{ ids = [] }]: readonly NostrFilter[], send) {
      const { promise, resolve } = Promise.withResolvers<void>();
      asked.push({ url, ids, send, end: resolve });
      await promise;
      return { answered: true, complete: true };
    },
  });
  /** Starts a call, and tells whether it is over. */
  const find = (ids: string[], wait = 3_000, signal?: AbortSignal) => {
    const call = { isOver: false, done: Promise.resolve() };
    call.done = search.find(ids, { wait, signal }).then(() => void (call.isOver = true));
    return call;
  };
  return { clock, asked, found, search, find };
}

const event = (id: string) => draft({ id });

Deno.test("EventSearch find() sends each relay that may have them one request for all events", async () => {
  const { asked, found, find } = start({
    fallbacks: [A, B],
    hints: { [X]: [C, A, D] },
    unusable: [B],
  });
  const call = find([X, Y]);
  await settled();
  assert.deepEqual(asked.map(({ url, ids }) => [url, ids]), [[C, [X]], [A, [X, Y]]]);
  asked[1].send(event(X));
  await settled();
  assert.ok(!call.isOver, "the other event is awaited");
  asked[1].send(event(Y));
  await call.done;
  assert.deepEqual(found, [`${X} ${A}`, `${Y} ${A}`]);
});

Deno.test("EventSearch find() ends once no relay is left, and soon after asks nobody again", async () => {
  const { clock, asked, find } = start({ fallbacks: [A, B] });
  const call = find([X]);
  await settled();
  asked[0].end();
  await settled();
  assert.ok(!call.isOver);
  asked[1].end();
  await call.done;
  await find([X]).done;
  assert.equal(asked.length, 2, "it was looked up just now");
  await clock.advance(10_000);
  void find([X]);
  await settled();
  assert.equal(asked.length, 4);
});

Deno.test("EventSearch find() looks no event up twice at the same time", async () => {
  const { asked, find } = start();
  const calls = [find([X]), find([X, Y]), find([X])];
  await settled();
  assert.deepEqual(asked.map(({ ids }) => ids), [[X], [Y]]);
  asked[0].send(event(X));
  await Promise.all([calls[0].done, calls[2].done]);
  assert.ok(!calls[1].isOver);
  asked[1].send(event(Y));
  await calls[1].done;
});

Deno.test("EventSearch find() gives up after its waiting time, and learns of what comes later", async () => {
  const { clock, asked, found, find } = start();
  const [call, none] = [find([X], 500), find([Y], 0)];
  await none.done;
  await clock.advance(499);
  assert.ok(!call.isOver);
  await clock.advance(1);
  await call.done;
  assert.equal(clock.pending, 0);
  asked[0].send(event(X));
  assert.deepEqual(found, [`${X} ${A}`]);
});

Deno.test("EventSearch find() rejects with the signal's reason at once, and harms no other caller", async () => {
  const { asked, find } = start();
  const controller = new AbortController();
  const [given, other] = [find([X], 3_000, controller.signal), find([X])];
  await settled();
  controller.abort(new Error("never mind"));
  await assert.rejects(given.done, { message: "never mind" });
  await assert.rejects(find([Y], 3_000, controller.signal).done, { message: "never mind" });
  asked[0].send(event(X));
  await other.done;
});

Deno.test("EventSearch ignores events that it did not ask for", async () => {
  const { asked, found, find } = start();
  const call = find([X]);
  await settled();
  asked[0].send(event(Z));
  await settled();
  assert.deepEqual([found, call.isOver], [[], false]);
});

Deno.test("EventSearch find() without a relay to ask, and after close(), ends at once", async () => {
  await start({ fallbacks: [] }).find([X]).done;
  const { asked, found, search, find } = start();
  const call = find([X]);
  await settled();
  search.close();
  await call.done;
  asked[0].send(event(X));
  await find([Y]).done;
  assert.deepEqual([found, asked.length], [[], 1]);
});

Deno.test("EventSearch find() looks up at most 250 events", async () => {
  const { asked, find } = start();
  const ids = Array.from({ length: 300 }, (_, i) => `${i}`.padStart(64, "0"));
  void find(ids);
  await settled();
  assert.deepEqual(asked.map(({ ids }) => ids.length), [250]);
});

Deno.test("EventSearch find() begins no pause for an event that was found, however its other relays end", async () => {
  const { asked, find } = start({ fallbacks: [A, B] });
  const call = find([X]);
  await settled();
  asked[0].send(event(X));
  await call.done;
  for (const { end } of asked) end();
  await settled();
  void find([X]);
  await settled();
  assert.equal(asked.length, 4, "who asks again may have forgotten it");
});
