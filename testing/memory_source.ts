/**
 * Relay lists in memory, for routers without a store.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { RelayList, RelayListSource } from "../src/nostr/relay_knowledge.ts";

/** A relay list with these relays. */
export function relayList(
  pubkey: string,
  { write = [], read = [] }: { write?: string[]; read?: string[] },
): RelayList {
  return { pubkey, created_at: 1_700_000_000, write, read };
}

/** Relay lists in memory. It records the pubkeys that routers look up. */
export class MemorySource implements RelayListSource {
  /** The pubkeys of each call of `get`. */
  readonly asked: string[][] = [];
  /** While it is set, `get` rejects with it. */
  failure: Error | undefined;
  readonly #lists: ReadonlyMap<string, RelayList>;

  constructor(...lists: RelayList[]) {
    this.#lists = new Map(lists.map((list) => [list.pubkey, list]));
  }

  get(pubkeys: Iterable<string>): Promise<ReadonlyMap<string, RelayList>> {
    const wanted = [...pubkeys];
    this.asked.push(wanted);
    if (this.failure) return Promise.reject(this.failure);
    return Promise.resolve(
      new Map(wanted.flatMap((pubkey) => {
        const list = this.#lists.get(pubkey);
        return list ? [[pubkey, list]] : [];
      })),
    );
  }
}

/** An event with a made-up id and signature. */
export function draft(fields: Partial<NostrEvent>): NostrEvent {
  const made = {
    id: "ff".repeat(32),
    sig: "00".repeat(64),
    content: "",
    created_at: 1_700_000_000,
  };
  return { kind: 1, pubkey: "aa".repeat(32), tags: [], ...made, ...fields };
}

/** A filter for the posts of these authors. */
export function postsOf(...authors: string[]): NostrFilter {
  return { kinds: [1], authors };
}
