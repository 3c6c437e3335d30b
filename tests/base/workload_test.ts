import assert from "node:assert/strict";
import { Workload } from "../../src/base/workload.ts";

/** A workload, and a clock that the test sets. */
function start() {
  const time = { now: 0 };
  const workload = new Workload({ now: () => time.now, after: () => () => {} });
  const taking = workload.measured((ms: number) => time.now += ms);
  return { time, workload, taking };
}

Deno.test("Workload counts the time in which a measured function runs, and no other", () => {
  const { time, workload, taking } = start();
  assert.equal(taking(5), 5);
  time.now += 100;
  taking(3);
  assert.deepEqual([workload.busyMs, workload.behindMs], [8, 8]);
  const throwing = workload.measured(() => {
    time.now += 2;
    throw new Error("no");
  });
  assert.throws(throwing, /no/);
  time.now += 100;
  assert.deepEqual([workload.busyMs, workload.behindMs], [10, 10]);
});

Deno.test("Workload is behind, and not busy, while promises of a measured function are pending", async () => {
  const { time, workload } = start();
  const promises = [1, 2].map(() => Promise.withResolvers<boolean>());
  const verify = workload.measured((i: number) => promises[i].promise);
  const results = [verify(0)];
  time.now += 10;
  results.push(verify(1));
  time.now += 10;
  promises[0].resolve(true);
  await results[0];
  time.now += 10;
  promises[1].reject(new Error("no"));
  await assert.rejects(results[1], /no/);
  time.now += 10;
  assert.deepEqual([workload.busyMs, workload.behindMs], [0, 30]);
});

Deno.test("Workload counts nothing twice, nor backwards where the clock is set back", () => {
  const { time, workload, taking } = start();
  workload.measured(() => {
    taking(5);
    time.now += 5;
  })();
  assert.equal(workload.busyMs, 10);
  taking(-1_000);
  taking(5);
  assert.equal(workload.busyMs, 15);
});
