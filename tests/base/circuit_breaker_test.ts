import assert from "node:assert/strict";
import { CircuitBreaker } from "../../src/base/circuit_breaker.ts";
import { outageOf } from "../../src/base/outage.ts";
import { settled, TestClock } from "../../testing/test_clock.ts";

const TIMEOUT_MS = 5_000;

/** A breaker over a store whose calls wait for the test. */
function start(isAnswer?: (error: unknown) => boolean) {
  const clock = new TestClock();
  const breaker = new CircuitBreaker({ clock, timeout: TIMEOUT_MS, isAnswer });
  const calls: PromiseWithResolvers<string>[] = [];
  const call = () => {
    const answer = Promise.withResolvers<string>();
    calls.push(answer);
    return answer.promise;
  };
  /** Begins a call; how it ends, and after how many milliseconds, is written down. */
  const begin = (method: "read" | "write" = "read", signal?: AbortSignal) => {
    const result: { end?: string; ms?: number; error?: unknown } = {};
    const startedAt = clock.now();
    const over = (end: string, error?: unknown) => {
      Object.assign(result, { end, error, ms: clock.now() - startedAt });
    };
    breaker[method](call, signal).then(over, (error) => over(error.message, error));
    return result;
  };
  return { clock, breaker, calls, begin };
}

Deno.test("CircuitBreaker passes on what the store answers, and leaves no timer", async () => {
  const { clock, calls, begin } = start();
  const results = [begin(), begin("write"), begin()];
  calls[0].resolve("a");
  calls[1].resolve("b");
  calls[2].reject(new Error("disk full"));
  await settled();
  assert.deepEqual(results.map(({ end }) => end), ["a", "b", "disk full"]);
  assert.equal(clock.pending, 0);
});

Deno.test("D1: CircuitBreaker rejects a call that is not answered in time, and others then at once", async () => {
  for (const method of ["read", "write"] as const) {
    const { clock, calls, begin } = start();
    const first = begin(method);
    await clock.advance(TIMEOUT_MS - 1);
    assert.equal(first.end, undefined);
    await clock.advance(1);
    assert.equal(first.end, "The database has not answered for 5000 ms");
    await clock.advance(500);
    const later = begin(method);
    await settled();
    assert.deepEqual([later.end, later.ms], ["The database has not answered for 5500 ms", 0]);
    assert.equal(calls.length, 1, "it was not passed on");
    assert.equal(clock.pending, 0);
  }
});

Deno.test("D1: CircuitBreaker waits again once a call is answered, however late", async () => {
  const { clock, calls, begin } = start();
  begin();
  begin();
  await clock.advance(TIMEOUT_MS);
  calls[1].resolve("late");
  await settled();
  const next = begin();
  await clock.advance(TIMEOUT_MS - 1);
  assert.equal(next.end, undefined);
  calls[2].resolve("in time");
  await settled();
  assert.equal(next.end, "in time");
});

Deno.test("D1: CircuitBreaker tries now and then whether the store answers, with growing pauses", async () => {
  const { clock, calls, begin } = start();
  begin();
  await clock.advance(TIMEOUT_MS);
  const trials: number[] = [];
  for (let second = 1; second <= 120; second++) {
    await clock.advance(1_000);
    const before = calls.length;
    const result = begin();
    await settled();
    if (calls.length === before) assert.equal(result.ms, 0);
    else {
      trials.push(second);
      await clock.advance(250);
      assert.equal(result.ms, 250, "a trial is not waited for as long");
    }
  }
  assert.deepEqual(trials.slice(0, 5), [1, 2, 4, 8, 16]);
  assert.ok(trials.length < 12, `${trials}`);

  await clock.advance(60_000);
  const trial = begin();
  calls.at(-1)!.resolve("back");
  await settled();
  assert.equal(trial.end, "back");
  assert.equal(begin().end, undefined);
  await clock.advance(TIMEOUT_MS - 1);
});

Deno.test("D1: CircuitBreaker bounds each of many waits by itself, also a trial among longer ones", async () => {
  const { clock, begin } = start();
  const first = begin();
  await clock.advance(4_000);
  const second = begin();
  await clock.advance(2_000);
  const trial = begin();
  await clock.advance(4_000);
  assert.deepEqual([first.ms, second.ms, trial.ms], [TIMEOUT_MS, TIMEOUT_MS, 250]);
  assert.equal(second.end, "The database has not answered for 9000 ms");
  assert.equal(clock.pending, 0);
});

Deno.test("D1: CircuitBreaker still reads while the store takes no writes", async () => {
  const { clock, calls, begin } = start();
  begin("write");
  await clock.advance(TIMEOUT_MS);
  const read = begin("read");
  calls[1].resolve("there");
  await settled();
  assert.equal(read.end, "there");
  const write = begin("write");
  await settled();
  assert.match(write.end!, /has not answered/);
});

