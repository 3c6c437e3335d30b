/**
 * The end of something that others use: what is open ends with it, and what is asked of it later
 * is refused.
 *
 * @module
 */

/** See the module. */
export class Closing {
  readonly #onError: (error: Error) => void;
  readonly #open = new Set<{ readonly end: () => void }>();
  #isClosed = false;
  #isReported = false;

  /** @param onError Called with the first error of what was asked too late, and no other. */
  constructor(onError: (error: Error) => void = () => {}) {
    this.#onError = onError;
  }

  /** Whether it is closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Ends everything that is open. Calling it again does nothing. */
  close(): void {
    this.#isClosed = true;
    const open = [...this.#open];
    this.#open.clear();
    for (const { end } of open) end();
  }

  /**
   * Calls `end` once it is closed; at once if it is closed already.
   *
   * @returns Call it when what was open has ended by itself.
   */
  onClose(end: () => void): () => void {
    if (this.#isClosed) {
      end();
      return () => {};
    }
    const entry = { end };
    this.#open.add(entry);
    return () => void this.#open.delete(entry);
  }

  /** The error of an action that came too late; `owner` is what was closed. */
  error(action: string, owner: string): Error {
    const error = new Error(`Cannot ${action}: the ${owner} is closed. Create another one`);
    if (!this.#isReported) {
      this.#isReported = true;
      this.#onError(error);
    }
    return error;
  }
}
