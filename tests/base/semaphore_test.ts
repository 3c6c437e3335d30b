import fc from "fast-check";
import assert from "node:assert/strict";
import { Semaphore } from "../../src/base/semaphore.ts";
import { settled } from "../../testing/test_clock.ts";
import { CountedController } from "../support/counted_signal.ts";

const never = new AbortController().signal;

/** Those who want in, and what became of them. */
class Queue {
  /** The names of those who got in, in that order. */
  readonly entered: string[] = [];
  readonly leave = new Map<string, () => void>();
  readonly gate: Semaphore;

  constructor(places: number) {
    this.gate = new Semaphore(places);
  }

  wants(name: string, rank = 0, signal: AbortSignal = never): Promise<void> {
    return this.gate.enter(rank, signal).then((leave) => {
      this.entered.push(name);
      this.leave.set(name, leave);
    });
  }
}

Deno.test("Semaphore lets in as many as it has places, and the next as soon as one leaves", async () => {
  const queue = new Queue(2);
  for (const name of ["a", "b", "c", "d"]) queue.wants(name);
  await settled();
  assert.deepEqual(queue.entered, ["a", "b"]);
  queue.leave.get("b")!();
  await settled();
  assert.deepEqual(queue.entered, ["a", "b", "c"]);
});

Deno.test("Semaphore lets the lower rank in first, and equals as they came", async () => {
  const queue = new Queue(1);
  queue.wants("first");
  for (const [name, rank] of [["c2", 3], ["a1", 1], ["c1", 3], ["b", 2], ["a2", 1]] as const) {
    queue.wants(name, rank);
  }
  await settled();
  for (let i = 0; i < 6; i++) {
    queue.leave.get(queue.entered[i])?.();
    await settled();
  }
  assert.deepEqual(queue.entered, ["first", "a1", "a2", "b", "c2", "c1"]);
});

Deno.test("Semaphore takes a place back once, however often it is given back", async () => {
  const queue = new Queue(1);
  await queue.wants("a");
  queue.leave.get("a")!();
  queue.leave.get("a")!();
  for (const name of ["b", "c"]) queue.wants(name);
  await settled();
  assert.deepEqual(queue.entered, ["a", "b"]);
});

Deno.test("Semaphore forgets who gives up waiting, and turns away who had given up before", async () => {
  const queue = new Queue(1);
  await queue.wants("a");
  const controller = new CountedController();
  const waiting = queue.wants("b", 0, controller.signal);
  queue.wants("c");
  controller.abort(new Error("no longer"));
  await assert.rejects(waiting, { message: "no longer" });
  await assert.rejects(queue.wants("d", -1, controller.signal), { message: "no longer" });
  queue.leave.get("a")!();
  await settled();
  assert.deepEqual(queue.entered, ["a", "c"]);
});

Deno.test("Semaphore does not listen to a signal any longer once one is in", async () => {
  const queue = new Queue(1);
  const controller = new CountedController();
  await queue.wants("a", 0, controller.signal);
  const waiting = queue.wants("b", 0, controller.signal);
  assert.equal(controller.listeners, 1);
  queue.leave.get("a")!();
  await waiting;
  assert.equal(controller.listeners, 0);
  controller.abort();
  queue.wants("c");
  await settled();
  assert.deepEqual(queue.entered, ["a", "b"]);
});

Deno.test("Semaphore with more places lets in who waits; with fewer, nobody until enough have left", async () => {
  const queue = new Queue(1);
  for (const name of ["a", "b", "c", "d", "e"]) queue.wants(name);
  queue.gate.resize(3);
  await settled();
  assert.deepEqual(queue.entered, ["a", "b", "c"]);
  queue.gate.resize(2);
  queue.leave.get("a")!();
  await settled();
  assert.deepEqual(queue.entered, ["a", "b", "c"]);
  queue.leave.get("b")!();
  await settled();
  assert.deepEqual(queue.entered, ["a", "b", "c", "d"]);
});

Deno.test("Semaphore says how many may enter without waiting, and how many wait", async () => {
  const queue = new Queue(2);
  assert.deepEqual([queue.gate.available, queue.gate.waiting], [2, 0]);
  for (const name of ["a", "b", "c"]) queue.wants(name);
  assert.deepEqual([queue.gate.available, queue.gate.waiting], [0, 1]);
  queue.gate.resize(1);
  assert.equal(queue.gate.available, 0);
  await settled();
  queue.gate.resize(5);
  assert.deepEqual([queue.gate.available, queue.gate.waiting], [2, 0]);
});

Deno.test("Semaphore never has more inside than places, and nobody waits where one is free", async () => {
  const action = fc.oneof(
    fc.record({ rank: fc.nat(3) }),
    fc.record({ does: fc.constantFrom("leave" as const, "abort" as const), which: fc.nat(20) }),
    fc.record({ places: fc.integer({ min: 1, max: 4 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
      const gate = new Semaphore(2);
      const inside: (() => void)[] = [];
      const waiting: { rank: number; controller: AbortController }[] = [];
      let places = 2;
      for (const action of actions) {
        if ("rank" in action) {
          const entry = { rank: action.rank, controller: new AbortController() };
          waiting.push(entry);
          gate.enter(action.rank, entry.controller.signal).then((leave) => {
            assert.ok(waiting.every(({ rank }) => rank >= entry.rank), "the lowest rank first");
            waiting.splice(waiting.indexOf(entry), 1);
            inside.push(leave);
          }, () => waiting.splice(waiting.indexOf(entry), 1));
        } else if ("places" in action) {
          gate.resize(places = action.places);
        } else if (action.does === "leave") {
          inside.splice(action.which % (inside.length || 1), 1).at(0)?.();
        } else {
          waiting.at(action.which % (waiting.length || 1))?.controller.abort();
        }
        const before = inside.length;
        await settled();
        assert.ok(inside.length <= Math.max(places, before));
        assert.ok(waiting.length === 0 || inside.length >= places);
      }
    }),
    { numRuns: 60 },
  );
});