Deno.test("CircuitBreaker lets a write wait for its turn while others are answered, ten times as long at most", async () => {
  const { clock, calls, begin } = start();
  const patient = begin("write");
  for (let second = 1; second < 50; second++) {
    const other = begin("write");
    await clock.advance(1_000);
    calls.at(-1)!.resolve("done");
    await settled();
    assert.equal(other.end, "done");
    assert.equal(patient.end, undefined);
  }
  await clock.advance(1_000);
  assert.equal(patient.ms, 50_000);
});

Deno.test("D1: CircuitBreaker passes calls on after one that took too long while others were answered", async () => {
  for (const method of ["read", "write"] as const) {
    const { clock, calls, begin } = start();
    const slow = begin(method);
    for (let second = 1; second <= 50; second++) {
      const other = begin(method);
      calls.at(-1)!.resolve("done");
      await settled();
      assert.equal(other.end, "done", `after ${second} seconds`);
      await clock.advance(1_000);
    }
    assert.equal(slow.end, `The database has not answered for ${slow.ms} ms`);
    begin(method);
    assert.equal(calls.length, 52, `the ${method} is passed on`);
    await clock.advance(TIMEOUT_MS);
    const later = begin(method);
    await settled();
    assert.deepEqual([later.ms, calls.length], [0, 52], "now it is silent");
  }
});

Deno.test("D1: CircuitBreaker notices a silent store also after the clock was set back", async () => {
  const { clock, calls, begin } = start();
  begin();
  calls[0].resolve("there");
  await settled();
  await clock.advance(-3_600_000);
  begin();
  await clock.advance(TIMEOUT_MS);
  const later = begin();
  await settled();
  assert.deepEqual([later.ms, calls.length], [0, 2], "nobody waits for it again");
});

Deno.test("CircuitBreaker blames no store for a program that was busy", async () => {
  const { clock, calls, begin } = start();
  const call = begin();
  await clock.stall(60_000);
  assert.equal(call.end, undefined);
  calls[0].resolve("there");
  await settled();
  assert.equal(call.end, "there");
});

Deno.test("CircuitBreaker obeys the signal at once, and blames no store for that", async () => {
  const { clock, calls, breaker, begin } = start();
  const controller = new AbortController();
  const call = begin("read", controller.signal);
  controller.abort(new Error("enough"));
  await settled();
  assert.deepEqual([call.end, call.ms], ["enough", 0]);
  assert.equal(outageOf(call.error), undefined);
  calls[0].reject(new Error("aborted"));
  assert.equal(clock.pending, 0);
  await assert.rejects(breaker.read(() => assert.fail(), controller.signal), /enough/);
});

Deno.test("CircuitBreaker counts failures of a store as one outage until all that failed works again", async () => {
  const { clock, calls, begin } = start((error) => (error as Error).message === "refused");
  const end = async (method: "read" | "write", error?: Error) => {
    const result = begin(method);
    if (error) calls.at(-1)!.reject(error);
    else calls.at(-1)!.resolve("done");
    await settled();
    return outageOf(result.error);
  };
  assert.equal(await end("write", new Error("refused")), undefined);
  const first = await end("read", new Error("disk full"));
  assert.ok(first);
  assert.equal(await end("read", new Error("disk on fire")), first);
  assert.equal(await end("write", new Error("disk full")), first);
  await end("read");
  assert.equal(await end("write", new Error("disk full")), first, "writing still fails");
  assert.equal(await end("write", new Error("refused")), undefined);
  const second = await end("write", new Error("disk full"));
  assert.ok(second && second !== first);
  const silent = begin("read");
  await clock.advance(TIMEOUT_MS);
  assert.equal(outageOf(silent.error), second);
});

Deno.test("CircuitBreaker counts a call that began during an outage among its failures, however late it fails", async () => {
  for (const ends of ["silent", "fails"] as const) {
    const { clock, calls, begin } = start();
    const first = begin("write");
    await clock.advance(TIMEOUT_MS + 1_000);
    const trial = begin("write");
    await settled();
    assert.equal(calls.length, 2, "the trial is passed on");
    calls[0].resolve("late");
    await settled();
    if (ends === "fails") calls[1].reject(new Error("the connection was lost"));
    await clock.advance(2 * TIMEOUT_MS);
    assert.notEqual(trial.error, undefined);
    assert.equal(outageOf(trial.error), outageOf(first.error));

    const next = begin("write");
    calls[2].resolve("well again");
    await settled();
    assert.equal(next.end, "well again");
    const other = begin("write");
    calls[3].reject(new Error("disk full"));
    await settled();
    assert.notEqual(outageOf(other.error), outageOf(first.error), "it began after the outage");
  }
});
