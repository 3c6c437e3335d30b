/**
 * Relay lists as their authors publish them: markers, junk, no order.
 *
 * @module
 */

import type { RelayList } from "../../src/nostr/relay_knowledge.ts";
import { below, pick, type Random, shuffled } from "../random.ts";
import type { WorldRelay } from "./relays.ts";

/** An `r` tag: `["r", url]` or `["r", url, marker]`. */
export type WorldTag = string[];

/**
 * Of the entries in lists 91 % are unmarked, 7 % say read, 2 % say write. (More
 * read entries are drawn than 7 in 93: some name a relay that is there already.)
 */
const READ_PER_WRITE = 11 / 93, WRITE_ONLY_SHARE = 2 / 93, JUNK_SHARE = 0.24;

/** Entries that name no relay that a client could connect to. */
const JUNK_URLS = [
  "ws://127.0.0.1:7777",
  "wss://umbrel.local:4848/",
  "wss://192.168.1.20",
  "wss://relay",
  "ws://cleartext.example.org",
  "https://web.example.org",
  "wss://a.example.org,wss://b.example.org",
  "wss://",
];

/** Draws the tags around an author's write relays, and the list they make. */
export function drawList(
  random: Random,
  pubkey: string,
  ranks: readonly number[],
  relays: readonly WorldRelay[],
  another: () => number,
  now: number,
): { list: RelayList; tags: WorldTag[] } {
  const entries = ranks.map((rank) => ({
    url: relays[rank].url,
    marker: random() < WRITE_ONLY_SHARE ? "write" : "",
  }));
  const known = new Set(ranks);
  for (let i = 0; i < ranks.length; i++) {
    if (random() >= READ_PER_WRITE) continue;
    const rank = another();
    if (known.has(rank)) continue;
    known.add(rank);
    entries.push({ url: relays[rank].url, marker: "read" });
  }
  const ordered = shuffled(random, entries);
  const tags = ordered.map(({ url, marker }) => marker ? ["r", url, marker] : ["r", url]);
  if (random() < JUNK_SHARE) {
    tags.splice(below(random, tags.length + 1), 0, [
      "r",
      pick(random, JUNK_URLS),
    ]);
  }
  const urls = (not: string) =>
    ordered.filter((entry) => entry.marker !== not).map((entry) => entry.url);
  const age = below(random, 500 * 86_400);
  return {
    list: {
      pubkey,
      created_at: now - age,
      write: urls("read"),
      read: urls("write"),
    },
    tags,
  };
}
