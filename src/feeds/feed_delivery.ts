/**
 * What the pages of a feed show of relays: how much of what others had each of them had, too.
 *
 * Pure.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { Cursor } from "./cursor.ts";

/** What a page shows of one relay. */
export interface PageDelivery {
  readonly url: string;
  /** How many authors' events it had, as shares: half of the events of one author is 1/2. */
  readonly hits: number;
  /** The same for events that it lacked. */
  readonly misses: number;
}

/**
 * Compares the relays of each author of a page, where two or more were read past the page's end. A
 * cursor that left known ranges out is not compared: it was not asked for all of the page.
 *
 * @param relaysPerAuthor How many relays an author with a list is read from. Others need not have
 * anything of authors who are read from more.
 */
export function pageDelivery(
  events: readonly NostrEvent[],
  since: number,
  cursors: Iterable<Cursor>,
  relaysPerAuthor = Infinity,
): PageDelivery[] {
  const byAuthor = Map.groupBy(events, ({ pubkey }) => pubkey);
  const readers = new Map<string, Cursor[]>();
  for (const cursor of cursors) {
    const { url, failure, filter, position, subjects } = cursor;
    const isRead = position <= since && !failure && !cursor.isUnproven && !cursor.leftOut;
    if (url === "" || !isRead || filter.authors === undefined) continue;
    for (const author of subjects) {
      if (byAuthor.has(author)) readers.set(author, [...readers.get(author) ?? [], cursor]);
    }
  }
  const shown = new Map<string, { hits: number; misses: number }>();
  for (const [author, some] of readers) {
    if (some.length < 2 || some.length > Math.max(2, relaysPerAuthor)) continue;
    const known = byAuthor.get(author)!.filter(({ id }) => some.some((one) => one.sent.has(id)));
    if (known.length === 0) continue;
    for (const { url, sent } of some) {
      const share = known.filter(({ id }) => sent.has(id)).length / known.length;
      const { hits, misses } = shown.get(url) ?? { hits: 0, misses: 0 };
      shown.set(url, { hits: hits + share, misses: misses + 1 - share });
    }
  }
  return [...shown].map(([url, counts]) => ({ url, ...counts }));
}
