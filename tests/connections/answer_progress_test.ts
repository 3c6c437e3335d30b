import assert from "node:assert/strict";
import { AnswerProgress } from "../../src/connections/answer_progress.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { SteadyWork } from "../support/steady_work.ts";

/** An answer that is waited for, in a program that is busy for some share of all time. */
function start(share?: number) {
  const clock = new TestClock();
  const work = share === undefined ? undefined : new SteadyWork(clock, share);
  const progress = new AnswerProgress(clock, work);
  progress.start();
  return { clock, progress };
}

Deno.test("AnswerProgress counts from the start to the last progress", async () => {
  const { clock, progress } = start();
  await clock.advance(1_000);
  progress.note();
  await clock.advance(5_000);
  assert.equal(progress.ms, 1_000);
  assert.equal(progress.at, clock.now() - 5_000);
  assert.equal(progress.heardAt, progress.at);
});

Deno.test("AnswerProgress says nothing of how long a relay takes while the program is behind for most of the time", async () => {
  for (
    const [share, ms, expected] of [[0.4, 10_000, 10_000], [0.6, 10_000, undefined], [1, 90, 90]]
  ) {
    const { clock, progress } = start(share);
    await clock.advance(ms!);
    progress.note();
    assert.equal(progress.ms, expected);
  }
});

Deno.test("AnswerProgress moves the last progress on while the program is busy", async () => {
  const { clock, progress } = start(0.75);
  await clock.advance(4_000);
  progress.note();
  assert.equal(progress.heardAt, clock.now());
  await clock.advance(4_000);
  assert.equal(progress.at, clock.now() - 4_000);
  assert.equal(progress.heardAt, clock.now() - 1_000);
});
