/**
 * Writes changes with a delay, many at once.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** How changes are written. */
export interface WriteBehindOptions {
  readonly clock: Clock;
  /** Milliseconds from the first change to the writing. */
  readonly delay: number;
  /** Whether there is still something to write for a key. */
  readonly has: (key: string) => boolean;
  /** Writes the present values of these keys. */
  readonly write: (keys: readonly string[]) => Promise<void>;
  /** Called with what `write` throws. The keys are written again with the next change. */
  readonly onError: (error: unknown) => void;
}

/** Remembers which keys changed, and has them written. */
export class WriteBehind {
  readonly #options: WriteBehindOptions;
  readonly #changed = new Set<string>();
  #cancel?: () => void;
  #running?: Promise<void>;
  #next?: Promise<void>;
  #isClosed = false;

  constructor(options: WriteBehindOptions) {
    this.#options = options;
  }

  /** Marks a key as changed. */
  mark(key: string): void {
    this.#changed.add(key);
    if (this.#cancel || this.#isClosed) return;
    const { clock, delay } = this.#options;
    this.#cancel = clock.after(delay, () => this.flush());
  }

  /** Forgets a key: there is nothing to write for it any more. */
  forget(key: string): void {
    this.#changed.delete(key);
  }

  /** Writes all changes up to now, after a write under way; never rejects. */
  flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    if (!this.#running) {
      return this.#running = this.#write().finally(() => this.#running = undefined);
    }
    return this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.flush();
    });
  }

  /** Writes for the last time: later changes are not written, and set no timer. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.flush();
  }

  async #write(): Promise<void> {
    if (this.#changed.size === 0) return;
    const keys = [...this.#changed];
    this.#changed.clear();
    const { has, write, onError } = this.#options;
    try {
      await write(keys);
    } catch (error) {
      for (const key of keys) if (has(key)) this.#changed.add(key);
      onError(error);
    }
  }
}
