import assert from "node:assert/strict";
import { type ExplorerData, explorerData } from "../../../src/explorer/explorer_data.ts";
import { type ExplorerPlan, ExplorerPlanner } from "../../../src/explorer/explorer_plan.ts";
import {
  planInTurns,
  planInWorker,
  type PlanMaker,
  type PlanTask,
} from "../../../src/explorer/page/plan_worker.ts";
import { TestClock } from "../../../testing/test_clock.ts";
import { zipfLists } from "../../../testing/world/world.ts";

const dataOf = (authors: number): ExplorerData => {
  const knowledge = zipfLists({ authors, relays: 20, min: 1, seed: authors });
  return explorerData({ people: [...knowledge.keys()], knowledge, now: 0 });
};

/** What a browser's worker is, without one: it answers when it is told to. */
class FakeWorker {
  onerror: ((event: { preventDefault(): void }) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly asked: [number, PlanTask][] = [];
  isEnded = false;

  postMessage(message: [number, PlanTask]): void {
    this.asked.push(message);
  }

  terminate(): void {
    this.isEnded = true;
  }

  answer(task: number, plan: ExplorerPlan): void {
    this.onmessage!({ data: [task, plan] });
  }

  fail(): void {
    this.onerror!({ preventDefault() {} });
  }
}

/** Gives a maker a task; the result is what it has made so far. */
function plansOf(maker: PlanMaker, data: ExplorerData, caps: readonly number[]) {
  const made: ExplorerPlan[] = [];
  maker({ data, caps }, (plan) => made.push(plan));
  return made;
}

const capsOf = (plans: readonly ExplorerPlan[]) => plans.map(({ maxRelays }) => maxRelays);

Deno.test("planInTurns() plans in order, each in a turn of its own, until another task comes", async () => {
  const clock = new TestClock();
  const maker = planInTurns(clock);
  const data = dataOf(30);
  const first = plansOf(maker, data, [3, 1, 2]);
  assert.equal(clock.pending, 1);
  await clock.advance(0);
  assert.deepEqual(first, [3, 1, 2].map((cap) => new ExplorerPlanner(data).plan(cap)));
  const replaced = plansOf(maker, data, [1, 2, 3]);
  const last = plansOf(maker, dataOf(5), [4]);
  await clock.advance(0);
  assert.deepEqual([capsOf(replaced), capsOf(last)], [[], [4]]);
  assert.equal(clock.pending, 0);
});

Deno.test("planInWorker() gives what its worker made of the task, and nothing of one that was replaced", () => {
  const worker = new FakeWorker();
  let started = 0;
  const maker = planInWorker(() => {
    started++;
    return worker as unknown as Worker;
  });
  const data = dataOf(10);
  const replaced = plansOf(maker, data, [1]);
  const made = plansOf(maker, data, [2, 3]);
  const planner = new ExplorerPlanner(data);
  worker.answer(1, planner.plan(1));
  worker.answer(2, planner.plan(2));
  assert.deepEqual([capsOf(replaced), capsOf(made), started], [[], [2], 1]);
  assert.deepEqual(worker.asked.map(([task]) => task), [1, 2]);
});

Deno.test("planInWorker() plans in turns where no worker starts, or one fails", async () => {
  const clock = new TestClock();
  const data = dataOf(10);
  const none = planInWorker(() => {
    throw new Error("SecurityError");
  }, clock);
  const plans = plansOf(none, data, [1, 2]);
  await clock.advance(0);
  assert.deepEqual(capsOf(plans), [1, 2]);

  const worker = new FakeWorker();
  const failing = planInWorker(() => worker as unknown as Worker, clock);
  const made = plansOf(failing, data, [1, 2, 3]);
  worker.answer(1, new ExplorerPlanner(data).plan(1));
  worker.fail();
  await clock.advance(0);
  assert.deepEqual(capsOf(made), [1, 2, 3]);
  assert.ok(worker.isEnded);
  const later = plansOf(failing, data, [5]);
  await clock.advance(0);
  assert.deepEqual([capsOf(later), worker.asked.length], [[5], 1]);
});
