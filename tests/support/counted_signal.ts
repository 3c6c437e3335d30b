/**
 * An abort signal that knows how many listen to it.
 *
 * @module
 */

/** A controller whose signal's listeners can be counted. */
export class CountedController extends AbortController {
  /** Who listens, and whether for one time alone. */
  readonly #listeners = new Map<unknown, boolean>();

  constructor() {
    super();
    const { signal } = this;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (type: string, run: unknown, options?: AddEventListenerOptions) => {
      if (type === "abort") this.#listeners.set(run, options?.once ?? false);
      add(type as "abort", run as () => void, options);
    };
    signal.removeEventListener = (type: string, run: unknown) => {
      if (type === "abort") this.#listeners.delete(run);
      remove(type as "abort", run as () => void);
    };
  }

  /** How many listeners were added to the signal, and neither removed nor called for good. */
  get listeners(): number {
    return [...this.#listeners.values()].filter((once) => !(once && this.signal.aborted)).length;
  }
}
