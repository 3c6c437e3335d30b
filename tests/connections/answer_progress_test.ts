import assert from "node:assert/strict";
import { AnswerProgress } from "../../src/connections/answer_progress.ts";
import { START, TestClock } from "../../testing/test_clock.ts";
import { SteadyWork } from "../support/steady_work.ts";

/** How far an answer has come by events `ms` milliseconds apart, from one step to `until`. */
async function progress(ms: number, until: number): Promise<number> {
  const clock = new TestClock();
  const answer = new AnswerProgress(clock);
  answer.step();
  for (let now = ms; now <= until; now += ms) {
    await clock.advance(ms);
    answer.event();
  }
  return answer.at - START * 1000;
}

Deno.test("AnswerProgress keeps up with four events a second, and falls behind a drip after five seconds", async () => {
  for (const ms of [1, 50, 250]) assert.equal(await progress(ms, 60_000), 60_000);
  for (const ms of [250, 500, 1_000, 2_500]) assert.equal(await progress(ms, 5_000), 5_000);
  assert.equal(await progress(500, 20_000), 5_000 + 30 * 250);
  assert.equal(await progress(1_000, 20_000), 5_000 + 15 * 250);
});

Deno.test("AnswerProgress begins anew with each step, and catches up with events that come together", async () => {
  const clock = new TestClock();
  const answer = new AnswerProgress(clock);
  answer.step();
  assert.ok(!answer.isStreaming);
  await clock.advance(20_000);
  for (let i = 0; i < 40; i++) answer.event();
  assert.ok(answer.isStreaming);
  assert.equal(answer.at, START * 1000 + 14_750);
  for (let i = 0; i < 40; i++) answer.event();
  assert.equal(answer.at, clock.now());
  await clock.advance(10_000);
  answer.step();
  assert.equal(answer.at, clock.now());
  assert.ok(!answer.isStreaming);
  await clock.advance(5_000);
  answer.event();
  assert.equal(answer.at, clock.now());
});

/** An answer that is waited for, in a program that is busy for some share of all time. */
function started(share?: number) {
  const clock = new TestClock();
  const work = share === undefined ? undefined : new SteadyWork(clock, share);
  const progress = new AnswerProgress(clock, work);
  progress.start();
  return { clock, progress };
}

Deno.test("AnswerProgress counts from the start to the last progress", async () => {
  const { clock, progress } = started();
  await clock.advance(1_000);
  progress.step();
  await clock.advance(5_000);
  assert.equal(progress.ms, 1_000);
  assert.equal(progress.at, clock.now() - 5_000);
  assert.equal(progress.heardAt, progress.at);
});

Deno.test("AnswerProgress says nothing of how long a relay takes while the program is behind for most of the time", async () => {
  for (
    const [share, ms, expected] of [[0.4, 10_000, 10_000], [0.6, 10_000, undefined], [1, 90, 90]]
  ) {
    const { clock, progress } = started(share);
    await clock.advance(ms!);
    progress.step();
    assert.equal(progress.ms, expected);
  }
});

Deno.test("AnswerProgress moves the last progress on while the program is busy", async () => {
  const { clock, progress } = started(0.75);
  await clock.advance(4_000);
  progress.step();
  assert.equal(progress.heardAt, clock.now());
  await clock.advance(4_000);
  assert.equal(progress.at, clock.now() - 4_000);
  assert.equal(progress.heardAt, clock.now() - 1_000);
});
