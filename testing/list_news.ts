/**
 * Relay lists that arrive when a test or a benchmark says so.
 *
 * @module
 */

import type { RelayList } from "../src/nostr/relay_knowledge.ts";
import type { ListNews } from "../src/requests/live_routes.ts";

/** See the module. */
export class News implements ListNews {
  readonly #listeners = new Set<(list: RelayList, kind: number) => void>();

  /** How many listeners there are. */
  get listeners(): number {
    return this.#listeners.size;
  }

  readonly onList = (listener: (list: RelayList, kind: number) => void): () => void => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Notifies all listeners of a new list of a pubkey. */
  tell(pubkey: string, urls: readonly string[], kind = 10002): void {
    const list = { pubkey, created_at: 0, write: urls, read: urls };
    for (const listener of this.#listeners) listener(list, kind);
  }
}
