import assert from "node:assert/strict";
import { ListRefresher } from "../../src/discovery/list_refresher.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { people } from "../support/listed_people.ts";

Deno.test("ListRefresher gives all of 100,000 people their turn, 1,000 at a time, even if some stay due", async () => {
  const clock = new TestClock();
  const refreshed = new Map<string, number>();
  let max = 0;
  const refresher = new ListRefresher({
    clock,
    random: () => 0.5,
    isDue: () => true,
    refresh: (pubkeys) => {
      max = Math.max(max, pubkeys.length);
      for (const pubkey of pubkeys) refreshed.set(pubkey, (refreshed.get(pubkey) ?? 0) + 1);
    },
  });
  const everybody = people(100_000);
  const stop = refresher.watch(everybody);
  for (let minute = 0; minute < 100; minute++) await clock.advance(60_000);
  assert.equal(max, 1_000);
  assert.equal(refreshed.size, 100_000);
  assert.ok([...refreshed.values()].every((times) => times === 1));
  stop();
  assert.equal(clock.pending, 0);
});

Deno.test("ListRefresher refreshes people who are due, and does nothing if there are none", async () => {
  const clock = new TestClock();
  const refreshed: (readonly string[])[] = [];
  const due = new Set(["b"]);
  const refresher = new ListRefresher({
    clock,
    random: () => 0.5,
    isDue: (pubkey) => due.has(pubkey),
    refresh: (pubkeys) => refreshed.push(pubkeys),
  });
  refresher.watch(["a", "b", "c"]);
  await clock.advance(60_000);
  due.clear();
  await clock.advance(120_000);
  assert.deepEqual(refreshed, [["b"]]);
  refresher.close();
});

Deno.test("ListRefresher checks at random times, so that programs drift apart", async () => {
  const times: number[] = [];
  for (const random of [0, 0.999]) {
    const clock = new TestClock();
    const start = clock.now();
    const refresh = () => void times.push(clock.now() - start);
    const refresher = new ListRefresher({
      clock,
      random: () => random,
      isDue: () => true,
      refresh,
    });
    refresher.watch(["a"]);
    await clock.advance(80_000);
    refresher.close();
  }
  assert.deepEqual(times.map(Math.round), [45_000, 74_970]);
});
