import assert from "node:assert/strict";
import { within } from "../../src/base/within.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";

Deno.test("within() resolves with the value, or with nothing once the time is up or nobody waits", async () => {
  const clock = new TestClock();
  assert.equal(await within(Promise.resolve(7), clock, 1_000), 7);
  const slow = Promise.withResolvers<number>();
  const late = within(slow.promise, clock, 1_000);
  await clock.advance(1_000);
  assert.equal(await late, undefined);
  const waiting = new AbortController();
  const left = within(slow.promise, clock, 1_000, waiting.signal);
  waiting.abort();
  assert.equal(await left, undefined);
  slow.reject(new Error("too late for anybody"));
  await settled();
  await assert.rejects(within(Promise.reject(new Error("at once")), clock, 1_000), /at once/);
});
