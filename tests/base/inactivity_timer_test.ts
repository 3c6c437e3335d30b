import assert from "node:assert/strict";
import { startInactivityTimer } from "../../src/base/inactivity_timer.ts";
import { TestClock } from "../../testing/test_clock.ts";

/** An answer that is watched for a second of silence. */
class Listener {
  readonly clock = new TestClock();
  heardAt = this.clock.now();
  isAsking = true;
  /** When the timer fired, in milliseconds from the start. */
  readonly fired: number[] = [];
  readonly #begunAt = this.clock.now();
  readonly cancel = startInactivityTimer(
    this.clock,
    1_000,
    { heardAt: () => this.heardAt, isPending: () => this.isAsking },
    () => this.fired.push(this.clock.now() - this.#begunAt),
  );

  async hears(): Promise<void> {
    this.heardAt = this.clock.now();
    await this.clock.advance(0);
  }
}

Deno.test("startInactivityTimer() fires once, after that much silence", async () => {
  const listener = new Listener();
  await listener.clock.advance(10_000);
  assert.deepEqual(listener.fired, [1_000]);
  assert.equal(listener.clock.pending, 0);
});

Deno.test("startInactivityTimer() counts from the last activity", async () => {
  const listener = new Listener();
  for (const ms of [900, 900, 50]) {
    await listener.clock.advance(ms);
    await listener.hears();
  }
  await listener.clock.advance(10_000);
  assert.deepEqual(listener.fired, [2_850]);
});

Deno.test("startInactivityTimer() does not fire because the program was busy", async () => {
  const listener = new Listener();
  await listener.clock.advance(500);
  await listener.clock.stall(3_000);
  assert.deepEqual(listener.fired, []);
  await listener.clock.advance(999);
  assert.deepEqual(listener.fired, []);
  await listener.clock.advance(1);
  assert.deepEqual(listener.fired, [4_500]);

  // A timer that is a little too late fires.
  const other = new Listener();
  await other.clock.stall(1_100);
  assert.deepEqual(other.fired, [1_100]);
  const busy = new Listener();
  await busy.clock.stall(1_101);
  assert.deepEqual(busy.fired, []);
});

Deno.test("startInactivityTimer() does not count time without a pending answer", async () => {
  const listener = new Listener();
  listener.isAsking = false;
  await listener.clock.advance(5_500);
  listener.isAsking = true;
  await listener.hears();
  await listener.clock.advance(999);
  assert.deepEqual(listener.fired, []);
  await listener.clock.advance(1);
  assert.deepEqual(listener.fired, [6_500]);
});

Deno.test("startInactivityTimer() waits at most that long at a time, even if the clock is set back", async () => {
  const listener = new Listener();
  listener.heardAt += 3_600_000;
  await listener.clock.advance(1_000);
  listener.heardAt = 0;
  await listener.clock.advance(1_000);
  assert.deepEqual(listener.fired, [2_000]);
});

Deno.test("startInactivityTimer() that is cancelled does not fire, and leaves no timer", async () => {
  for (const wait of [0, 999, 1_500]) {
    const listener = new Listener();
    await listener.clock.advance(wait / 2);
    await listener.hears();
    await listener.clock.advance(wait / 2);
    listener.cancel();
    assert.equal(listener.clock.pending, 0);
    await listener.clock.advance(10_000);
    assert.deepEqual(listener.fired, []);
  }
});

Deno.test("startInactivityTimer() waits only as long as the program did not run, where that is less than the whole wait", async () => {
  const listener = new Listener();
  for (let i = 0; i < 5; i++) {
    await listener.clock.advance(900);
    await listener.hears();
  }
  await listener.clock.stall(800);
  assert.deepEqual(listener.fired, []);
  await listener.clock.advance(10_000);
  assert.deepEqual(listener.fired, [4_500 + 800 + 700]);
});
