/**
 * Looks relay lists up in batches that all who wait for the same people share.
 *
 * @module
 */

import type { NostrEvent, NStore } from "@nostrify/types";
import type { RelayList } from "../nostr/types.ts";
import { isNewer } from "../nostr/versions.ts";

/** The lists that one query brings. Whoever of its people is absent has none. */
export type Batch = Promise<ReadonlyMap<string, RelayList>>;

/** How lists are loaded. */
export interface ListBatchLoaderOptions {
  /** The kind of the lists. */
  readonly kind: number;
  /** Most pubkeys in one query. */
  readonly batchSize: number;
  /** Reads a list out of an event. */
  readonly parse: (event: NostrEvent) => RelayList;
  /** Told of each list that is fresh, and of each person who has none. */
  readonly onLoad: (pubkey: string, list: RelayList | undefined) => void;
}

/** Turns single wishes into few queries. */
export class ListBatchLoader {
  readonly #db: NStore;
  readonly #options: ListBatchLoaderOptions;
  /** The batch of each person somebody waits for. */
  readonly #pending = new Map<string, Batch>();
  /** The batch that still takes people, until it is sent. */
  #open: { readonly wanted: string[]; readonly batch: Batch } | undefined;

  constructor(db: NStore, options: ListBatchLoaderOptions) {
    this.#db = db;
    this.#options = options;
  }

  /** The batch that brings this person's list: one under way, or the next. */
  want(pubkey: string): Batch {
    const known = this.#pending.get(pubkey);
    if (known) return known;
    if (!this.#open || this.#open.wanted.length >= this.#options.batchSize) {
      this.#open = this.#start();
    }
    this.#open.wanted.push(pubkey);
    this.#pending.set(pubkey, this.#open.batch);
    return this.#open.batch;
  }

  /** Makes what is under way for this person, or for all, not count as fresh. */
  outdate(pubkey?: string): void {
    if (pubkey === undefined) this.#pending.clear();
    else this.#pending.delete(pubkey);
    this.#open = undefined;
  }

  #start(): { wanted: string[]; batch: Batch } {
    const wanted: string[] = [];
    // Everyone who asks in this turn gets into the same query.
    const batch = Promise.resolve().then(() => this.#load(wanted));
    // Settled here, not by those who wait: they may all have given up. Those who
    // have not are told of a failure; here it only ends the waiting.
    batch.then(
      (lists) =>
        this.#settle(wanted, batch, (pubkey) => this.#options.onLoad(pubkey, lists.get(pubkey))),
      () => this.#settle(wanted, batch, () => {}),
    );
    return { wanted, batch };
  }

  #settle(wanted: readonly string[], batch: Batch, fresh: (pubkey: string) => void): void {
    for (const pubkey of wanted) {
      if (this.#pending.get(pubkey) !== batch) continue;
      this.#pending.delete(pubkey);
      fresh(pubkey);
    }
  }

  async #load(wanted: string[]): Batch {
    if (this.#open?.wanted === wanted) this.#open = undefined;
    const { kind } = this.#options;
    const filter = { kinds: [kind], authors: wanted };
    const events = (await this.#db.query([filter])).filter((event) => event.kind === kind);
    const lists = this.#parse(events);
    if (lists.size === events.length) return lists;
    // A store that keeps several versions: the newest is read last.
    return this.#parse(events.toSorted((a, b) => isNewer(a, b) ? 1 : -1));
  }

  #parse(events: readonly NostrEvent[]): Map<string, RelayList> {
    const lists = new Map<string, RelayList>();
    for (const event of events) lists.set(event.pubkey, this.#options.parse(event));
    return lists;
  }
}
