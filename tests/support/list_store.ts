/**
 * A store of relay lists whose database and clock are under a test's hand.
 *
 * @module
 */

import { NCache } from "@nostrify/nostrify";
import type { NostrEvent } from "@nostrify/types";
import { getEventHash } from "nostr-tools";
import { RelayListStore, type RelayListStoreOptions } from "../../src/lists/relay_list_store.ts";
import { ControlledStore } from "./controlled_store.ts";

/** The time at which the clock starts, in Unix seconds. */
export const NOW = 1_700_000_000;
/** A relay. */
export const A = "wss://a.example/";
/** Another relay. */
export const B = "wss://b.example/";

/** An event that nobody signed, for stores that do not verify; its id is right. */
export function unsigned(
  pubkey: string,
  draft: Partial<Pick<NostrEvent, "kind" | "created_at" | "tags">>,
): NostrEvent {
  const { kind = 10002, created_at = NOW, tags = [] } = draft;
  const template = { kind, pubkey, created_at, tags, content: "" };
  return { ...template, id: getEventHash(template), sig: "0".repeat(128) };
}

/** A relay list that nobody signed. */
export function listEvent(pubkey: string, urls = [A], created_at = NOW): NostrEvent {
  return unsigned(pubkey, { created_at, tags: urls.map((url) => ["r", url]) });
}

/** The URL of the place where lists are kept, where a test says so. */
export const HERE = "wss://here.example/";

/**
 * Whether a deletion or a request to vanish deletes a list: NIP-09 and NIP-62 word for word.
 *
 * @param here The place where the list is.
 */
export function deletes(deletion: NostrEvent, list: NostrEvent, here?: string): boolean {
  if (deletion.pubkey !== list.pubkey) return false;
  const byId = deletion.tags.some((tag) => tag[0] === "e" && tag[1] === list.id);
  const address = `a,${list.kind}:${list.pubkey}:`;
  const byAddress = deletion.tags.some((tag) => tag.join() === address);
  const older = list.created_at <= deletion.created_at;
  const named = deletion.tags.filter(([name]) => name === "relay").map(([, value]) => value);
  if (deletion.kind === 62) return older && named.some((v) => v === "ALL_RELAYS" || v === here);
  return deletion.kind === 5 && (byId || (byAddress && older));
}

/** A store that accepts any signature, over a database that holds these lists. */
export function setUp(lists: NostrEvent[] = [], options: RelayListStoreOptions = {}) {
  const cache = new NCache({ max: 100 });
  for (const list of lists) cache.add(list);
  const db = new ControlledStore(cache);
  const clock = { now: NOW * 1000 };
  const store = new RelayListStore(db, {
    verifyEvent: () => true,
    now: () => clock.now,
    max: 100,
    ...options,
  });
  /** Looks up the write relays of one person. */
  const write = async (pubkey: string, kind?: number) =>
    (await store.get([pubkey], { kind })).get(pubkey)?.write;
  return { cache, clock, db, store, write };
}
