/**
 * Writes publications down: at once and for certain, or soon and many together.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { RecordStore } from "../base/record_store.ts";

/** What a {@link LedgerWriter} needs. */
export interface LedgerWriterOptions {
  readonly clock: Clock;
  /** Absent: nothing is written, and everything counts as written. */
  readonly backend?: RecordStore;
  /** Called before each writing. */
  readonly enter: () => Promise<void>;
  /**
   * The text of a publication as it is now; empty if there is none any longer, `undefined` if it is
   * not to be written.
   */
  readonly textOf: (id: string) => string | undefined;
  /** Called with what the backend throws where nobody waits for it. */
  readonly onError: (error: Error) => void;
}

/** How long to wait before writing again what could not be written. */
const RETRY_AFTER_MS = 30_000;

/** See the module. One write is under way at a time, so that none overtakes another. */
export class LedgerWriter {
  readonly #options: LedgerWriterOptions;
  readonly #changed = new Set<string>();
  readonly #waited = new Map<string, number>();
  #waiting: PromiseWithResolvers<void>[] = [];
  #running?: Promise<void>;
  #timer?: { readonly at: number; readonly cancel: () => void };
  #isClosed = false;

  constructor(options: LedgerWriterOptions) {
    this.#options = options;
  }

  /**
   * Writes publications, with all others that are to be written by now; resolves once they are
   * durable.
   *
   * @throws What the backend throws. What they are by then is written again later.
   */
  async write(ids: readonly string[]): Promise<void> {
    if (!this.#options.backend) return;
    for (const id of ids) {
      this.#changed.add(id);
      this.#waited.set(id, (this.#waited.get(id) ?? 0) + 1);
    }
    const written = Promise.withResolvers<void>();
    this.#waiting.push(written);
    this.#start();
    try {
      await written.promise;
    } finally {
      for (const id of ids) {
        const count = this.#waited.get(id)! - 1;
        if (count > 0) this.#waited.set(id, count);
        else this.#waited.delete(id);
      }
    }
  }

  /** Whether somebody waits until a publication is written. */
  isWaited(id: string): boolean {
    return this.#waited.has(id);
  }

  /** Writes a publication within `ms` milliseconds, or later if the backend fails. */
  mark(id: string, ms: number): void {
    if (!this.#options.backend) return;
    this.#changed.add(id);
    this.#startTimer(ms);
  }

  /** Writes what is left, and sets no timer any longer. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#running;
    this.#start();
    await this.#running;
  }

  #startTimer(ms: number): void {
    if (this.#isClosed) return;
    const { clock } = this.#options;
    const at = clock.now() + ms;
    if (this.#timer && this.#timer.at <= at) return;
    this.#timer?.cancel();
    const cancel = clock.after(ms, () => {
      this.#timer = undefined;
      this.#start();
    });
    this.#timer = { at, cancel };
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // Somebody may have come just after the last write.
      if (this.#waiting.length > 0) this.#start();
    });
  }

  async #run(): Promise<void> {
    // Many who publish at once share one write.
    await Promise.resolve();
    while (this.#changed.size > 0) {
      const ids = [...this.#changed];
      this.#changed.clear();
      const waiting = this.#waiting;
      this.#waiting = [];
      try {
        const { backend, enter, textOf } = this.#options;
        await enter();
        const texts = new Map<string, string>();
        for (const id of ids) {
          const text = textOf(id);
          if (text !== undefined) texts.set(id, text);
        }
        await backend!.writeRecords("publication", texts);
        for (const { resolve } of waiting) resolve();
      } catch (cause) {
        for (const id of ids) this.#changed.add(id);
        for (const { reject } of waiting) reject(cause);
        if (waiting.length === 0) {
          this.#options.onError(new Error("Cannot write down what is published", { cause }));
        }
        this.#startTimer(RETRY_AFTER_MS);
        if (this.#waiting.length === 0) return;
      }
    }
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }
}
