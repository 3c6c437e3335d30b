/**
 * How late the event loop of this program is.
 *
 * @module
 */

/** How often it is looked at, in milliseconds. */
const STEP_MS = 10;

/** Watches the event loop until it is disposed of. */
export class LoopLag implements Disposable {
  /** The longest that a timer was late, in milliseconds. */
  maxMs = 0;
  readonly #timer: ReturnType<typeof setInterval>;
  #last = performance.now();

  /** Begins to watch. */
  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.maxMs = Math.max(this.maxMs, now - this.#last - STEP_MS);
      this.#last = now;
    }, STEP_MS);
  }

  /** Ends the watch. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
