import assert from "node:assert/strict";
import { AsyncQueue } from "../../src/base/async_queue.ts";
import { settled } from "../../testing/test_clock.ts";
import { CountedController } from "../support/counted_signal.ts";

/** Reads all that comes, into a list, and says when it is over. */
function reading(outlet: AsyncQueue<number>, signal: AbortSignal) {
  const values: number[] = [];
  const over = (async () => {
    for await (const value of outlet.read(signal)) values.push(value);
    return "over";
  })();
  return { values, over };
}

Deno.test("AsyncQueue gives what is pushed in that order, before and after the reading begins", async () => {
  const outlet = new AsyncQueue<number>();
  outlet.push(1);
  outlet.push(2);
  const { values } = reading(outlet, new AbortController().signal);
  await settled();
  assert.deepEqual(values, [1, 2]);
  outlet.push(3);
  await settled();
  outlet.push(4);
  outlet.push(5);
  await settled();
  assert.deepEqual(values, [1, 2, 3, 4, 5]);
});

Deno.test("AsyncQueue gives what is left once it is closed, and takes no more", async () => {
  const outlet = new AsyncQueue<number>();
  outlet.push(1);
  outlet.push(2);
  outlet.close();
  outlet.push(3);
  const { values, over } = reading(outlet, new AbortController().signal);
  assert.equal(await over, "over");
  assert.deepEqual(values, [1, 2]);
});

Deno.test("AsyncQueue ends the reading of one who waits when it is closed", async () => {
  const outlet = new AsyncQueue<number>();
  const { over } = reading(outlet, new AbortController().signal);
  await settled();
  outlet.close();
  assert.equal(await over, "over");
});

Deno.test("AsyncQueue gives nothing more once the signal is aborted, whatever is left", async () => {
  const outlet = new AsyncQueue<number>();
  const controller = new CountedController();
  for (const value of [1, 2, 3]) outlet.push(value);
  const reader = outlet.read(controller.signal);
  assert.deepEqual(await reader.next(), { done: false, value: 1 });
  controller.abort();
  assert.deepEqual(await reader.next(), { done: true, value: undefined });
  assert.deepEqual(await outlet.read(controller.signal).next(), { done: true, value: undefined });
  assert.equal(controller.listeners, 0);
});

Deno.test("AsyncQueue gives what is pushed while its reader has the last value", async () => {
  const outlet = new AsyncQueue<number>();
  outlet.push(1);
  const reader = outlet.read(new AbortController().signal);
  await reader.next();
  outlet.push(2);
  assert.deepEqual(await reader.next(), { done: false, value: 2 });
});

Deno.test("AsyncQueue ends where the signal is aborted while its reader has the last value", async () => {
  const outlet = new AsyncQueue<number>();
  const controller = new CountedController();
  outlet.push(1);
  const reader = outlet.read(controller.signal);
  await reader.next();
  controller.abort();
  assert.deepEqual(await reader.next(), { done: true, value: undefined });
  assert.equal(controller.listeners, 0);
});

Deno.test("AsyncQueue wakes one who waits when the signal is aborted", async () => {
  const controller = new CountedController();
  const { values, over } = reading(new AsyncQueue<number>(), controller.signal);
  await settled();
  assert.equal(controller.listeners, 1);
  controller.abort();
  assert.equal(await over, "over");
  assert.deepEqual(values, []);
  assert.equal(controller.listeners, 0);
});

Deno.test("AsyncQueue keeps all for a slow reader, who sees it in order", async () => {
  const outlet = new AsyncQueue<number>();
  const controller = new CountedController();
  const values: number[] = [];
  for (let i = 0; i < 5; i++) outlet.push(i);
  for await (const value of outlet.read(controller.signal)) {
    values.push(value);
    await settled();
    if (value < 5) outlet.push(5 + value);
    if (values.length === 10) break;
  }
  assert.deepEqual(values, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(controller.listeners, 0);
});
