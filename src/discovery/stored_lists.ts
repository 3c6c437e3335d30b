/**
 * Finds out whose lists are stored.
 *
 * @module
 */

import { abortable } from "../base/abortable.ts";
import type { RelayListStore } from "../lists/relay_list_store.ts";
import { ADDRESS_LIST_KINDS } from "../nostr/kinds.ts";
import { isPubkey } from "../nostr/pubkeys.ts";

/** People by whether their list is stored. What is not a pubkey is in neither. */
export interface StoredLists {
  /** People with a stored list; some may stand here more than once. */
  readonly known: string[];
  /** People without one. */
  readonly missing: ReadonlySet<string>;
  /** What the database threw: whoever was not in memory then stands in `missing`. */
  readonly failure?: { readonly cause: unknown };
}

/**
 * Finds out who has a stored list of this kind.
 *
 * @throws The signal's reason.
 */
export async function findStoredLists(
  store: Pick<RelayListStore, "peek" | "get" | "query">,
  kind: number,
  pubkeys: Iterable<string>,
  signal?: AbortSignal,
): Promise<StoredLists> {
  const isCached = ADDRESS_LIST_KINDS.includes(kind);
  const known: string[] = [];
  const missing = new Set<string>();
  const unread = new Set<string>();
  for (const pubkey of pubkeys) {
    const list = isCached ? store.peek(pubkey, kind) : undefined;
    if (list) known.push(pubkey);
    else if (isPubkey(pubkey)) {
      missing.add(pubkey);
      if (list === undefined) unread.add(pubkey);
    }
  }
  if (unread.size === 0) return { known, missing };
  try {
    const filter = { kinds: [kind], authors: [...unread] };
    const found = isCached
      ? (await store.get(unread, { signal, kind })).values()
      : await abortable(store.query([filter], { signal }), signal);
    for (const { pubkey } of found) if (missing.delete(pubkey)) known.push(pubkey);
    return { known, missing };
  } catch (cause) {
    signal?.throwIfAborted();
    return { known, missing, failure: { cause } };
  }
}
