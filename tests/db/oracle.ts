/**
 * What an event store must do, in the most obvious way.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { kinds, matchFilter } from "nostr-tools";

/** An array of events that keeps the rules of NIP-01, NIP-09 and NIP-62. */
export class Oracle {
  readonly #events: NostrEvent[] = [];

  /** Stores an event; `false` if a stored deletion keeps it out. */
  event(event: NostrEvent): boolean {
    if (kinds.isEphemeralKind(event.kind)) return true;
    if (this.#events.some((stored) => deletes(stored, event))) return false;
    if (this.#events.some(({ id }) => id === event.id)) return true;
    if (this.#events.some((stored) => replaces(stored, event))) return true;
    const kept = this.#events.filter((stored) =>
      !deletes(event, stored) && !replaces(event, stored)
    );
    this.#events.splice(0, Infinity, ...kept, event);
    return true;
  }

  /** The events that match, newest first. */
  query(filters: readonly NostrFilter[]): NostrEvent[] {
    const sorted = this.#events.toSorted(newestFirst);
    const found = filters.flatMap((filter) =>
      sorted.filter((event) => matchFilter(filter, event))
        .slice(0, filter.limit)
    );
    return sorted.filter((event) => found.includes(event));
  }
}

function newestFirst(a: NostrEvent, b: NostrEvent): number {
  return b.created_at - a.created_at || (a.id < b.id ? -1 : 1);
}

/** What a newer version of an event shares with it, if its kind has versions. */
export function addressOf(
  { kind, pubkey, tags }: Pick<NostrEvent, "kind" | "pubkey" | "tags">,
): string | undefined {
  if (kinds.isReplaceableKind(kind)) return `${kind}:${pubkey}:`;
  if (!kinds.isAddressableKind(kind)) return;
  const d = tags.find(([name]) => name === "d")?.[1] ?? "";
  return `${kind}:${pubkey}:${d}`;
}

function replaces(a: NostrEvent, b: NostrEvent): boolean {
  const address = addressOf(a);
  return address !== undefined && address === addressOf(b) &&
    newestFirst(a, b) < 0;
}

/** Whether a request to vanish takes an event with it, by its author or addressed to them. */
function takesAlong(a: NostrEvent, b: NostrEvent): boolean {
  const isNamed = a.tags.some(([name, value]) => name === "relay" && value === "ALL_RELAYS");
  const isWrap = b.kind === 1059 &&
    b.tags.some(([name, value]) => name === "p" && value === a.pubkey);
  return isNamed && b.created_at <= a.created_at && (a.pubkey === b.pubkey || isWrap);
}

function deletes(a: NostrEvent, b: NostrEvent): boolean {
  if (a.kind === 62) return b.kind !== 62 && takesAlong(a, b);
  if (a.pubkey !== b.pubkey || b.kind === 62) return false;
  const before = b.created_at <= a.created_at;
  if (a.kind !== 5 || b.kind === 5) return false;
  const address = addressOf(b);
  return a.tags.some(([name, value]) =>
    name === "e" && value === b.id ||
    name === "a" && value === address && before
  );
}
