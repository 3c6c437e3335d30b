import assert from "node:assert/strict";
import { StallWatch, startTimeout } from "../../src/base/stall_watch.ts";
import { TestClock } from "../../testing/test_clock.ts";

/** A timeout of a second. */
function timeout() {
  const clock = new TestClock();
  const begunAt = clock.now();
  const fired: number[] = [];
  const cancel = startTimeout(clock, 1_000, () => fired.push(clock.now() - begunAt));
  return { clock, fired, cancel };
}

Deno.test("startTimeout() fires once, when it is due or a little later", async () => {
  for (const [late, at] of [[0, 1_000], [500, 1_500]]) {
    const { clock, fired } = timeout();
    await clock.stall(1_000 + late);
    await clock.advance(5_000);
    assert.deepEqual(fired, [at]);
    assert.equal(clock.pending, 0);
  }
});

Deno.test("startTimeout() waits as long again if the program did not run, as often as that happens", async () => {
  const { clock, fired } = timeout();
  for (let i = 0; i < 3; i++) await clock.stall(1_501);
  await clock.advance(999);
  assert.deepEqual(fired, []);
  await clock.advance(1);
  assert.deepEqual(fired, [3 * 1_501 + 1_000]);
});

Deno.test("startTimeout() that is cancelled does not fire, and leaves no timer", async () => {
  for (const stalled of [0, 1_501]) {
    const { clock, fired, cancel } = timeout();
    await clock.stall(stalled);
    cancel();
    assert.equal(clock.pending, 0);
    await clock.advance(5_000);
    assert.deepEqual(fired, []);
  }
});

Deno.test("StallWatch tells the time and sets timers as its clock does", async () => {
  const clock = new TestClock();
  const watch = new StallWatch(clock);
  const ran: number[] = [];
  watch.after(1_000, () => ran.push(watch.now()));
  watch.after(500, () => ran.push(0))();
  await clock.advance(1_000);
  assert.deepEqual(ran, [clock.now()]);
  assert.equal(clock.pending, 0);
});

Deno.test("StallWatch hasStalledSince() is true of times before the program stopped and during that, once a timer shows it", async () => {
  const clock = new TestClock();
  const watch = new StallWatch(clock);
  watch.after(1_000, () => {});
  const before = clock.now();
  await clock.advance(1_000);
  await clock.stall(60_000);
  assert.ok(!watch.hasStalledSince(before), "no timer was due");
  watch.after(1_000, () => assert.ok(watch.hasStalledSince(before), "its own timer"));
  await clock.stall(6_001);
  const during = clock.now() - 3_000, after = clock.now() + 1;
  assert.ok(watch.hasStalledSince(before) && watch.hasStalledSince(during));
  await clock.advance(10);
  assert.ok(!watch.hasStalledSince(after));
  assert.ok(watch.hasStalledSince(during), "also later");
});

Deno.test("StallWatch hasStalledSince() is true while a timer is overdue by more than five seconds, before that runs", () => {
  for (const [late, has] of [[5_000, false], [5_001, true]] as const) {
    let now = 0;
    const watch = new StallWatch({ now: () => now, after: () => () => {} });
    watch.after(1_000, () => {});
    const cancel = watch.after(10, () => {});
    cancel();
    now = 1_000 + late;
    assert.equal(watch.hasStalledSince(500), has, "the cancelled one shows nothing");
    assert.equal(watch.hasStalledSince(now + 1), false);
  }
});
