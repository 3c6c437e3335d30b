/**
 * Filters of many small requests, joined for one REQ.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";

/** Filters that differ in ids, authors or `#e` alone, as one each. */
export function unionOf(filters: readonly NostrFilter[]): NostrFilter[] {
  const groups = new Map<string, NostrFilter>();
  for (const { ids, authors, limit: _, ...rest } of filters) {
    const key = JSON.stringify([rest, Boolean(ids), Boolean(authors)]);
    const known = groups.get(key);
    const join = (a: string[] = [], b: string[] = []) => [...new Set([...a, ...b])];
    groups.set(key, {
      ...rest,
      ...ids && { ids: join(known?.ids, ids) },
      ...authors && { authors: join(known?.authors, authors) },
    });
  }
  return filters.length === 1 ? [...filters] : [...groups.values()];
}

/** Whether an event is what a gathered request asked for. */
export function isFor({ ids, authors }: NostrFilter, { id, pubkey }: NostrEvent): boolean {
  return (ids?.includes(id) ?? true) && (authors?.includes(pubkey) ?? true);
}
