import assert from "node:assert/strict";
import { RateMeter } from "../../src/base/rate_meter.ts";
import { TestClock } from "../../testing/test_clock.ts";

/** Counts so many, and says how many were too many. */
const excess = (meter: RateMeter, times: number) =>
  Array.from({ length: times }, () => meter.count()).filter((isFine) => !isFine).length;

Deno.test("RateMeter count() is false past the maximum of a minute", async () => {
  const clock = new TestClock();
  const meter = new RateMeter(clock, 10);
  assert.equal(excess(meter, 6), 0);
  await clock.advance(59_999);
  assert.equal(excess(meter, 4), 0);
  assert.equal(excess(meter, 3), 3);
});

Deno.test("RateMeter starts again after a minute or more", async () => {
  const clock = new TestClock();
  const meter = new RateMeter(clock, 2);
  for (const pause of [60_000, 60_000, 86_400_000]) {
    assert.equal(excess(meter, 3), 1);
    await clock.advance(pause);
  }
  assert.equal(excess(meter, 2), 0);
});

Deno.test("RateMeter starts again if the clock was set back", async () => {
  const clock = new TestClock();
  const meter = new RateMeter(clock, 2);
  assert.equal(excess(meter, 3), 1);
  await clock.advance(-3_600_000);
  assert.equal(excess(meter, 3), 1);
  await clock.advance(60_000);
  assert.equal(excess(meter, 2), 0);
});

Deno.test("RateMeter count() counts several at once", () => {
  const meter = new RateMeter(new TestClock(), 10);
  assert.ok(meter.count(9));
  assert.ok(meter.count());
  assert.ok(!meter.count());
  assert.ok(!new RateMeter(new TestClock(), 10).count(11));
});
