import assert from "node:assert/strict";
import { TimeSlices } from "../../src/base/time_slices.ts";
import { settled } from "../../testing/test_clock.ts";

/** Slices of a thread in which each job takes a millisecond, and what was done. */
function setUp() {
  let now = 0;
  const timers = new Set<() => void>();
  const slices = new TimeSlices({
    now: () => now,
    after: (_ms, run) => {
      timers.add(run);
      return () => timers.delete(run);
    },
  });
  const done: number[] = [];
  let given = 0;
  const give = (count: number, length = 100) => {
    for (let i = 0; i < count; i++) {
      const n = given++;
      slices.do(() => {
        done.push(n);
        now++;
      }, length);
    }
  };
  /** The next turn of the event loop, in which the timers run. */
  const turn = async () => {
    for (const run of [...timers]) {
      timers.delete(run);
      run();
    }
    await settled();
  };
  /** Callers, each of whom takes a millisecond once it is their turn. */
  const call = (count: number) => {
    for (let i = 0; i < count; i++) {
      const n = given++;
      void slices.turn().then(() => {
        done.push(n);
        now++;
      });
    }
  };
  return { call, done, give, pass: (ms: number) => void (now += ms), slices, turn, timers };
}

Deno.test("TimeSlices does few jobs at once, and sets no timer", () => {
  const { timers, done, give } = setUp();
  give(15);
  assert.equal(done.length, 15);
  assert.equal(timers.size, 0);
});

Deno.test("TimeSlices does what comes without a pause in order, ten milliseconds at a time", async () => {
  const { timers, turn, done, give } = setUp();
  give(100);
  // Those before the slice, and a slice.
  assert.equal(done.length, 15 + 10);
  for (let slices = 2; slices <= 9; slices++) {
    await turn();
    assert.equal(done.length, Math.min(100, 15 + 10 * slices));
  }
  assert.deepEqual(done, Array.from({ length: 100 }, (_, n) => n));
  await turn();
  assert.equal(timers.size, 0);
});

Deno.test("TimeSlices gives other work its turn after a job that takes long, be it the first", async () => {
  const { turn, done, give, slices, pass } = setUp();
  slices.do(() => pass(20), 0);
  give(15);
  assert.equal(done.length, 0);
  await turn();
  assert.equal(done.length, 10);
  slices.do(() => pass(2), 0);
  await turn();
  assert.equal(done.length, 15);
});

Deno.test("TimeSlices doAll() does all that waits, in order", async () => {
  const { turn, done, give, slices, timers } = setUp();
  give(100);
  slices.doAll();
  assert.deepEqual(done, Array.from({ length: 100 }, (_, n) => n));
  await turn();
  assert.equal(timers.size, 0);
});

Deno.test("TimeSlices lets no job overtake those that wait, and does later ones at once", async () => {
  const { turn, done, give } = setUp();
  give(30);
  assert.equal(done.length, 25);
  await turn();
  assert.equal(done.length, 30);
  await turn();
  give(5);
  assert.deepEqual(done, Array.from({ length: 35 }, (_, n) => n));
});

Deno.test("TimeSlices keeps what waits within 64 Mi characters: what is more is done at once", () => {
  const { done, give } = setUp();
  give(25);
  give(64, 2 ** 20);
  assert.equal(done.length, 25);
  give(3, 2 ** 20);
  assert.equal(done.length, 28);
});

Deno.test("TimeSlices.settled() resolves once the jobs that came before are done, not those after", async () => {
  const { turn, done, give, slices } = setUp();
  give(30);
  let settledAfter = -1;
  void slices.settled().then(() => settledAfter = done.length);
  give(30);
  await settled();
  assert.equal(settledAfter, -1);
  while (settledAfter < 0) await turn();
  assert.ok(settledAfter >= 30 && settledAfter < 60, `${settledAfter}`);
  while (done.length < 60) await turn();
  await slices.settled();
});

Deno.test("TimeSlices wasBusy() tells a flood of jobs from some, while it lasts and for a while after", async () => {
  const { turn, done, give, slices, pass } = setUp();
  give(15);
  assert.equal(slices.wasBusy(100), false);
  give(30);
  assert.equal(slices.wasBusy(100), true);
  while (done.length < 45) await turn();
  assert.equal(slices.isWaiting, false);
  pass(99);
  assert.equal(slices.wasBusy(100), true);
  pass(1);
  assert.equal(slices.wasBusy(100), false);
});

Deno.test("TimeSlices turn() lets few callers go on at once, and sets no timer", async () => {
  const { call, done, timers } = setUp();
  call(15);
  await settled();
  assert.equal(done.length, 15);
  assert.equal(timers.size, 0);
});

Deno.test("TimeSlices turn() lets many callers go on in order, ten milliseconds at a time, however many call at once", async () => {
  const { call, turn, done, timers } = setUp();
  call(100);
  for (let before = 0; done.length < 100; before = done.length) {
    await settled();
    // Callers before the first slice cost it nothing, since they go on together.
    assert.ok(done.length - before <= 16 + 10, `${done.length - before} in a turn`);
    await turn();
  }
  assert.deepEqual(done, Array.from({ length: 100 }, (_, n) => n));
  await turn();
  assert.equal(timers.size, 0);
});

Deno.test("TimeSlices turn() lets no caller overtake jobs that wait, and no job overtakes callers", async () => {
  const { call, give, turn, done } = setUp();
  give(30);
  call(5);
  give(5);
  while (done.length < 40) await turn();
  assert.deepEqual(done, Array.from({ length: 40 }, (_, n) => n));
});
