/**
 * Looks up of whom a list is stored.
 *
 * @module
 */

import { abortable } from "../base/abortable.ts";
import type { RelayListStore } from "../lists/relay_list_store.ts";
import { ADDRESS_LIST_KINDS } from "../nostr/kinds.ts";
import { isPubkey } from "../nostr/pubkeys.ts";

/** People by whether a list of theirs is stored. What is no pubkey is in neither. */
export interface StoredLists {
  /** Those who have one; perhaps more than once. */
  readonly known: string[];
  /** Those who have none. */
  readonly lacking: ReadonlySet<string>;
}

/**
 * Sees who has a list of this kind.
 *
 * @throws What the database throws, or the reason of the signal.
 */
export async function findStoredLists(
  store: Pick<RelayListStore, "peek" | "get" | "query">,
  kind: number,
  pubkeys: Iterable<string>,
  signal?: AbortSignal,
): Promise<StoredLists> {
  const isInMemory = ADDRESS_LIST_KINDS.includes(kind);
  const known: string[] = [];
  const lacking = new Set<string>();
  const unread = new Set<string>();
  for (const pubkey of pubkeys) {
    const seen = isInMemory ? store.peek(pubkey, kind) : undefined;
    if (seen) known.push(pubkey);
    else if (isPubkey(pubkey)) {
      lacking.add(pubkey);
      if (seen === undefined) unread.add(pubkey);
    }
  }
  if (unread.size === 0) return { known, lacking };
  if (isInMemory) {
    for (const pubkey of (await store.get(unread, { signal, kind })).keys()) {
      if (lacking.delete(pubkey)) known.push(pubkey);
    }
    return { known, lacking };
  }
  const filter = { kinds: [kind], authors: [...unread] };
  for (const { pubkey } of await abortable(store.query([filter], { signal }), signal)) {
    if (lacking.delete(pubkey)) known.push(pubkey);
  }
  return { known, lacking };
}
