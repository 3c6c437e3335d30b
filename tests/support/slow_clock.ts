/**
 * A clock for a program that is busy: each look at it takes a while.
 *
 * @module
 */

import type { Clock } from "../../src/base/clock.ts";
import { settled, START } from "../../testing/test_clock.ts";

/** How long a look takes, in milliseconds. */
const LOOK_MS = 3;

/** See the module. */
export class SlowClock implements Clock {
  readonly #timers = new Set<() => void>();
  #now = START * 1000;

  now(): number {
    return this.#now += LOOK_MS;
  }

  after(_ms: number, run: () => void): () => void {
    const timer = () => run();
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Whether any timer is set. */
  get isSet(): boolean {
    return this.#timers.size > 0;
  }

  /** Runs the timers that are set, whenever they are due. */
  async turn(): Promise<void> {
    for (const run of [...this.#timers]) {
      this.#timers.delete(run);
      run();
    }
    await settled();
  }
}
