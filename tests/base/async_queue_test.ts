import assert from "node:assert/strict";
import { AsyncQueue } from "../../src/base/async_queue.ts";
import { settled } from "../../testing/test_clock.ts";
import { CountedController } from "../support/counted_signal.ts";

/** Reads all values into a list, and tells when the reading has ended. */
function reading(queue: AsyncQueue<number>, signal: AbortSignal) {
  const values: number[] = [];
  const over = (async () => {
    for await (const value of queue.read(signal)) values.push(value);
    return "over";
  })();
  return { values, over };
}

Deno.test("AsyncQueue yields values in the order of push(), before and after the reading begins", async () => {
  const queue = new AsyncQueue<number>();
  queue.push(1);
  queue.push(2);
  const { values } = reading(queue, new AbortController().signal);
  await settled();
  assert.deepEqual(values, [1, 2]);
  queue.push(3);
  await settled();
  queue.push(4);
  queue.push(5);
  await settled();
  assert.deepEqual(values, [1, 2, 3, 4, 5]);
});

Deno.test("AsyncQueue yields the rest once it is closed, and accepts no more values", async () => {
  const queue = new AsyncQueue<number>();
  queue.push(1);
  queue.push(2);
  queue.close();
  queue.push(3);
  const { values, over } = reading(queue, new AbortController().signal);
  assert.equal(await over, "over");
  assert.deepEqual(values, [1, 2]);
});

Deno.test("AsyncQueue close() ends a reading that waits", async () => {
  const queue = new AsyncQueue<number>();
  const { over } = reading(queue, new AbortController().signal);
  await settled();
  queue.close();
  assert.equal(await over, "over");
});

Deno.test("AsyncQueue yields nothing more once the signal is aborted", async () => {
  const queue = new AsyncQueue<number>();
  const controller = new CountedController();
  for (const value of [1, 2, 3]) queue.push(value);
  const reader = queue.read(controller.signal);
  assert.deepEqual(await reader.next(), { done: false, value: 1 });
  controller.abort();
  assert.deepEqual(await reader.next(), { done: true, value: undefined });
  assert.deepEqual(await queue.read(controller.signal).next(), { done: true, value: undefined });
  assert.equal(controller.listeners, 0);
});

Deno.test("AsyncQueue yields values that are pushed while the reader has the last one", async () => {
  const queue = new AsyncQueue<number>();
  queue.push(1);
  const reader = queue.read(new AbortController().signal);
  await reader.next();
  queue.push(2);
  assert.deepEqual(await reader.next(), { done: false, value: 2 });
});

Deno.test("AsyncQueue ends the reading if the signal is aborted while the reader has the last value", async () => {
  const queue = new AsyncQueue<number>();
  const controller = new CountedController();
  queue.push(1);
  const reader = queue.read(controller.signal);
  await reader.next();
  controller.abort();
  assert.deepEqual(await reader.next(), { done: true, value: undefined });
  assert.equal(controller.listeners, 0);
});

Deno.test("AsyncQueue ends a reading that waits when the signal is aborted", async () => {
  const controller = new CountedController();
  const { values, over } = reading(new AsyncQueue<number>(), controller.signal);
  await settled();
  assert.equal(controller.listeners, 1);
  controller.abort();
  assert.equal(await over, "over");
  assert.deepEqual(values, []);
  assert.equal(controller.listeners, 0);
});

Deno.test("AsyncQueue keeps all values for a slow reader, in order", async () => {
  const queue = new AsyncQueue<number>();
  const controller = new CountedController();
  const values: number[] = [];
  for (let i = 0; i < 5; i++) queue.push(i);
  for await (const value of queue.read(controller.signal)) {
    values.push(value);
    await settled();
    if (value < 5) queue.push(5 + value);
    if (values.length === 10) break;
  }
  assert.deepEqual(values, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(controller.listeners, 0);
});

Deno.test("AsyncQueue read() hands values to those who ask in advance, in the order in which they asked", async () => {
  const queue = new AsyncQueue<number>();
  const reader = queue.read(new AbortController().signal);
  const asked = [1, 2, 3, 4].map(() => reader.next());
  queue.push(1);
  queue.push(2);
  queue.close();
  assert.deepEqual((await Promise.all(asked)).map(({ value }) => value), [
    1,
    2,
    undefined,
    undefined,
  ]);
});

Deno.test("AsyncQueue read() begins once something is asked for, and ends what it began, by whatever the reading ends", async () => {
  for (const end of ["return", "abort", "close"] as const) {
    const queue = new AsyncQueue<number>();
    const controller = new CountedController();
    const course: string[] = [];
    const stopped = Promise.withResolvers<void>();
    const reader = queue.read(controller.signal, () => {
      course.push("begun");
      return () => {
        course.push("ending");
        return stopped.promise;
      };
    });
    assert.equal(course.length, 0);
    queue.push(1);
    await reader.next();
    const last: Promise<unknown> = end === "return" ? reader.return() : reader.next();
    void last.then(() => course.push("ended"));
    if (end === "abort") controller.abort();
    if (end === "close") queue.close();
    await settled();
    assert.deepEqual(course, ["begun", "ending"]);
    stopped.resolve();
    assert.deepEqual(await last, { done: true, value: undefined });
    await reader.return();
    assert.deepEqual(course, ["begun", "ending", "ended"]);
    assert.equal(controller.listeners, 0);
  }
});

Deno.test("AsyncQueue read() begins nothing for a reading that is over before, and says what fails at its end", async () => {
  const begin = (): never => assert.fail("it began");
  await new AsyncQueue().read(AbortSignal.abort(), begin).next();
  await new AsyncQueue().read(new AbortController().signal, begin).return();
  const queue = new AsyncQueue<number>();
  const fault = new Error("it broke");
  const reader = queue.read(new AbortController().signal, () => () => Promise.reject(fault));
  const next = reader.next();
  queue.close();
  await assert.rejects(next, fault);
});
