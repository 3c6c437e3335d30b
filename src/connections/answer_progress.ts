/**
 * When an answer began and last made progress, apart from the time that the program itself took. One
 * that drips makes less and less of it, so that a relay which sends an event now and then, and never
 * says EOSE, does not keep a request waiting.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { WorkTime } from "../base/workload.ts";

/** As long as the program may be behind, in milliseconds, no deadline depends on it. */
const HARMLESS_MS = 100;
/** How long after a step each event counts as progress up to the moment. */
const FREE_MS = 5_000;
/** How much progress an event is later: an answer keeps up that has four of them a second. */
const PROGRESS_MS_PER_EVENT = 250;

/** Follows one answer. */
export class AnswerProgress {
  readonly #clock: Clock;
  readonly #workload?: WorkTime;
  #startedAt = 0;
  #behindMsAtStart = 0;
  /** When the last step was, in milliseconds of a clock that stands still while the program is busy. */
  #steppedAt = 0;
  /** When the last progress was, by that clock, and how long the program had been busy by then. */
  #at = 0;
  #busyMs = 0;
  #isStreaming = false;

  /** @param workload Absent for a program that is never busy. */
  constructor(clock: Clock, workload?: WorkTime) {
    this.#clock = clock;
    this.#workload = workload;
  }

  /** The answer is waited for from now on. */
  start(): void {
    this.step();
    this.#startedAt = this.at;
    this.#behindMsAtStart = this.#workload?.behindMs ?? 0;
  }

  /** The connection is open, a REQ is sent, or one came to its EOSE. */
  step(): void {
    this.#isStreaming = false;
    this.#steppedAt = this.#note(Infinity);
  }

  /** An event came. */
  event(): void {
    this.#isStreaming = true;
    const freeUntil = this.#steppedAt + FREE_MS;
    this.#note(Math.max(freeUntil, this.#at + PROGRESS_MS_PER_EVENT));
  }

  /** When the answer last made progress, in milliseconds since 1970; 0 for never. */
  get at(): number {
    return this.#at + this.#busyMs;
  }

  /** Whether events came since the last step. */
  get isStreaming(): boolean {
    return this.#isStreaming;
  }

  /**
   * When the answer last made progress, later by as long as the program has been busy since: what
   * came meanwhile may wait to be read.
   */
  get heardAt(): number {
    return this.#at + (this.#workload?.busyMs ?? 0);
  }

  /**
   * How long it took until the last progress, in milliseconds; `undefined` if the program was behind
   * for most of that time, so that it says little about the relay.
   */
  get ms(): number | undefined {
    const ms = Math.max(0, this.at - this.#startedAt);
    const behindMs = (this.#workload?.behindMs ?? 0) - this.#behindMsAtStart;
    return behindMs > Math.max(HARMLESS_MS, ms / 2) ? undefined : ms;
  }

  /** Notes progress up to a time, or up to now if that is sooner. */
  #note(at: number): number {
    this.#busyMs = this.#workload?.busyMs ?? 0;
    return this.#at = Math.min(this.#clock.now() - this.#busyMs, at);
  }
}
