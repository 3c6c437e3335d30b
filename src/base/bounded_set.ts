/**
 * Which events came already, as far as memory may go.
 *
 * @module
 */

/** A set of ids that forgets the oldest half when it is full. */
export class BoundedSet {
  readonly #most: number;
  #young = new Set<string>();
  #old = new Set<string>();

  /** `most`: how many ids are remembered at least; up to twice as many are. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether an id is in. */
  has(id: string): boolean {
    return this.#young.has(id) || this.#old.has(id);
  }

  /** Enters an id; `false` if it is in already. */
  add(id: string): boolean {
    if (this.#young.has(id)) return false;
    const isNew = !this.#old.has(id);
    this.#young.add(id);
    if (this.#young.size >= this.#most) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    return isNew;
  }
}
