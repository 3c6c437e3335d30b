/**
 * How late the event loop of this program is, and how much of that is its own work.
 *
 * @module
 */

/** Watches the event loop until it is disposed of. */
export class LoopLag implements Disposable {
  /** The longest that a timer was late, in milliseconds. */
  maxMs = 0;
  /** The most that the main thread used a core between two timers: its own part in that. */
  maxTurnMs = 0;
  readonly #stepMs: number;
  readonly #timer: ReturnType<typeof setInterval>;
  #last = performance.now();
  #lastCpu = mainThreadMs();

  /** Begins to watch. @param stepMs How often it looks, in milliseconds. */
  constructor(stepMs = 10) {
    this.#stepMs = stepMs;
    this.#timer = setInterval(() => this.look(), stepMs);
  }

  /** Looks now, besides. */
  look(): void {
    const now = performance.now();
    this.maxMs = Math.max(this.maxMs, now - this.#last - this.#stepMs);
    this.#last = now;
    const cpu = mainThreadMs();
    this.maxTurnMs = Math.max(this.maxTurnMs, cpu - this.#lastCpu);
    this.#lastCpu = cpu;
  }

  /** Ends the watch. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** CPU time of the main thread so far, whose id on Linux is that of the process. */
export function mainThreadMs(): number {
  return Number(Deno.readTextFileSync(`/proc/self/task/${Deno.pid}/schedstat`).split(" ")[0]) / 1e6;
}
