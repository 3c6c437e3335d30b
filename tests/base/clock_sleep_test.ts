import assert from "node:assert/strict";
import { sleep } from "../../src/base/clock.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";
import { CountedController } from "../support/counted_signal.ts";

Deno.test("sleep() waits for the given time, and leaves nothing behind", async () => {
  const clock = new TestClock();
  const controller = new CountedController();
  let isAwake = false;
  const waiting = sleep(clock, 1000, controller.signal).then(() => isAwake = true);
  await clock.advance(999);
  assert.ok(!isAwake);
  await clock.advance(1);
  assert.ok(isAwake);
  await waiting;
  assert.equal(clock.pending, 0);
  assert.equal(controller.listeners, 0);
});

Deno.test("sleep() ends when the signal is aborted, without an error, and leaves nothing behind", async () => {
  const clock = new TestClock();
  const controller = new CountedController();
  const waiting = sleep(clock, 1000, controller.signal);
  await settled();
  controller.abort(new Error("enough"));
  await waiting;
  assert.equal(clock.pending, 0);
  assert.equal(controller.listeners, 0);
});

Deno.test("sleep() does not wait if the signal is aborted already", async () => {
  const clock = new TestClock();
  const controller = new CountedController();
  controller.abort();
  await sleep(clock, 1000, controller.signal);
  assert.equal(clock.pending, 0);
  assert.equal(controller.listeners, 0);
});
