/**
 * A cache that forgets what was not used for longest.
 *
 * @module
 */

import { LRUCache } from "lru-cache";

/** How an {@link LruCache} is bounded. */
export interface LruCacheOptions<K, V>
  extends Pick<LRUCache.Options<K, V, unknown>, "ttl" | "ttlResolution" | "perf" | "dispose"> {
  /** Most entries: an integer of at least 1. */
  readonly max: number;
}

/**
 * An `LRUCache` that takes memory for what it holds. With its own option `max` it takes memory for
 * all that it may hold at once: each of the caches of an outbox would take three to nine
 * milliseconds and a megabyte or more before its first entry.
 */
// deno-lint-ignore ban-types
export class LruCache<K extends {}, V extends {}> extends LRUCache<K, V> {
  /** Creates an empty cache. */
  constructor({ max, ...options }: LruCacheOptions<K, V>) {
    super({ ...options, maxSize: max, sizeCalculation: () => 1 });
  }
}
