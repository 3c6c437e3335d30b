import assert from "node:assert/strict";
import { startInactivityTimer } from "../../src/base/inactivity_timer.ts";
import { TestClock } from "../../testing/test_clock.ts";

/** Something that is listened to for a second of silence. */
class Listener {
  readonly clock = new TestClock();
  heardAt = this.clock.now();
  isAsking = true;
  /** When silence was told of, in milliseconds from the beginning. */
  readonly told: number[] = [];
  readonly #begunAt = this.clock.now();
  readonly cancel = startInactivityTimer(
    this.clock,
    1_000,
    { heardAt: () => this.heardAt, isPending: () => this.isAsking },
    () => this.told.push(this.clock.now() - this.#begunAt),
  );

  async hears(): Promise<void> {
    this.heardAt = this.clock.now();
    await this.clock.advance(0);
  }
}

Deno.test("startInactivityTimer() tells of silence once, when it has lasted so long", async () => {
  const listener = new Listener();
  await listener.clock.advance(10_000);
  assert.deepEqual(listener.told, [1_000]);
  assert.equal(listener.clock.pending, 0);
});

Deno.test("startInactivityTimer() counts from when something was last heard", async () => {
  const listener = new Listener();
  for (const ms of [900, 900, 50]) {
    await listener.clock.advance(ms);
    await listener.hears();
  }
  await listener.clock.advance(10_000);
  assert.deepEqual(listener.told, [2_850]);
});

Deno.test("startInactivityTimer() does not hold a busy program against anybody", async () => {
  const listener = new Listener();
  await listener.clock.advance(500);
  await listener.clock.stall(3_000);
  assert.deepEqual(listener.told, []);
  await listener.clock.advance(999);
  assert.deepEqual(listener.told, []);
  await listener.clock.advance(1);
  assert.deepEqual(listener.told, [4_500]);

  // A little too late is none of that.
  const other = new Listener();
  await other.clock.stall(1_500);
  assert.deepEqual(other.told, [1_500]);
  const busy = new Listener();
  await busy.clock.stall(1_501);
  assert.deepEqual(busy.told, []);
});

Deno.test("startInactivityTimer() does not count the time in which nothing was asked", async () => {
  const listener = new Listener();
  listener.isAsking = false;
  await listener.clock.advance(5_500);
  listener.isAsking = true;
  await listener.hears();
  await listener.clock.advance(999);
  assert.deepEqual(listener.told, []);
  await listener.clock.advance(1);
  assert.deepEqual(listener.told, [6_500]);
});

Deno.test("startInactivityTimer() waits no longer than that at a time, though the clock be set back", async () => {
  const listener = new Listener();
  listener.heardAt += 3_600_000;
  await listener.clock.advance(1_000);
  listener.heardAt = 0;
  await listener.clock.advance(1_000);
  assert.deepEqual(listener.told, [2_000]);
});

Deno.test("startInactivityTimer() that is cancelled tells nothing, and leaves no timer", async () => {
  for (const wait of [0, 999, 1_500]) {
    const listener = new Listener();
    await listener.clock.advance(wait / 2);
    await listener.hears();
    await listener.clock.advance(wait / 2);
    listener.cancel();
    assert.equal(listener.clock.pending, 0);
    await listener.clock.advance(10_000);
    assert.deepEqual(listener.told, []);
  }
});
