/**
 * A clock for tests with real sockets: as long as relays are talked to, time stands
 * still; when all is quiet, it is at once as late as the next timer wants it to be.
 *
 * @module
 */

import type { Clock } from "../../src/base/clock.ts";

/** Turns of the event loop, with nothing heard in any, that mean quiet. */
const CALM = 25;
/** Milliseconds of a turn. All together outlast the 40 that TCP may hold a message back. */
const TURN = 2;

interface Timer {
  readonly due: number;
  readonly run: () => void;
}

/** See the module. What it takes for talk is up to `activity`, a sum that grows with it. */
export class IdleClock implements Clock, AsyncDisposable {
  readonly #activity: () => number;
  readonly #timers = new Set<Timer>();
  readonly #ticking: Promise<void>;
  #now: number;
  #isStopped = false;
  #isHeld = false;

  /** @param start The time at first, in milliseconds since 1970. */
  constructor(activity: () => number, start = 1_700_000_000_000) {
    this.#activity = activity;
    this.#now = start;
    this.#ticking = this.#tick();
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { due: this.#now + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /**
   * What a promise comes to.
   *
   * @throws {Error} If it does not settle within so many milliseconds of this clock.
   */
  async within<T>(ms: number, claim: string, promise: Promise<T>): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const cancel = this.after(ms, () => reject(new Error(`Not within ${ms} ms: ${claim}`)));
    try {
      return await Promise.race([promise, late]);
    } finally {
      cancel();
    }
  }

  /** Lets no time pass while something is waited for. */
  async holding<T>(wait: () => Promise<T>): Promise<T> {
    this.#isHeld = true;
    try {
      return await wait();
    } finally {
      this.#isHeld = false;
    }
  }

  /** Stops the time. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    await this.#ticking;
  }

  async #tick(): Promise<void> {
    for (let calm = 0, before = this.#activity(); !this.#isStopped;) {
      await new Promise((resume) => setTimeout(resume, TURN));
      const activity = this.#activity();
      calm = activity === before ? calm + 1 : 0;
      before = activity;
      if (calm < CALM || this.#isHeld || this.#timers.size === 0) continue;
      calm = 0;
      this.#jump();
    }
  }

  /** Goes on to the next timer, and runs all that are due then. */
  #jump(): void {
    const timers = [...this.#timers].sort((a, b) => a.due - b.due);
    this.#now = Math.max(this.#now, timers[0].due);
    for (const timer of timers) {
      if (timer.due <= this.#now && this.#timers.delete(timer)) timer.run();
    }
  }
}
