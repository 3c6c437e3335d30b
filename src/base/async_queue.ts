/**
 * What is pushed on one side comes out of an async generator on the other.
 *
 * @module
 */

/** A queue with one reader. */
export class AsyncQueue<T> {
  #queue: T[] = [];
  #wake?: () => void;
  #isOpen = true;

  /** Puts something in; nothing happens once it is closed. */
  push(value: T): void {
    if (!this.#isOpen) return;
    this.#queue.push(value);
    this.#wake?.();
  }

  /** Ends the reading, once all that is in is out. */
  close(): void {
    this.#isOpen = false;
    this.#wake?.();
  }

  /** All that is pushed, until it is closed or the signal is aborted. */
  async *read(signal: AbortSignal): AsyncGenerator<T, void> {
    const wake = () => this.#wake?.();
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted) {
        const values = this.#queue;
        this.#queue = [];
        for (const value of values) {
          if (signal.aborted) return;
          yield value;
        }
        if (this.#queue.length > 0) continue;
        // It may have been aborted while its reader had the last value.
        if (signal.aborted || !this.#isOpen) return;
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }
}
