/**
 * Plans for many caps without holding the page up: in a worker that is made of the page's own
 * script, or, where there can be none, one plan in a turn.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import type { ExplorerData } from "../explorer_data.ts";
import { type ExplorerPlan, ExplorerPlanner } from "../explorer_plan.ts";

/** What to plan. Another task replaces what is left of the one before. */
export interface PlanTask {
  readonly data: ExplorerData;
  /** In the order in which they are wanted. */
  readonly caps: readonly number[];
}

/** Makes plans; `onPlan` is called with each, and not for a task that was replaced. */
export type PlanMaker = (task: PlanTask, onPlan: (plan: ExplorerPlan) => void) => void;

/** What the worker answers: which task it is of, and its plan. */
type Answer = readonly [task: number, plan: ExplorerPlan];

/** Makes plans one in a turn. */
export function planInTurns(clock: Clock = systemClock): PlanMaker {
  let current: PlanTask | undefined;
  return (task, onPlan) => {
    current = task;
    const planner = new ExplorerPlanner(task.data);
    const left = [...task.caps];
    const step = () => {
      const cap = current === task ? left.shift() : undefined;
      if (cap === undefined) return;
      onPlan(planner.plan(cap));
      clock.after(0, step);
    };
    clock.after(0, step);
  };
}

/** Makes plans in a worker, which is started with the first task. */
export function planInWorker(start: () => Worker, clock: Clock = systemClock): PlanMaker {
  const inTurns = planInTurns(clock);
  let worker: Worker | undefined;
  let hasFailed = false;
  let tasks = 0;
  return (task, onPlan) => {
    if (hasFailed) return inTurns(task, onPlan);
    const own = ++tasks;
    const done = new Set<number>();
    const fail = () => {
      hasFailed = true;
      worker?.terminate();
      const caps = task.caps.filter((cap) => !done.has(cap));
      if (own === tasks) inTurns({ ...task, caps }, onPlan);
    };
    try {
      worker ??= start();
    } catch {
      return fail(); // The browser has none, or does not let this page start any.
    }
    worker.onerror = (event) => {
      event.preventDefault();
      fail();
    };
    worker.onmessage = ({ data: [number, plan] }: MessageEvent<Answer>) => {
      if (number !== own) return;
      done.add(plan.maxRelays);
      onPlan(plan);
    };
    worker.postMessage([own, task]);
  };
}

/**
 * Starts a worker that runs the page's own script, which imports and exports nothing: browsers let a
 * page that is a file start no module.
 */
export function startPageWorker(): Worker {
  const script = document.querySelector("script[type=module]")!.textContent!;
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  return new Worker(url);
}

/** What the page's script does in the worker. */
export function serveInWorker(): void {
  const scope = globalThis as unknown as Pick<Worker, "onmessage" | "postMessage">;
  const plan = planInTurns();
  scope.onmessage = ({ data: [number, task] }: MessageEvent<[number, PlanTask]>) => {
    plan(task, (plan) => scope.postMessage([number, plan] satisfies Answer));
  };
}
