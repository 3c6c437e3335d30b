/**
 * A map with a bound: the entries that were set longest ago go first.
 *
 * @module
 */

/** How a {@link BoundedMap} is bounded. */
export interface BoundedMapOptions<K, V> {
  /** Most entries: an integer of at least 1. */
  readonly max: number;
  /** Called with each entry that is evicted, after it is gone. */
  readonly onEvict?: (key: K, value: V) => void;
}

/**
 * A `Map` that holds at most `max` entries. Setting a key makes it the newest, even if the
 * map has it already; reading changes nothing.
 */
export class BoundedMap<K, V> extends Map<K, V> {
  readonly #options: BoundedMapOptions<K, V>;
  /**
   * Walks the keys from the oldest to the newest. A new iterator for each eviction would
   * pass all the entries that are gone, thousands of them in a big map.
   */
  #oldest?: Iterator<K>;
  /** How often the map was set since the last eviction. */
  #sinceEviction = 0;

  /** Creates an empty map. */
  constructor(options: BoundedMapOptions<K, V>) {
    super();
    this.#options = options;
  }

  /** Whether one more key would evict the oldest. */
  get isFull(): boolean {
    return this.size >= this.#options.max;
  }

  /** Sets an entry as the newest, and evicts the oldest if there are too many. */
  override set(key: K, value: V): this {
    this.delete(key);
    super.set(key, value);
    if (this.size > this.#options.max) this.#evict();
    // An idle iterator keeps every table in memory that the map has outgrown since.
    else if (++this.#sinceEviction > this.#options.max) this.#oldest = undefined;
    return this;
  }

  #evict(): void {
    this.#sinceEviction = 0;
    this.#oldest ??= this.keys();
    const key: K = this.#oldest.next().value;
    const value = this.get(key)!;
    this.delete(key);
    this.#options.onEvict?.(key, value);
  }
}
