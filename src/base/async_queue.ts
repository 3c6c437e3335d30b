/**
 * A queue between code that pushes values and an async generator that yields them.
 *
 * @module
 */

import { onAbort } from "./abortable.ts";

/** A queue with one reader. */
export class AsyncQueue<T> {
  #queue: T[] = [];
  #wake?: () => void;
  #isClosed = false;

  /** Adds a value; does nothing once the queue is closed. */
  push(value: T): void {
    if (this.#isClosed) return;
    this.#queue.push(value);
    this.#wake?.();
  }

  /** Ends the reading once all values in the queue are read. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  /** Yields all values that are pushed, until the queue is closed or the signal is aborted. */
  async *read(signal: AbortSignal): AsyncGenerator<T, void> {
    const release = onAbort(signal, () => this.#wake?.());
    try {
      while (!signal.aborted) {
        const values = this.#queue;
        this.#queue = [];
        for (const value of values) {
          if (signal.aborted) return;
          yield value;
        }
        if (this.#queue.length > 0) continue;
        // The signal may have been aborted while the reader had the last value.
        if (signal.aborted || this.#isClosed) return;
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      release();
    }
  }
}
