/**
 * When an answer last made progress. One that drips makes less and less of it, so that a relay which
 * sends an event now and then, and never says EOSE, does not keep a request waiting.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";

/** How long after a step each event counts as progress up to the moment. */
const FREE_MS = 5_000;
/** How much progress an event is later: an answer keeps up that has four of them a second. */
const PROGRESS_MS_PER_EVENT = 250;

/** See the module. */
export class AnswerProgress {
  readonly #clock: Clock;
  #steppedAt = 0;
  #at = 0;
  #isStreaming = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** When the answer last made progress, in milliseconds since 1970; 0 for never. */
  get at(): number {
    return this.#at;
  }

  /** Whether events came since the last step. */
  get isStreaming(): boolean {
    return this.#isStreaming;
  }

  /** The connection is open, a REQ is sent, or one came to its EOSE. */
  step(): void {
    this.#steppedAt = this.#at = this.#clock.now();
    this.#isStreaming = false;
  }

  /** An event came. */
  event(): void {
    const now = this.#clock.now();
    const freeUntil = Math.min(now, this.#steppedAt + FREE_MS);
    this.#at = Math.min(now, Math.max(freeUntil, this.#at + PROGRESS_MS_PER_EVENT));
    this.#isStreaming = true;
  }
}
