/**
 * A clock for tests with real sockets: time stands still while relays are active; when all is
 * quiet, it jumps to the next timer.
 *
 * @module
 */

import type { Clock } from "../../src/base/clock.ts";
import { allRead } from "../../src/connections/relay_socket.ts";

/** Turns of the event loop without activity after which all is quiet. */
const QUIET_TURNS = 25;
/** The length of a turn. All turns together outlast the 40 ms for which TCP may hold a message. */
const TURN_MS = 2;

interface Timer {
  readonly due: number;
  readonly run: () => void;
}

/** A clock that moves when `activity`, a sum that grows with all traffic, stands still. */
export class IdleClock implements Clock, AsyncDisposable {
  readonly #activity: () => number;
  readonly #timers = new Set<Timer>();
  readonly #ticking: Promise<void>;
  #now: number;
  #isStopped = false;
  #isHeld = false;

  /** @param start The first time, in milliseconds since 1970. */
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

  /** Lets no time pass while a promise is pending. */
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
      await new Promise((resume) => setTimeout(resume, TURN_MS));
      // What came and is not yet read is no quiet either.
      await allRead();
      const activity = this.#activity();
      calm = activity === before ? calm + 1 : 0;
      before = activity;
      if (calm < QUIET_TURNS || this.#isHeld || this.#timers.size === 0) continue;
      calm = 0;
      this.#jump();
    }
  }

  /** Jumps to the next timer, and runs all that are due then. */
  #jump(): void {
    const timers = [...this.#timers].sort((a, b) => a.due - b.due);
    this.#now = Math.max(this.#now, timers[0].due);
    for (const timer of timers) {
      if (timer.due <= this.#now && this.#timers.delete(timer)) timer.run();
    }
  }
}
