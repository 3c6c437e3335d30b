import assert from "node:assert/strict";
import { type DiscoveryProgress, ProgressCounter } from "../../src/discovery/discovery_progress.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { DiscoveryWorld } from "../support/discovery_world.ts";
import { F, fails, hangs, holds, I1, I2, I3 } from "../support/fake_relays.ts";
import { list, lists, people, person } from "../support/listed_people.ts";

function setUp() {
  const clock = new TestClock();
  const reports: DiscoveryProgress[] = [];
  const errors: Error[] = [];
  const onError = (error: Error) => void errors.push(error);
  const counter = new ProgressCounter({
    clock,
    onError,
    onProgress: (progress) => reports.push(progress),
  });
  return { clock, reports, errors, counter };
}

Deno.test("ProgressCounter counts each person once, and the last result", () => {
  const { counter } = setUp();
  counter.set(10002, "a", "known");
  counter.set(10002, "a", "asked");
  counter.set(10002, "a", "found");
  assert.deepEqual(counter.progress, { known: 1, asked: 0, found: 0, missing: 0 });
  counter.set(10002, "b", "asked");
  counter.set(10002, "b", "missing");
  counter.set(10002, "b", "asked");
  counter.set(10002, "b", "missing");
  assert.deepEqual(counter.progress, { known: 1, asked: 1, found: 0, missing: 1 });
  counter.set(10002, "b", "found");
  counter.set(10002, "b", "known");
  assert.deepEqual(counter.progress, { known: 1, asked: 1, found: 1, missing: 0 });
  counter.set(10050, "b", "asked");
  assert.equal(counter.progress.asked, 2);
});

Deno.test("ProgressCounter reports at most every 100 ms, and nothing twice", async () => {
  const { counter, reports, clock } = setUp();
  for (const n of [1, 2, 3]) counter.set(10002, `${n}`, "known");
  assert.deepEqual(reports.map(({ known }) => known), [1]);
  await clock.advance(99);
  counter.set(10002, "4", "known");
  assert.equal(reports.length, 1);
  await clock.advance(1);
  counter.set(10002, "5", "known");
  assert.deepEqual(reports.map(({ known }) => known), [1, 5]);
  counter.report();
  assert.equal(reports.length, 2);
});

Deno.test("ProgressCounter goes on if onProgress throws, and reports the error", () => {
  const errors: Error[] = [];
  const counter = new ProgressCounter({
    clock: new TestClock(),
    onError: (error) => errors.push(error),
    onProgress: () => {
      throw new Error("a bug");
    },
  });
  counter.set(10002, "a", "known");
  assert.deepEqual(errors.map(({ message }) => message), [
    "Cannot report the progress of discovery",
  ]);
});

Deno.test("ProgressCounter forgets the oldest of more than 100,000 people", () => {
  const { counter } = setUp();
  for (let n = 0; n <= 100_000; n++) counter.set(10002, `${n}`, "known");
  counter.set(10002, "100000", "known");
  assert.equal(counter.progress.known, 100_001);
  counter.set(10002, "0", "known");
  assert.equal(counter.progress.known, 100_002);
});

Deno.test("Discovery reports its progress since the start, at the end of each find()", async () => {
  const world = new DiscoveryWorld({ [I1]: holds(lists(6)), [I2]: holds(lists(6)) });
  await world.store.event(list(0));
  await world.find(people(10));
  assert.deepEqual(world.progress.at(-1), { known: 1, asked: 9, found: 5, missing: 4 });
  await world.find([...people(10), person(11)]);
  assert.deepEqual(world.progress.at(-1), { known: 1, asked: 10, found: 5, missing: 5 });
});

Deno.test("Discovery discover() resolves with the progress of its own people when no relay is left to ask", async () => {
  const world = new DiscoveryWorld({ [I1]: holds(lists(6)), [I2]: hangs });
  await world.store.event(list(0));
  await world.find(people(2), 1_000);
  const reports: DiscoveryProgress[] = [];
  const discovered = world.discovery.discover(people(10).slice(1), {
    onProgress: (progress) => reports.push(progress),
  });
  await world.turn();
  assert.deepEqual(reports.at(-1), { known: 1, asked: 8, found: 0, missing: 0 });
  await world.clock.advance(2_000);
  await world.turn();
  for (const { end } of world.requests) end();
  assert.deepEqual(await discovered, { known: 1, asked: 8, found: 4, missing: 4 });
  assert.deepEqual(reports.at(-1), { known: 1, asked: 8, found: 4, missing: 4 });
});

Deno.test("Discovery discover() counts people who were found to have no list, and not those who could not be searched for", async () => {
  const world = new DiscoveryWorld();
  await world.find([person(1)]);
  for (const url of [I1, I2, I3, F]) world.relays.set(url, fails);
  const progress = await Promise.all([world.discovery.discover(people(3)), world.turn()]);
  assert.deepEqual(progress[0], { known: 0, asked: 2, found: 0, missing: 1 });
});

Deno.test("Discovery discover() rejects with the reason of its signal", async () => {
  const world = new DiscoveryWorld({ [I1]: hangs });
  const controller = new AbortController();
  const { signal } = controller;
  const discovered = world.discovery.discover(people(3), { signal });
  await world.turn();
  controller.abort(new Error("enough"));
  await assert.rejects(discovered, /enough/);
  await assert.rejects(world.discovery.discover(people(3), { signal }), /enough/);
});
