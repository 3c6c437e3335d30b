/**
 * Remembers strings that were seen, within a bound.
 *
 * @module
 */

/** A set of strings that forgets the older half when it is full. */
export class BoundedSet {
  readonly #min: number;
  #young = new Set<string>();
  #old = new Set<string>();

  /** `min`: how many strings are remembered at least; at most twice as many are. */
  constructor(min: number) {
    this.#min = min;
  }

  /** Whether a string is remembered. */
  has(id: string): boolean {
    return this.#young.has(id) || this.#old.has(id);
  }

  /** Forgets a string. */
  delete(id: string): void {
    this.#young.delete(id);
    this.#old.delete(id);
  }

  /** Adds a string; `false` if it is remembered already. */
  add(id: string): boolean {
    if (this.#young.has(id)) return false;
    const isNew = !this.#old.has(id);
    this.#young.add(id);
    if (this.#young.size >= this.#min) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    return isNew;
  }
}
