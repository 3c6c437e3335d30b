/**
 * An abort signal that knows how many listen to it.
 *
 * @module
 */

/** A controller whose signal's listeners can be counted. */
export class CountedController extends AbortController {
  readonly #listeners = new Set<unknown>();

  constructor() {
    super();
    const { signal } = this;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (type: string, run: unknown, options?: unknown) => {
      if (type === "abort") this.#listeners.add(run);
      add(type as "abort", run as () => void, options as AddEventListenerOptions);
    };
    signal.removeEventListener = (type: string, run: unknown) => {
      if (type === "abort") this.#listeners.delete(run);
      remove(type as "abort", run as () => void);
    };
  }

  /** How many listeners were added to the signal and not removed. */
  get listeners(): number {
    return this.#listeners.size;
  }
}
