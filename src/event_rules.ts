/**
 * Which rule decides where an event may go, by its kind and its tags.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { DELETION_KIND, GIFT_WRAP_KINDS, VANISH_KIND } from "./kinds.ts";
import type { UnroutedReason } from "./types.ts";

/** Where an event goes; see {@link eventRule}. */
export type EventRule =
  | { readonly to: "outbox-and-inboxes" | "outbox" | "indexed" | "everywhere" | "deleted" }
  | { readonly to: "named"; readonly urls: readonly string[]; readonly reason: UnroutedReason }
  | { readonly to: "nowhere"; readonly reason: UnroutedReason; readonly why: string };

/** Kinds that no relay list says a place for, and why. */
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

/** Kinds that say where to find their author: they are spread as widely as is viable. */
const SPREAD_KINDS: readonly number[] = [10002, 10050];

/** Kinds that describe their author: the indexers keep them, too. */
const INDEXED_KINDS: readonly number[] = [0, 3];

/**
 * The rule for an event, the strictest first: what must not be sent at all, what
 * is bound to certain relays, what is spread widely, and posts.
 */
export function eventRule(event: NostrEvent): EventRule {
  const { kind, tags } = event;
  if (kind in NEVER_ROUTED) return nowhere("never-routed", NEVER_ROUTED[kind]);
  if (GIFT_WRAP_KINDS.includes(kind)) {
    return nowhere(
      "no-dm-list",
      "its recipient is not ready: no kind 10050 list is known (NIP-17)",
    );
  }
  if (kind === 31234) {
    return nowhere("no-private-list", "no kind 10013 list of its author is known (NIP-37)");
  }
  const group = tags.find(([name]) => name === "h");
  if (group) {
    return group[2]
      ? { to: "named", urls: [group[2]], reason: "no-group-host" }
      : nowhere("no-group-host", "its group's host is not known (NIP-29)");
  }
  if (tags.some(([name]) => name === "-")) return { to: "outbox" };
  if (kind === VANISH_KIND) return vanishRule(tags);
  if (SPREAD_KINDS.includes(kind)) return { to: "everywhere" };
  if (INDEXED_KINDS.includes(kind)) return { to: "indexed" };
  return { to: kind === DELETION_KIND ? "deleted" : "outbox-and-inboxes" };
}

/** A request to vanish goes to the relays it names, or to as many as possible (NIP-62). */
function vanishRule(tags: NostrEvent["tags"]): EventRule {
  const urls = tags.filter(([name]) => name === "relay").map(([, url]) => url);
  if (urls.includes("ALL_RELAYS")) return { to: "everywhere" };
  return urls.length > 0
    ? { to: "named", urls, reason: "never-routed" }
    : nowhere("never-routed", "it names no relay to vanish from (NIP-62)");
}

function nowhere(reason: UnroutedReason, why: string): EventRule {
  return { to: "nowhere", reason, why };
}
