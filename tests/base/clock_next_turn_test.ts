import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { nextTurn } from "../../src/base/clock.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";

Deno.test("nextTurn() lets the event loop run, which await alone does not", async () => {
  let turns = 0;
  for (let i = 0; i < 5; i++) setImmediate(() => turns++);
  for (let i = 0; i < 1_000; i++) await undefined;
  assert.equal(turns, 0);
  await nextTurn();
  assert.equal(turns, 5);
});

Deno.test("nextTurn() waits for the clock that it is given", async () => {
  const clock = new TestClock();
  let isOver = false;
  nextTurn(clock).then(() => isOver = true);
  await settled();
  assert.ok(!isOver);
  await clock.advance(0);
  assert.ok(isOver);
});
