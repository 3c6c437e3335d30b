/**
 * What takes a relay list back: deletion (NIP-09) and vanishing (NIP-62).
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { DELETION_KIND, RELAY_LIST_KIND, VANISH_KIND } from "./kinds.ts";

/** Finds what may have taken back this list. */
export function deletionFilters({ pubkey, created_at, id }: NostrEvent): NostrFilter[] {
  const authors = [pubkey];
  return [
    { kinds: [DELETION_KIND], authors, "#a": [coordinate(pubkey)], since: created_at },
    { kinds: [DELETION_KIND], authors, "#e": [id] },
    { kinds: [VANISH_KIND], authors, since: created_at },
  ];
}

/**
 * Whether a deletion or vanishing takes back this list: its own author's alone,
 * and by coordinate only versions up to its own time.
 */
export function takesBack(deletion: NostrEvent, list: NostrEvent): boolean {
  if (deletion.pubkey !== list.pubkey) return false;
  const upToNow = list.created_at <= deletion.created_at;
  if (deletion.kind === VANISH_KIND) return upToNow;
  return deletion.kind === DELETION_KIND &&
    deletion.tags.some(([name, value]) =>
      (name === "e" && value === list.id) ||
      (name === "a" && value === coordinate(list.pubkey) && upToNow)
    );
}

/** Finds the lists that a deletion or vanishing takes back; empty where there are none. */
export function takenBackFilters({ kind, pubkey, created_at, tags }: NostrEvent): NostrFilter[] {
  const lists: NostrFilter = { kinds: [RELAY_LIST_KIND], authors: [pubkey] };
  if (kind === VANISH_KIND) return [{ ...lists, until: created_at }];
  if (kind !== DELETION_KIND) return [];
  const ids = tags.flatMap(([name, id]) => name === "e" && id ? [id] : []);
  const named = tags.some(([name, value]) => name === "a" && value === coordinate(pubkey));
  return [
    ...ids.length > 0 ? [{ ...lists, ids }] : [],
    ...named ? [{ ...lists, until: created_at }] : [],
  ];
}

function coordinate(pubkey: string): string {
  return `${RELAY_LIST_KIND}:${pubkey}:`;
}
