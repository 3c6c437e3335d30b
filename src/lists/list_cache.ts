/**
 * Lists of one kind, parsed and kept in memory before a database.
 *
 * @module
 */

import type { NostrEvent, NStore } from "@nostrify/types";
import { LRUCache } from "lru-cache";
import { abortable } from "../base/abortable.ts";
import type { RelayList } from "../nostr/types.ts";
import { type Batch, ListBatchLoader } from "./list_batch_loader.ts";

/** How much is remembered, and for how long. */
export interface ListCacheOptions {
  /** The kind of the lists. */
  readonly kind: number;
  /** Most people whose list, or lack of one, is remembered. */
  readonly max: number;
  /** For how many milliseconds a list is. */
  readonly ttl: number;
  /** For how many milliseconds it is that someone has none. */
  readonly missingTtl: number;
  /** Most pubkeys in one query. */
  readonly batchSize: number;
  /** The time in milliseconds. */
  readonly now: () => number;
  /** Reads a list out of an event. */
  readonly parse: (event: NostrEvent) => RelayList;
}

/** Remembered of someone who has no list. */
const NONE = Symbol("no list");

/** See the module. The people asked for least recently are forgotten first. */
export class ListCache {
  readonly #options: ListCacheOptions;
  readonly #known: LRUCache<string, RelayList | typeof NONE>;
  readonly #loader: ListBatchLoader;

  constructor(db: NStore, options: ListCacheOptions) {
    const { max, ttl, missingTtl, now } = options;
    this.#options = options;
    this.#known = new LRUCache({ max, ttl, ttlResolution: 0, perf: { now } });
    this.#loader = new ListBatchLoader(db, {
      ...options,
      onLoad: (pubkey, list) => {
        if (list) this.#known.set(pubkey, list);
        else this.#known.set(pubkey, NONE, { ttl: missingTtl });
      },
    });
  }

  /** The lists of these people; those who have none are absent. */
  async get(pubkeys: Iterable<string>, signal?: AbortSignal): Promise<Map<string, RelayList>> {
    const found = new Map<string, RelayList>();
    const waiting = new Map<Batch, string[]>();
    for (const pubkey of pubkeys) {
      const known = this.#known.get(pubkey);
      if (known === NONE) continue;
      if (known !== undefined) found.set(pubkey, known);
      else if (pubkey.length === 64) {
        const batch = this.#loader.want(pubkey);
        const some = waiting.get(batch);
        if (some) some.push(pubkey);
        else waiting.set(batch, [pubkey]);
      }
    }
    for (const [batch, some] of waiting) {
      const lists = await abortable(batch, signal);
      for (const pubkey of some) {
        const list = lists.get(pubkey);
        if (list) found.set(pubkey, list);
      }
    }
    return found;
  }

  /** What is remembered: `null` that there is none, `undefined` nothing. */
  peek(pubkey: string): RelayList | null | undefined {
    const known = this.#known.peek(pubkey);
    return known === NONE ? null : known;
  }

  /**
   * Puts the version that stands in the database in place of what is remembered of
   * its author. Of whom nothing is remembered, nobody has asked: strangers' lists that
   * pass by push nobody out.
   */
  renew(event: NostrEvent): void {
    const { pubkey } = event;
    this.#loader.outdate(pubkey);
    if (this.#known.has(pubkey)) this.#known.set(pubkey, this.#options.parse(event));
  }

  /** Forgets someone's list, or all. */
  forget(pubkey?: string): void {
    if (pubkey === undefined) this.#known.clear();
    else this.#known.delete(pubkey);
    this.#loader.outdate(pubkey);
  }
}
