import assert from "node:assert/strict";
import { SearchCooldown } from "../../src/discovery/search_cooldown.ts";
import { TestClock } from "../../testing/test_clock.ts";

Deno.test("SearchCooldown lasts ten seconds, for one kind of list of one person", async () => {
  const clock = new TestClock();
  const pauses = new SearchCooldown(clock);
  pauses.begin(10002, "a");
  assert.ok(pauses.has(10002, "a"));
  assert.ok(!pauses.has(10050, "a"));
  assert.ok(!pauses.has(10002, "b"));
  await clock.advance(9_999);
  assert.ok(pauses.has(10002, "a"));
  await clock.advance(1);
  assert.ok(!pauses.has(10002, "a"));
});

Deno.test("SearchCooldown forgets cooldowns that are over, and begins one again in full", async () => {
  const clock = new TestClock();
  const pauses = new SearchCooldown(clock);
  for (let n = 0; n < 1_000; n++) pauses.begin(10002, `${n}`);
  await clock.advance(6_000);
  pauses.begin(10002, "0");
  assert.equal(pauses.size, 1_000);
  await clock.advance(6_000);
  assert.ok(pauses.has(10002, "0"));
  pauses.begin(10002, "x");
  assert.equal(pauses.size, 2);
});

Deno.test("SearchCooldown ends if the clock is set back", () => {
  let now = 1_000_000;
  const pauses = new SearchCooldown({ now: () => now, after: () => () => {} });
  pauses.begin(10002, "a");
  now -= 500_000;
  assert.ok(!pauses.has(10002, "a"));
  pauses.begin(10002, "b");
  assert.equal(pauses.size, 1);
});
