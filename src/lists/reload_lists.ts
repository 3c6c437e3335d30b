/**
 * Reads lists again that another process has stored or deleted.
 *
 * @module
 */

import type { NostrEvent, NStore } from "@nostrify/types";
import { LIST_KINDS } from "../nostr/kinds.ts";
import type { RelayList } from "../nostr/relay_knowledge.ts";
import { isNewer } from "../nostr/versions.ts";
import type { ListCache } from "./list_cache.ts";

/** What {@link reloadLists} needs. */
export interface ReloadOptions {
  readonly caches: ReadonlyMap<number, ListCache>;
  /** Most pubkeys in one query. */
  readonly batchSize: number;
  /** Called with each list that is newer than the one in memory, or of which none is kept. */
  readonly onNewer: (event: NostrEvent) => void;
  /** Called with each list in memory that is stored no longer. */
  readonly onGone: (kind: number, list: RelayList) => void;
}

/** A list to be read, and what was in memory before. */
interface Reload {
  readonly kind: number;
  readonly pubkey: string;
  readonly before?: RelayList | null;
}

/**
 * Reads lists from the database, as far as they are in memory, or of a kind that is not kept there.
 *
 * @param keys `<kind>:<pubkey>` of lists, or of events that may have deleted lists.
 * @throws What the database throws.
 */
export async function reloadLists(
  db: NStore,
  keys: Iterable<string>,
  { caches, batchSize, onNewer, onGone }: ReloadOptions,
): Promise<void> {
  const reloads = new Map<string, Reload>();
  for (const key of keys) {
    const [kind, pubkey] = [
      Number(key.slice(0, key.indexOf(":"))),
      key.slice(key.indexOf(":") + 1),
    ];
    for (const listKind of LIST_KINDS.includes(kind) ? [kind] : caches.keys()) {
      const cache = caches.get(listKind);
      if (cache && !cache.isKept(pubkey)) continue;
      reloads.set(`${listKind}:${pubkey}`, { kind: listKind, pubkey, before: cache?.peek(pubkey) });
    }
  }
  const all = [...reloads.values()];
  for (let i = 0; i < all.length; i += batchSize) {
    const batch = all.slice(i, i + batchSize);
    const kinds = [...new Set(batch.map(({ kind }) => kind))];
    const authors = [...new Set(batch.map(({ pubkey }) => pubkey))];
    const stored = new Map<string, NostrEvent>();
    for (const event of await db.query([{ kinds, authors }])) {
      const other = stored.get(`${event.kind}:${event.pubkey}`);
      if (!other || isNewer(event, other)) stored.set(`${event.kind}:${event.pubkey}`, event);
    }
    for (const { kind, pubkey, before } of batch) {
      const event = stored.get(`${kind}:${pubkey}`);
      const cache = caches.get(kind);
      // It was written here meanwhile, which is newer.
      if (cache?.peek(pubkey) !== before) continue;
      if (event) {
        cache?.update(event);
        if (!before || before.created_at < event.created_at) onNewer(event);
      } else if (before) {
        cache?.invalidate(pubkey);
        onGone(kind, before);
      }
    }
  }
}
