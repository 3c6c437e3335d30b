import assert from "node:assert/strict";
import { startIdleTimeout } from "../../src/base/idle_timeout.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { SteadyWork } from "../support/steady_work.ts";

/** A timeout in a program that is busy for some share of all time. */
function start(ms: number, share?: number) {
  const clock = new TestClock();
  const begunAt = clock.now();
  const fired: number[] = [];
  const work = share === undefined ? undefined : new SteadyWork(clock, share);
  const cancel = startIdleTimeout(clock, ms, work, () => fired.push(clock.now() - begunAt));
  return { clock, fired, cancel };
}

Deno.test("startIdleTimeout() fires once, when it is due, if the program is never busy", async () => {
  for (const ms of [0, 1, 100, 1_000, 2_500, 30_000]) {
    for (const share of [undefined, 0]) {
      const { clock, fired } = start(ms, share);
      await clock.advance(100_000);
      assert.deepEqual(fired, [ms]);
      assert.equal(clock.pending, 0);
    }
  }
});

Deno.test("startIdleTimeout() counts only time in which the program was not behind", async () => {
  const { clock, fired } = start(30_000, 0.75);
  await clock.advance(119_000);
  assert.deepEqual(fired, []);
  await clock.advance(2_000);
  assert.equal(fired.length, 1);
});

Deno.test("startIdleTimeout() fires after ten times as long if the program is always behind", async () => {
  const { clock, fired } = start(30_000, 1);
  await clock.advance(400_000);
  assert.deepEqual(fired, [300_000]);
});

Deno.test("startIdleTimeout() counts at most a second of a stall", async () => {
  const { clock, fired } = start(30_000);
  await clock.advance(100);
  await clock.stall(20_000);
  await clock.advance(29_000 - 1);
  assert.deepEqual(fired, []);
  await clock.advance(1);
  assert.deepEqual(fired, [100 + 20_000 + 29_000]);
});

Deno.test("startIdleTimeout() leaves no timer once it is cancelled", async () => {
  const { clock, fired, cancel } = start(30_000);
  await clock.advance(5_500);
  cancel();
  assert.equal(clock.pending, 0);
  await clock.advance(60_000);
  assert.deepEqual(fired, []);
});
