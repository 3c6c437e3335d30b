import assert from "node:assert/strict";
import { OnDemand } from "../../src/base/on_demand.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";

/** A part that is loaded when the test says. */
function scripted() {
  const loads: PromiseWithResolvers<string>[] = [];
  const part = new OnDemand(() => {
    const load = Promise.withResolvers<string>();
    loads.push(load);
    return load.promise;
  });
  return { loads, part };
}

Deno.test("OnDemand loads once, however many call, and not before the first call", async () => {
  const { loads, part } = scripted();
  assert.deepEqual([loads.length, part.loaded, part.made], [0, undefined, undefined]);
  const all = Promise.all([part.load(), part.attempt(), part.load()]);
  loads[0].resolve("part");
  assert.deepEqual(await all, ["part", "part", "part"]);
  assert.deepEqual([loads.length, part.loaded, await part.load()], [1, "part", "part"]);
});

Deno.test("OnDemand tries again after a failure, which each caller gets", async () => {
  const { loads, part } = scripted();
  const failed = Promise.allSettled([part.load(), part.load()]);
  loads[0].reject(new Error("offline"));
  assert.deepEqual((await failed).map(({ status }) => status), ["rejected", "rejected"]);
  const again = part.load();
  loads[1].resolve("part");
  assert.equal(await again, "part");
});

Deno.test("OnDemand attempt() never rejects, and reports the first failure of several in a row", async () => {
  const { loads, part } = scripted();
  const errors: string[] = [];
  const own = part.of((text) => `my ${text}`, ({ message }) => errors.push(message));
  for (const message of ["offline", "still offline"]) {
    const attempt = own.attempt();
    loads.at(-1)!.reject(new Error(message));
    assert.equal(await attempt, undefined);
  }
  assert.deepEqual(errors, ["offline"]);
  // What is made of it is the same part, and reports the same failure.
  const attempts = [own.of(String).attempt(), own.of(String).attempt()];
  loads.at(-1)!.reject(new Error("offline"));
  await Promise.all(attempts);
  assert.deepEqual(errors, ["offline"]);
  const attempt = own.attempt();
  loads.at(-1)!.resolve("part");
  assert.equal(await attempt, "my part");
});

Deno.test("OnDemand when() calls in order once the part is loaded, and at once from then on", async () => {
  const { loads, part } = scripted();
  const calls: string[] = [];
  part.when((text) => {
    calls.push(`1 ${text}`);
    part.when(() => calls.push("3, called meanwhile"));
  });
  part.when((text) => calls.push(`2 ${text}`));
  assert.equal(loads.length, 1);
  const idle = part.idle(new TestClock());
  loads[0].resolve("part");
  await idle;
  assert.deepEqual(calls, ["1 part", "2 part", "3, called meanwhile"]);
  part.when(() => calls.push("4"));
  assert.equal(calls.at(-1), "4");
});

Deno.test("OnDemand when() forgets actions where loading fails, and those beyond 10,000", async () => {
  const { loads, part } = scripted();
  let calls = 0;
  part.when(() => calls++);
  loads[0].reject(new Error("offline"));
  await part.idle(new TestClock());
  for (let i = 0; i < 10_001; i++) part.when(() => calls++);
  loads[1].resolve("part");
  await part.idle(new TestClock());
  assert.equal(calls, 10_000);
  await part.idle(new TestClock());
});

Deno.test("OnDemand idle() waits five seconds at most for a part that does not load", async () => {
  const { part } = scripted();
  const clock = new TestClock();
  let isIdle = false;
  part.when(() => {});
  void part.idle(clock).then(() => isIdle = true);
  await clock.advance(4_999);
  assert.ok(!isIdle);
  await clock.advance(1);
  assert.ok(isIdle);
});

Deno.test("OnDemand of() makes one thing of the part, at its first use", async () => {
  const { loads, part } = scripted();
  let count = 0;
  const own = part.of((text) => `${text} ${++count}`);
  void part.load();
  loads[0].resolve("part");
  await settled();
  assert.deepEqual([count, own.made], [0, undefined]);
  assert.deepEqual([own.loaded, own.made, await own.load(), count], [
    "part 1",
    "part 1",
    "part 1",
    1,
  ]);
  assert.equal(part.of(() => "another").loaded, "another");
});
