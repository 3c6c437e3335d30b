/**
 * The rule that decides where an event may go, by its kind and its tags.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isReplaceableKind } from "nostr-tools/kinds";
import {
  DELETION_KIND,
  DM_LIST_KIND,
  DRAFT_KIND,
  GIFT_WRAP_KINDS,
  PRIVATE_LIST_KIND,
  RELAY_LIST_KIND,
  VANISH_KIND,
} from "../nostr/kinds.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import type { UnroutedReason } from "../nostr/unrouted.ts";

/** The lists of its author that an event may go by. */
export type AuthorList = "write" | "read" | "dm" | "private";

/** Where an event goes; see {@link eventRule}. */
export type EventRule =
  /** To its author's write relays, and to inboxes of the users it tags. */
  | { readonly to: "outbox-and-inboxes" }
  /** To its author's write relays, and to indexers. */
  | { readonly to: "indexed" }
  /** To its author's write relays alone. */
  | { readonly to: "outbox" }
  /** Wherever the deleted events may be. */
  | { readonly to: "deleted"; readonly ids: readonly string[] }
  /** To all relays of these lists of its author, to indexers, and to fallback relays. */
  | { readonly to: "everywhere"; readonly lists: readonly AuthorList[] }
  /** To the relays of its recipients' kind 10050 lists. */
  | { readonly to: "dm"; readonly recipients: readonly string[] }
  /** To the relays of its author's kind 10013 list. */
  | { readonly to: "private" }
  /** To the group's host; `host` is absent if the event does not name it. */
  | { readonly to: "group"; readonly id: string; readonly host?: string }
  /** To the relays that the event names. */
  | { readonly to: "named"; readonly urls: readonly string[] }
  /** To no relay. */
  | { readonly to: "nowhere"; readonly reason: UnroutedReason; readonly why: string };

/** Most events of one deletion whose hints are looked up. */
const MAX_DELETED_LOOKUPS = 100;

/** Kinds that are never routed by relay lists, and why. */
const NEVER_ROUTED: Readonly<Record<number, string>> = {
  13: "a seal travels inside a gift wrap (NIP-59)",
  14: "a private message travels inside a gift wrap (NIP-17)",
  15: "a private file travels inside a gift wrap (NIP-17)",
  9734: "a zap request is sent to the recipient's LNURL server (NIP-57)",
  22242: "an auth event answers the relay that asked for it (NIP-42)",
  27235: "an HTTP auth event is sent in a header (NIP-98)",
  13194: "a wallet's relays come from its connection string (NIP-47)",
  23194: "a wallet's relays come from its connection string (NIP-47)",
  23195: "a wallet's relays come from its connection string (NIP-47)",
  24133: "a remote signer's relays come from its connection string (NIP-46)",
};

/** Whether events of a kind are never routed by relay lists, signed or not. */
export function isNeverRouted(kind: number): boolean {
  return Object.hasOwn(NEVER_ROUTED, kind);
}

/**
 * Kinds that say where to find their author, each with the lists whose relays should learn
 * of a change. NIP-65 has them spread to as many relays as is viable.
 */
const SPREAD_KINDS: Readonly<Record<number, readonly AuthorList[]>> = {
  [RELAY_LIST_KIND]: ["write", "read"],
  [DM_LIST_KIND]: ["write", "read", "dm"],
};

/**
 * The rule for an event. The strictest rule wins: first events that must not be sent at
 * all, then events bound to certain relays, then events that are spread widely, then posts.
 */
export function eventRule(event: NostrEvent): EventRule {
  const { kind, tags } = event;
  if (isNeverRouted(kind)) return nowhere("never-routed", NEVER_ROUTED[kind]);
  if (GIFT_WRAP_KINDS.includes(kind)) return { to: "dm", recipients: recipientsOf(tags) };
  if (kind === DRAFT_KIND) return { to: "private" };
  const group = tags.find(([name]) => name === "h");
  if (group) {
    const [, id = "", host] = group;
    return host ? { to: "group", id, host } : { to: "group", id };
  }
  if (tags.some(([name]) => name === "-")) return { to: "outbox" };
  if (kind === VANISH_KIND) return vanishRule(tags);
  if (kind === DELETION_KIND) return deletionRule(tags);
  if (kind in SPREAD_KINDS) return { to: "everywhere", lists: SPREAD_KINDS[kind] };
  const isIndexed = isReplaceableKind(kind) && kind !== PRIVATE_LIST_KIND;
  return { to: isIndexed ? "indexed" : "outbox-and-inboxes" };
}

/** The recipients of a gift wrap, each once. */
function recipientsOf(tags: NostrEvent["tags"]): string[] {
  return [...new Set(tags.filter(([name]) => name === "p").map(([, pubkey]) => pubkey))]
    .filter(isPubkey);
}

/** A request to vanish goes to the relays it names, or to as many as possible (NIP-62). */
function vanishRule(tags: NostrEvent["tags"]): EventRule {
  const urls = tags.filter(([name]) => name === "relay").map(([, url]) => url);
  if (urls.includes("ALL_RELAYS")) {
    return { to: "everywhere", lists: ["write", "read", "dm", "private"] };
  }
  return urls.length > 0
    ? { to: "named", urls }
    : nowhere("never-routed", "it names no relay to vanish from (NIP-62)");
}

/** A list is deleted wherever it was spread to (NIP-09). */
function deletionRule(tags: NostrEvent["tags"]): EventRule {
  const lists = tags.flatMap(([name, value = ""]) =>
    name === "a" || name === "k" ? SPREAD_KINDS[parseInt(value)] ?? [] : []
  );
  return lists.length > 0
    ? { to: "everywhere", lists: [...new Set(lists)] }
    : { to: "deleted", ids: deletedIds(tags) };
}

/** The ids of the events that a deletion names, each once. */
function deletedIds(tags: NostrEvent["tags"]): string[] {
  const ids = tags.filter(([name, id]) => name === "e" && isPubkey(id)).map(([, id]) => id);
  return [...new Set(ids)].slice(0, MAX_DELETED_LOOKUPS);
}

function nowhere(reason: UnroutedReason, why: string): EventRule {
  return { to: "nowhere", reason, why };
}
