/**
 * A clock that only a test moves forward, so that waiting takes no time and timers run
 * exactly when the test says.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Clock } from "../src/base/clock.ts";

/** The time at which tests begin, in Unix seconds. */
export const START = 1_700_000_000;

/** A timer that has neither run nor been cancelled. */
interface Timer {
  readonly due: number;
  readonly run: () => void;
}

/** See the module. */
export class TestClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now = START * 1000;

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { due: this.#now + Math.max(0, ms), run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers are set that have neither run nor been cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves the time forward by some milliseconds, and runs each timer at the time when it is due. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.due - b.due).at(0);
      if (!next || next.due > end) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.run();
      await settled();
    }
    this.#now = end;
  }

  /** Moves the time forward as if the program were busy: timers that are due meanwhile run too late. */
  async stall(ms: number): Promise<void> {
    this.#now += ms;
    await this.advance(0);
  }
}

/** Resolves once all promises that can settle have settled, and what they led to, too. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** Resolves once work that spans many turns of the event loop has settled, too. */
export async function quiet(): Promise<void> {
  for (let round = 0; round < 40; round++) await settled();
}
