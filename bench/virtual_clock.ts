/**
 * A clock that passes as fast as the work allows: minutes of waiting take milliseconds,
 * and the same program sees the same times in every run.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Clock } from "../src/base/clock.ts";
import { loadParts } from "../src/parts.ts";

// Loading takes time of the machine, which the clock does not see.
await loadParts();

/** A timer; without `run` it was cancelled. */
interface Timer {
  readonly at: number;
  /** Timers of one moment run in the order in which they were set. */
  readonly turn: number;
  run?: () => void;
}

/**
 * Turns of the event loop before the time moves on. Promises need one turn, however
 * long their chain is; the second is for work that spans two turns.
 */
const ROUNDS_PER_MOMENT = 2;

/** Longest wait for a promise in virtual time: an hour. */
const MAX_WAIT_MS = 3_600_000;

/**
 * A clock that stands still while the program works. It counts whole milliseconds, as
 * the machine's clock does, and rounds waits up.
 */
export class VirtualClock implements Clock {
  #now: number;
  #turns = 0;
  /** A binary heap: no timer comes before the one at half its index. */
  readonly #timers: Timer[] = [];

  /** `now`: milliseconds since 1970. */
  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, Math.ceil(ms)), turn: this.#turns++, run };
    this.#push(timer);
    return () => timer.run = undefined;
  }

  /** How many timers are set for later, and neither run nor cancelled. */
  get pending(): number {
    return this.#timers.filter(({ at, run }) => run && at > this.#now).length;
  }

  /**
   * Lets the time pass until the promise is settled.
   *
   * @throws {Error} If it is not and nothing will happen any more, or not within an hour.
   */
  async run<T>(promise: Promise<T>): Promise<T> {
    const start = this.#now;
    let isSettled = false;
    const settle = () => isSettled = true;
    promise.then(settle, settle);
    for (;;) {
      for (let round = 0; round < ROUNDS_PER_MOMENT && !isSettled; round++) await nextRound();
      if (isSettled) return await promise;
      const timer = this.#pop();
      if (!timer) throw new Error("Cannot go on: a promise is open, and no timer is set");
      if (!timer.run) continue;
      this.#now = timer.at;
      if (timer.at - start > MAX_WAIT_MS) throw new Error("Cannot go on: an hour was not enough");
      timer.run();
    }
  }

  #push(timer: Timer): void {
    const heap = this.#timers;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timer, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#timers;
    const first = heap[0], last = heap.pop();
    if (!last || heap.length === 0) return first;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.turn < b.turn);
}

/** Resolves once all promises that can settle have settled, and what they led to, too. */
function nextRound(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
