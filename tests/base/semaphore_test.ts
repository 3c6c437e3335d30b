import fc from "fast-check";
import assert from "node:assert/strict";
import { Semaphore } from "../../src/base/semaphore.ts";
import { settled } from "../../testing/test_clock.ts";
import { CountedController } from "../support/counted_signal.ts";

const never = new AbortController().signal;

/** Callers that want a permit, and the permits they got. */
class Queue {
  /** The names of the callers that got a permit, in that order. */
  readonly acquired: string[] = [];
  readonly release = new Map<string, () => void>();
  readonly semaphore: Semaphore;

  constructor(capacity: number) {
    this.semaphore = new Semaphore(capacity);
  }

  wants(name: string, rank = 0, signal: AbortSignal = never): Promise<void> {
    return this.semaphore.acquire(rank, signal).then((release) => {
      this.acquired.push(name);
      this.release.set(name, release);
    });
  }
}

Deno.test("Semaphore gives as many permits as its capacity, and the next as soon as one is released", async () => {
  const queue = new Queue(2);
  for (const name of ["a", "b", "c", "d"]) queue.wants(name);
  await settled();
  assert.deepEqual(queue.acquired, ["a", "b"]);
  queue.release.get("b")!();
  await settled();
  assert.deepEqual(queue.acquired, ["a", "b", "c"]);
});

Deno.test("Semaphore gives permits to the lower rank first, and to equals in order", async () => {
  const queue = new Queue(1);
  queue.wants("first");
  for (const [name, rank] of [["c2", 3], ["a1", 1], ["c1", 3], ["b", 2], ["a2", 1]] as const) {
    queue.wants(name, rank);
  }
  await settled();
  for (let i = 0; i < 6; i++) {
    queue.release.get(queue.acquired[i])?.();
    await settled();
  }
  assert.deepEqual(queue.acquired, ["first", "a1", "a2", "b", "c2", "c1"]);
});

Deno.test("Semaphore takes a permit back once, however often it is released", async () => {
  const queue = new Queue(1);
  await queue.wants("a");
  queue.release.get("a")!();
  queue.release.get("a")!();
  for (const name of ["b", "c"]) queue.wants(name);
  await settled();
  assert.deepEqual(queue.acquired, ["a", "b"]);
});

Deno.test("Semaphore forgets a caller whose signal is aborted, and rejects one whose signal was aborted", async () => {
  const queue = new Queue(1);
  await queue.wants("a");
  const controller = new CountedController();
  const waiting = queue.wants("b", 0, controller.signal);
  queue.wants("c");
  controller.abort(new Error("no longer"));
  await assert.rejects(waiting, { message: "no longer" });
  await assert.rejects(queue.wants("d", -1, controller.signal), { message: "no longer" });
  queue.release.get("a")!();
  await settled();
  assert.deepEqual(queue.acquired, ["a", "c"]);
});

Deno.test("Semaphore removes its listener from the signal once the permit is acquired", async () => {
  const queue = new Queue(1);
  const controller = new CountedController();
  await queue.wants("a", 0, controller.signal);
  const waiting = queue.wants("b", 0, controller.signal);
  assert.equal(controller.listeners, 1);
  queue.release.get("a")!();
  await waiting;
  assert.equal(controller.listeners, 0);
  controller.abort();
  queue.wants("c");
  await settled();
  assert.deepEqual(queue.acquired, ["a", "b"]);
});

Deno.test("Semaphore resize() to more permits resumes callers; to fewer, none until enough are released", async () => {
  const queue = new Queue(1);
  for (const name of ["a", "b", "c", "d", "e"]) queue.wants(name);
  queue.semaphore.resize(3);
  await settled();
  assert.deepEqual(queue.acquired, ["a", "b", "c"]);
  queue.semaphore.resize(2);
  queue.release.get("a")!();
  await settled();
  assert.deepEqual(queue.acquired, ["a", "b", "c"]);
  queue.release.get("b")!();
  await settled();
  assert.deepEqual(queue.acquired, ["a", "b", "c", "d"]);
});

Deno.test("Semaphore counts available permits and waiting callers", async () => {
  const queue = new Queue(2);
  assert.deepEqual([queue.semaphore.available, queue.semaphore.waiting], [2, 0]);
  for (const name of ["a", "b", "c"]) queue.wants(name);
  assert.deepEqual([queue.semaphore.available, queue.semaphore.waiting], [0, 1]);
  queue.semaphore.resize(1);
  assert.equal(queue.semaphore.available, 0);
  await settled();
  queue.semaphore.resize(5);
  assert.deepEqual([queue.semaphore.available, queue.semaphore.waiting], [2, 0]);
});

Deno.test("Semaphore never gives more permits than its capacity, and no caller waits while one is free", async () => {
  const action = fc.oneof(
    fc.record({ rank: fc.nat(3) }),
    fc.record({ does: fc.constantFrom("release" as const, "abort" as const), which: fc.nat(20) }),
    fc.record({ capacity: fc.integer({ min: 1, max: 4 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
      const semaphore = new Semaphore(2);
      const held: (() => void)[] = [];
      const waiting: { rank: number; controller: AbortController }[] = [];
      let capacity = 2;
      for (const action of actions) {
        if ("rank" in action) {
          const entry = { rank: action.rank, controller: new AbortController() };
          waiting.push(entry);
          semaphore.acquire(action.rank, entry.controller.signal).then((release) => {
            assert.ok(waiting.every(({ rank }) => rank >= entry.rank), "the lowest rank first");
            waiting.splice(waiting.indexOf(entry), 1);
            held.push(release);
          }, () => waiting.splice(waiting.indexOf(entry), 1));
        } else if ("capacity" in action) {
          semaphore.resize(capacity = action.capacity);
        } else if (action.does === "release") {
          held.splice(action.which % (held.length || 1), 1).at(0)?.();
        } else {
          waiting.at(action.which % (waiting.length || 1))?.controller.abort();
        }
        const before = held.length;
        await settled();
        assert.ok(held.length <= Math.max(capacity, before));
        assert.ok(waiting.length === 0 || held.length >= capacity);
      }
    }),
    { numRuns: 60 },
  );
});
