/**
 * A `MemoryStore` that is loaded when it is first used: most apps have a database.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import type { OnDemand } from "../base/on_demand.ts";
import type { MemoryStore, MemoryStoreOptions } from "./memory_store.ts";
import { writingPart } from "./write_lists.ts";

interface Options {
  readonly signal?: AbortSignal;
}

/** See the module. */
export class LateMemoryStore implements NStore {
  readonly #store: OnDemand<MemoryStore>;

  constructor(options: MemoryStoreOptions) {
    this.#store = writingPart.of(({ MemoryStore }) => new MemoryStore(options));
  }

  async event(event: NostrEvent, opts?: Options): Promise<void> {
    await (await this.#loaded()).event(event, opts);
  }

  async query(filters: NostrFilter[], opts?: Options): Promise<NostrEvent[]> {
    return await (await this.#loaded()).query(filters, opts);
  }

  async count(filters: NostrFilter[], opts?: Options): ReturnType<MemoryStore["count"]> {
    return await (await this.#loaded()).count(filters, opts);
  }

  async remove(filters: NostrFilter[], opts?: Options): Promise<void> {
    await (await this.#loaded()).remove(filters, opts);
  }

  #loaded(): MemoryStore | Promise<MemoryStore> {
    return this.#store.loaded ?? this.#store.load();
  }
}
