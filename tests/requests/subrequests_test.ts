import assert from "node:assert/strict";
import { Subrequests } from "../../src/requests/subrequests.ts";
import { settled } from "../../testing/test_clock.ts";

Deno.test("Subrequests knows which relay's EOSE waits, until the request that it waits for is done", () => {
  const parts = new Subrequests<string>();
  const run = () => new Promise(() => {});
  parts.add("a", { relayIndex: 1, isExtension: false }, run);
  parts.add("b", { relayIndex: 1, isExtension: true }, run);
  parts.add("c", { relayIndex: 2, isExtension: false }, run);
  assert.deepEqual([0, 1, 2].map((index) => parts.isAwaitedBy(index)), [false, true, true]);
  parts.done("a");
  parts.done("c");
  parts.done("nobody");
  assert.deepEqual([0, 1, 2].map((index) => parts.isAwaitedBy(index)), [false, true, false]);
  assert.ok(parts.hasPending);
  parts.done("b");
  assert.ok(!parts.isAwaitedBy(1));
  assert.ok(!parts.hasPending);
  assert.deepEqual(parts.all, ["a", "b", "c"], "they go on for what is new");
});

Deno.test("Subrequests has a request from before it runs until it has ended", async () => {
  const parts = new Subrequests<string>();
  const { promise, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  parts.add("a", { relayIndex: 0, isExtension: true }, () => {
    assert.ok(parts.isAwaitedBy(0), "it may be done at once");
    parts.done("a");
    return promise;
  });
  parts.add("b", { relayIndex: 0, isExtension: false }, () => promise);
  assert.deepEqual(parts.extensions, ["a"]);
  parts.ended().then(() => isOver = true);
  await settled();
  assert.ok(!isOver);
  resolve();
  await settled();
  assert.ok(isOver);
  assert.deepEqual([...parts.all, ...parts.extensions], []);
  assert.ok(!parts.hasPending, "what has ended is not waited for");
  await parts.ended();
});
