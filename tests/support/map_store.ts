/**
 * An event store of one version of each list, as fast as a map.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import { isNewer } from "../../src/nostr/versions.ts";

/** See the module. */
export class MapStore implements NStore {
  readonly events = new Map<string, NostrEvent>();
  /** What every call fails with. */
  error?: Error;

  event(event: NostrEvent): Promise<void> {
    if (this.error) return Promise.reject(this.error);
    const key = `${event.kind}:${event.pubkey}`;
    const stored = this.events.get(key);
    if (!stored || isNewer(event, stored)) this.events.set(key, event);
    return Promise.resolve();
  }

  query(filters: NostrFilter[]): Promise<NostrEvent[]> {
    if (this.error) return Promise.reject(this.error);
    const found = filters.flatMap(({ kinds = [], authors = [] }) =>
      kinds.flatMap((kind) =>
        authors.flatMap((author) => this.events.get(`${kind}:${author}`) ?? [])
      )
    );
    return Promise.resolve([...new Set(found)]);
  }

  remove(filters: NostrFilter[]): Promise<void> {
    for (const { kinds = [], authors = [] } of filters) {
      for (const kind of kinds) {
        for (const author of authors) this.events.delete(`${kind}:${author}`);
      }
    }
    return Promise.resolve();
  }
}
