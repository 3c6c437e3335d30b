/**
 * Reads relay lists: kind 10002 (NIP-65), and the lists of NIP-17, NIP-37 and NIP-51.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { integer } from "../base/check_option.ts";
import { expiresAt } from "./expiration.ts";
import { GROUP_LIST_KIND, LIST_KINDS, RELAY_LIST_KIND } from "./kinds.ts";
import type { RelayList } from "./relay_knowledge.ts";
import type { RefusedRelay, RelayUrlPolicy } from "./relay_policy.ts";
import { rememberedCheck } from "./relay_url.ts";

/** How a relay list is read. */
export interface ParseRelayListOptions {
  /**
   * Which relays are usable.
   * @default {} (public `wss://` relays alone)
   */
  readonly policy?: RelayUrlPolicy;
  /**
   * Most entries that are read, from the top of the list: an integer of at least 1. The
   * longest list seen has 47; NIP-65 asks for 2 to 4 of each side.
   * @default 64
   */
  readonly maxEntries?: number;
}

const DEFAULT_POLICY: RelayUrlPolicy = {};

/** Keeps every relay of a list: an app's own policy is applied when relays are chosen. */
export const ANY_RELAY: RelayUrlPolicy = {
  allowLocal: true,
  allowInsecure: true,
  allowOnion: true,
};

/**
 * Reads a relay list, whatever its tags hold.
 *
 * In a kind 10002, an entry (`r`) with the marker `read` is an inbox, and one with the marker
 * `write` an outbox. An entry without a marker, with an empty or unknown one, or with both, is
 * inbox and outbox. A relay named twice has the sides of both entries. The other kinds have no
 * sides: all their relays are in `write` and in `read`. These are the public `relay` tags of
 * kinds 10050, 10006, 10007, 10013, 10086 and 10089, and the `r` tags of kind 10009. Entries that name no
 * usable relay are in `refused`. An expired list (NIP-40) is read as any other.
 *
 * The signature is not checked.
 *
 * @throws {TypeError} If the event is of another kind.
 * @throws {RangeError} If `maxEntries` is not an integer of at least 1.
 *
 * @example A relay to read and write, an inbox, and an entry that is no relay
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseRelayList } from "@npool/outbox";
 *
 * const list = parseRelayList({
 *   kind: 10002,
 *   pubkey: "aa".repeat(32),
 *   created_at: 1_700_000_000,
 *   tags: [["r", "wss://nos.lol"], ["r", "wss://inbox.example", "read"], ["r", "junk"]],
 *   content: "",
 *   id: "",
 *   sig: "",
 * });
 *
 * assert.deepEqual(list.write, ["wss://nos.lol/"]);
 * assert.deepEqual(list.read, ["wss://nos.lol/", "wss://inbox.example/"]);
 * assert.deepEqual(list.refused, [{ url: "junk", reason: "no-scheme" }]);
 * ```
 */
export function parseRelayList(
  event: NostrEvent,
  options: ParseRelayListOptions = {},
): RelayList {
  const { kind } = event;
  if (!LIST_KINDS.includes(kind)) {
    throw new TypeError(
      `Cannot read a relay list: "kind" must be one of ${LIST_KINDS.join(", ")}, got ${kind}`,
    );
  }
  const name = kind === RELAY_LIST_KIND || kind === GROUP_LIST_KIND ? "r" : "relay";
  const { policy = DEFAULT_POLICY } = options;
  const maxEntries = integer("maxEntries", options.maxEntries, 64, 1);
  const check = rememberedCheck(policy);
  const urls: string[] = [];
  const sides: number[] = [];
  const refused: RefusedRelay[] = [];

  let entries = 0;
  let marked = false;
  for (const tag of event.tags) {
    if (!Array.isArray(tag) || tag[0] !== name || typeof tag[1] !== "string") continue;
    if (++entries > maxEntries) break;
    const { url, reason } = check(tag[1]);
    if (url === undefined) {
      refused.push({ url: excerpt(tag[1]), reason });
      continue;
    }
    const side = kind === RELAY_LIST_KIND ? sidesOf(tag) : BOTH;
    if (side !== BOTH) marked = true;
    const earlier = urls.indexOf(url);
    if (earlier >= 0) sides[earlier] |= side;
    else sides[urls.push(url) - 1] = side;
  }

  // Nine lists in ten have no markers: a hundred thousand of them share one array.
  // A copy, since an array that grew by `push()` keeps room for seventeen entries.
  const all = urls.slice();
  const expires_at = expiresAt(event);
  const list: RelayList = {
    pubkey: event.pubkey,
    created_at: event.created_at,
    ...expires_at === undefined ? {} : { expires_at },
    write: marked ? urls.filter((_, i) => sides[i] & WRITE) : all,
    read: marked ? urls.filter((_, i) => sides[i] & READ) : all,
  };
  return refused.length > 0 ? { ...list, refused } : list;
}

/** The beginning of a string, as a copy: a slice would keep the whole string in memory. */
function excerpt(text: string): string {
  return JSON.parse(JSON.stringify(text.slice(0, 256)));
}

const READ = 1;
const WRITE = 2;
const BOTH = READ | WRITE;

function sidesOf(tag: readonly unknown[]): number {
  let sides = 0;
  for (let i = 2; i < tag.length; i++) {
    if (tag[i] === "read") sides |= READ;
    else if (tag[i] === "write") sides |= WRITE;
  }
  return sides || BOTH;
}
