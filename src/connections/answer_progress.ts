/**
 * When an answer began and last made progress, apart from the time that the program itself took.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { WorkTime } from "../base/workload.ts";

/** As long as the program may be behind, in milliseconds, no deadline depends on it. */
const HARMLESS_MS = 100;

/** Follows one answer. */
export class AnswerProgress {
  readonly #clock: Clock;
  readonly #workload?: WorkTime;
  #startedAt = 0;
  #behindMsAtStart = 0;
  #at = 0;
  #busyMs = 0;

  /** @param workload Absent for a program that is never busy. */
  constructor(clock: Clock, workload?: WorkTime) {
    this.#clock = clock;
    this.#workload = workload;
  }

  /** The answer is waited for from now on. */
  start(): void {
    this.note();
    this.#startedAt = this.#at;
    this.#behindMsAtStart = this.#workload?.behindMs ?? 0;
  }

  /** The answer made progress. */
  note(): void {
    this.#at = this.#clock.now();
    this.#busyMs = this.#workload?.busyMs ?? 0;
  }

  /** When the answer last made progress, in milliseconds since 1970. */
  get at(): number {
    return this.#at;
  }

  /**
   * The same, later by as long as the program has been busy since: what came meanwhile may wait to
   * be read.
   */
  get heardAt(): number {
    return this.#at + (this.#workload?.busyMs ?? 0) - this.#busyMs;
  }

  /**
   * How long it took until the last progress, in milliseconds; `undefined` if the program was behind
   * for most of that time, so that it says little about the relay.
   */
  get ms(): number | undefined {
    const ms = Math.max(0, this.#at - this.#startedAt);
    const behindMs = (this.#workload?.behindMs ?? 0) - this.#behindMsAtStart;
    return behindMs > Math.max(HARMLESS_MS, ms / 2) ? undefined : ms;
  }
}
