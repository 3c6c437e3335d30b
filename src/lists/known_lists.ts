/**
 * Looks lists up, and falls back on what is in memory where the database fails.
 *
 * @module
 */

import type { RelayList, RelayListSource } from "../nostr/relay_knowledge.ts";

/** What {@link knownLists} reads. */
export interface KnownListsSource extends RelayListSource {
  /** What is in memory of someone's list. Absent: nothing is. */
  readonly peek?: (pubkey: string, kind?: number) => RelayList | null | undefined;
}

/** How {@link knownLists} looks up. */
export interface KnownListsOptions {
  readonly signal?: AbortSignal;
  /** 10002 or 10050. @default 10002 */
  readonly kind?: number;
  /** Called with what the database throws. Absent: that is thrown. */
  readonly onFailure?: (error: unknown) => void;
}

/**
 * The lists of these people. If the database fails, those that are in memory.
 *
 * @throws The signal's reason.
 */
export async function knownLists(
  source: KnownListsSource,
  pubkeys: readonly string[],
  { signal, kind, onFailure }: KnownListsOptions,
): Promise<ReadonlyMap<string, RelayList>> {
  try {
    return await source.get(pubkeys, kind === undefined ? { signal } : { signal, kind });
  } catch (error) {
    signal?.throwIfAborted();
    if (!onFailure) throw error;
    onFailure(error);
    const lists = new Map<string, RelayList>();
    for (const pubkey of pubkeys) {
      const list = source.peek?.(pubkey, kind);
      if (list) lists.set(pubkey, list);
    }
    return lists;
  }
}
