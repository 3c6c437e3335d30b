/**
 * Caches the parsed lists of one kind in memory, in front of a database.
 *
 * @module
 */

import type { NostrEvent, NStore } from "@nostrify/types";
import { abortable } from "../base/abortable.ts";
import { LruCache } from "../base/lru_cache.ts";
import type { RelayList } from "../nostr/relay_knowledge.ts";
import { type Batch, ListBatchLoader } from "./list_batch_loader.ts";

/** How much a {@link ListCache} keeps, and for how long. */
export interface ListCacheOptions {
  /** The kind of the lists. */
  readonly kind: number;
  /** Most people whose list, or lack of one, is kept. */
  readonly max: number;
  /** How many milliseconds a list is kept. */
  readonly ttl: number;
  /** How many milliseconds the lack of a list is kept. */
  readonly missingTtl: number;
  /** Most pubkeys in one query. */
  readonly batchSize: number;
  /** The time in milliseconds. */
  readonly now: () => number;
  /** Reads a list from an event. */
  readonly parse: (event: NostrEvent) => RelayList;
}

/** Stands for the lack of a list. */
const MISSING = Symbol("missing list");

/** See the module. The list that was requested least recently goes first. */
export class ListCache {
  readonly #options: ListCacheOptions;
  readonly #cached: LruCache<string, RelayList | typeof MISSING>;
  readonly #loader: ListBatchLoader;
  /** The time while one look-up reads the cache, so that it reads the clock once. */
  #readAt: number | undefined;

  constructor(db: NStore, options: ListCacheOptions) {
    const { max, ttl, missingTtl } = options;
    this.#options = options;
    const now = () => this.#now();
    this.#cached = new LruCache({ max, ttl, ttlResolution: 0, perf: { now } });
    this.#loader = new ListBatchLoader(db, {
      ...options,
      onLoad: (pubkey, list) => {
        if (list) this.#cached.set(pubkey, list);
        else this.#cached.set(pubkey, MISSING, { ttl: missingTtl });
      },
    });
  }

  /** The lists of these people; those without one are absent. */
  async get(pubkeys: Iterable<string>, signal?: AbortSignal): Promise<Map<string, RelayList>> {
    const found = new Map<string, RelayList>();
    for (const [batch, members] of this.#readCached(pubkeys, found)) {
      const lists = await abortable(batch, signal);
      for (const pubkey of members) {
        const list = lists.get(pubkey);
        if (list && !this.#isExpired(list)) found.set(pubkey, list);
      }
    }
    return found;
  }

  /** Adds the lists that are cached to `found`; returns the batches that load the others. */
  #readCached(pubkeys: Iterable<string>, found: Map<string, RelayList>): Map<Batch, string[]> {
    const pending = new Map<Batch, string[]>();
    try {
      this.#readAt = this.#options.now();
      for (const pubkey of pubkeys) {
        const cached = this.#cached.get(pubkey);
        if (cached === MISSING || cached && this.#isExpired(cached)) continue;
        if (cached !== undefined) found.set(pubkey, cached);
        else if (pubkey.length === 64) {
          const batch = this.#loader.load(pubkey);
          const members = pending.get(batch);
          if (members) members.push(pubkey);
          else pending.set(batch, [pubkey]);
        }
      }
    } finally {
      this.#readAt = undefined;
    }
    return pending;
  }

  #now(): number {
    return this.#readAt ?? this.#options.now();
  }

  /** What is cached: `null` if the author has no list, `undefined` if that is unknown. */
  peek(pubkey: string): RelayList | null | undefined {
    const cached = this.#cached.peek(pubkey);
    return cached === MISSING || cached && this.#isExpired(cached) ? null : cached;
  }

  /** Whether a list counts no longer (NIP-40). An older version does not come back. */
  #isExpired({ expires_at }: RelayList): boolean {
    return expires_at !== undefined && expires_at <= this.#now() / 1000;
  }

  /**
   * Replaces what is cached of an author by the version that the database holds. If nothing
   * is cached, nobody has requested the author: strangers' lists evict nobody.
   */
  update(event: NostrEvent): void {
    const { pubkey } = event;
    this.#loader.invalidate(pubkey);
    if (this.#cached.has(pubkey)) this.#cached.set(pubkey, this.#options.parse(event));
  }

  /**
   * Keeps a list that the database could not store, as if it were read from there.
   *
   * @returns Whether it is newer than what is cached.
   */
  hold(event: NostrEvent): boolean {
    const cached = this.peek(event.pubkey);
    if (cached && cached.created_at >= event.created_at) return false;
    this.#loader.invalidate(event.pubkey);
    this.#cached.set(event.pubkey, this.#options.parse(event));
    return true;
  }

  /** Whether a list, or the lack of one, is cached; what is being loaded then counts as outdated. */
  isKept(pubkey: string): boolean {
    this.#loader.invalidate(pubkey);
    return this.#cached.has(pubkey);
  }

  /** Drops the list of one author, or of all. */
  invalidate(pubkey?: string): void {
    if (pubkey === undefined) this.#cached.clear();
    else this.#cached.delete(pubkey);
    this.#loader.invalidate(pubkey);
  }
}
