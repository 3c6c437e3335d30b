import assert from "node:assert/strict";
import { SearchCooldown } from "../../src/discovery/search_cooldown.ts";
import { TestClock } from "../../testing/test_clock.ts";

Deno.test("SearchCooldown lasts ten seconds, for one kind of list of one person", async () => {
  const clock = new TestClock();
  const cooldown = new SearchCooldown(clock);
  cooldown.begin(10002, "a");
  assert.ok(cooldown.has(10002, "a"));
  assert.ok(!cooldown.has(10050, "a"));
  assert.ok(!cooldown.has(10002, "b"));
  await clock.advance(9_999);
  assert.ok(cooldown.has(10002, "a"));
  await clock.advance(1);
  assert.ok(!cooldown.has(10002, "a"));
});

Deno.test("SearchCooldown begins a cooldown again in full, also when others are over", async () => {
  const clock = new TestClock();
  const cooldown = new SearchCooldown(clock);
  for (let n = 0; n < 1_000; n++) cooldown.begin(10002, `${n}`);
  await clock.advance(6_000);
  cooldown.begin(10002, "0");
  await clock.advance(6_000);
  assert.ok(cooldown.has(10002, "0"));
  assert.ok(!cooldown.has(10002, "1"));
  cooldown.begin(10002, "x");
  assert.ok(cooldown.has(10002, "0") && cooldown.has(10002, "x"));
});

Deno.test("SearchCooldown remembers the last 100,000 lists", () => {
  const cooldown = new SearchCooldown(new TestClock());
  for (let n = 0; n <= 100_000; n++) cooldown.begin(10002, `${n}`);
  assert.deepEqual(["0", "1", "100000"].map((who) => cooldown.has(10002, who)), [
    false,
    true,
    true,
  ]);
});

Deno.test("SearchCooldown ends if the clock is set back", () => {
  let now = 1_000_000;
  const cooldown = new SearchCooldown({ now: () => now, after: () => () => {} });
  cooldown.begin(10002, "a");
  now -= 500_000;
  assert.ok(!cooldown.has(10002, "a"));
  cooldown.begin(10002, "b");
  assert.ok(cooldown.has(10002, "b"));
});
