/**
 * A map with a bound: the entries that were set longest ago go first.
 *
 * @module
 */

/** How a {@link BoundedMap} is bounded. */
export interface BoundedMapOptions<K, V> {
  /** Most entries; an integer >= 1. */
  readonly max: number;
  /** Called with each entry that goes to make room, after it is gone. */
  readonly onEvict?: (key: K, value: V) => void;
}

/**
 * A `Map` that holds at most `max` entries. Setting a key makes it the newest, also where
 * the map has it already; reading changes nothing.
 */
export class BoundedMap<K, V> extends Map<K, V> {
  readonly #options: BoundedMapOptions<K, V>;
  /** Yields the oldest entry next. A new iterator would step over all that was deleted. */
  readonly #oldest: Iterator<[K, V]> = this.entries();

  /** Creates an empty map. */
  constructor(options: BoundedMapOptions<K, V>) {
    super();
    this.#options = options;
  }

  /** Whether one more key would drive the oldest out. */
  get isFull(): boolean {
    return this.size >= this.#options.max;
  }

  /** Sets an entry as the newest, and drops the oldest where there are too many. */
  override set(key: K, value: V): this {
    this.delete(key);
    super.set(key, value);
    if (this.size > this.#options.max) this.#evict();
    return this;
  }

  #evict(): void {
    const [key, value] = this.#oldest.next().value!;
    this.delete(key);
    this.#options.onEvict?.(key, value);
  }
}
