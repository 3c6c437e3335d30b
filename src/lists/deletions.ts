/**
 * What takes a list back: deletion (NIP-09) and vanishing (NIP-62).
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { DELETION_KIND, LIST_KINDS, VANISH_KIND } from "../nostr/kinds.ts";

/** Finds what may have taken back any of these lists, of which there is at least one. */
export function deletionFilters(lists: readonly NostrEvent[]): NostrFilter[] {
  const authors = [...new Set(lists.map(({ pubkey }) => pubkey))];
  const since = lists.reduce((least, list) => Math.min(least, list.created_at), Infinity);
  return [
    { kinds: [DELETION_KIND], authors, "#a": [...new Set(lists.map(coordinate))], since },
    { kinds: [DELETION_KIND], authors, "#e": [...new Set(lists.map(({ id }) => id))] },
    { kinds: [VANISH_KIND], authors, since },
  ];
}

/**
 * Reads deletions and vanishings once, and tells of a list which of them takes it
 * back: its own author's alone, by id, or by coordinate or vanishing where the list
 * is not younger. Other events among them take nothing back.
 */
export function takenBackBy(
  deletions: readonly NostrEvent[],
): (list: NostrEvent) => NostrEvent | undefined {
  const byId = new Map<string, NostrEvent>();
  const upTo = new Map<string, NostrEvent>();
  const reach = (key: string, deletion: NostrEvent) => {
    const latest = upTo.get(key);
    if (!latest || latest.created_at < deletion.created_at) upTo.set(key, deletion);
  };
  for (const deletion of deletions) {
    const { kind, pubkey, tags } = deletion;
    if (kind === VANISH_KIND) reach(pubkey, deletion);
    if (kind !== DELETION_KIND) continue;
    for (const [name, value] of tags) {
      if (name === "e") byId.set(`${value} ${pubkey}`, deletion);
      // Of one's own coordinates alone; whose it is stands in the coordinate.
      else if (name === "a" && value?.slice(-65, -1) === pubkey) reach(value, deletion);
    }
  }
  return (list) => {
    const named = byId.get(`${list.id} ${list.pubkey}`);
    if (named) return named;
    return [upTo.get(list.pubkey), upTo.get(coordinate(list))]
      .find((deletion) => deletion && list.created_at <= deletion.created_at);
  };
}

/** Finds the lists that a deletion or vanishing takes back; empty where there are none. */
export function takenBackFilters({ kind, pubkey, created_at, tags }: NostrEvent): NostrFilter[] {
  const authors = [pubkey];
  const until = created_at;
  if (kind === VANISH_KIND) return [{ kinds: [...LIST_KINDS], authors, until }];
  if (kind !== DELETION_KIND) return [];
  const ids = tags.flatMap(([name, id]) => name === "e" && id ? [id] : []);
  const named = new Set(tags.flatMap(([name, value]) => name === "a" ? [value] : []));
  const kinds = LIST_KINDS.filter((kind) => named.has(coordinate({ kind, pubkey })));
  return [
    ...ids.length > 0 ? [{ kinds: [...LIST_KINDS], authors, ids }] : [],
    ...kinds.length > 0 ? [{ kinds, authors, until }] : [],
  ];
}

function coordinate({ kind, pubkey }: Pick<NostrEvent, "kind" | "pubkey">): string {
  return `${kind}:${pubkey}:`;
}
