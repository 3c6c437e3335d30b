/**
 * Loads relay lists in batches, which all callers that wait for the same authors share.
 *
 * @module
 */

import type { NostrEvent, NStore } from "@nostrify/types";
import type { RelayList } from "../nostr/relay_knowledge.ts";
import { isNewer } from "../nostr/versions.ts";

/** The lists that one query finds. Authors without a list are absent. */
export type Batch = Promise<ReadonlyMap<string, RelayList>>;

/** How lists are loaded. */
export interface ListBatchLoaderOptions {
  /** The kind of the lists. */
  readonly kind: number;
  /** Most pubkeys in one query. */
  readonly batchSize: number;
  /** Reads a list from an event. */
  readonly parse: (event: NostrEvent) => RelayList;
  /** Called with each author whose result is still valid: their list, or none. */
  readonly onLoad: (pubkey: string, list: RelayList | undefined) => void;
}

/** Turns single requests into few queries. */
export class ListBatchLoader {
  readonly #db: NStore;
  readonly #options: ListBatchLoaderOptions;
  /** The batch of each author that is being loaded. */
  readonly #pending = new Map<string, Batch>();
  /** The batch that still accepts authors, until its query is sent. */
  #accepting: { readonly authors: string[]; readonly batch: Batch } | undefined;

  constructor(db: NStore, options: ListBatchLoaderOptions) {
    this.#db = db;
    this.#options = options;
  }

  /** The batch that loads this author's list: one under way, or the next. */
  load(pubkey: string): Batch {
    const pending = this.#pending.get(pubkey);
    if (pending) return pending;
    if (!this.#accepting || this.#accepting.authors.length >= this.#options.batchSize) {
      this.#accepting = this.#start();
    }
    this.#accepting.authors.push(pubkey);
    this.#pending.set(pubkey, this.#accepting.batch);
    return this.#accepting.batch;
  }

  /** Marks what is being loaded for one author, or for all, as outdated. */
  invalidate(pubkey?: string): void {
    if (pubkey === undefined) this.#pending.clear();
    else this.#pending.delete(pubkey);
    this.#accepting = undefined;
  }

  #start(): { authors: string[]; batch: Batch } {
    const authors: string[] = [];
    // All requests of this turn share one query.
    const batch = Promise.resolve().then(() => this.#query(authors));
    // Callers may all have given up, so the loader follows the batch itself. Callers that
    // still wait see a failure; here it only ends the loading.
    batch.then(
      (lists) =>
        this.#finish(authors, batch, (pubkey) => this.#options.onLoad(pubkey, lists.get(pubkey))),
      () => this.#finish(authors, batch, () => {}),
    );
    return { authors, batch };
  }

  #finish(authors: readonly string[], batch: Batch, onValid: (pubkey: string) => void): void {
    for (const pubkey of authors) {
      if (this.#pending.get(pubkey) !== batch) continue;
      this.#pending.delete(pubkey);
      onValid(pubkey);
    }
  }

  async #query(authors: string[]): Batch {
    if (this.#accepting?.authors === authors) this.#accepting = undefined;
    const { kind } = this.#options;
    const filter = { kinds: [kind], authors };
    const events = (await this.#db.query([filter])).filter((event) => event.kind === kind);
    const lists = this.#parse(events);
    if (lists.size === events.length) return lists;
    // The store keeps several versions: parse the newest last.
    return this.#parse(events.toSorted((a, b) => isNewer(a, b) ? 1 : -1));
  }

  #parse(events: readonly NostrEvent[]): Map<string, RelayList> {
    const lists = new Map<string, RelayList>();
    for (const event of events) lists.set(event.pubkey, this.#options.parse(event));
    return lists;
  }
}
