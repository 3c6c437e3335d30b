/**
 * Writes what changed some time after it did, many changes at once.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** Where changes go. */
export interface WriteBehindOptions {
  readonly clock: Clock;
  /** How long after the first change to write, in milliseconds. */
  readonly delay: number;
  /** Whether there is still something to write for a key. */
  readonly has: (key: string) => boolean;
  /** Writes what stands behind these keys now. */
  readonly write: (keys: readonly string[]) => Promise<void>;
  /** Told of what `write` throws. The keys are written with the next change. */
  readonly onError: (error: unknown) => void;
}

/** Remembers which keys changed, and sees to it that they are written. */
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

  /** Something behind this key changed. */
  mark(key: string): void {
    this.#changed.add(key);
    if (this.#cancel || this.#isClosed) return;
    const { clock, delay } = this.#options;
    this.#cancel = clock.after(delay, () => this.flush());
  }

  /** There is nothing to write for a key any more. */
  forget(key: string): void {
    this.#changed.delete(key);
  }

  /** Writes what changed up to now, after what is being written; never rejects. */
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

  /** Writes for the last time: what changes after that is not written, nor waited for. */
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
