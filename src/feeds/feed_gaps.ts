/**
 * Says whose events may be missing in the pages of a feed, where, and why.
 *
 * Pure.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { isPubkey } from "../nostr/pubkeys.ts";
import type { Planned } from "../plan/replan.ts";
import { type Cursor, type KnownRange, missingFrom } from "./cursor.ts";
import type { FeedMerge } from "./feed_merge.ts";
import type { SpanBook } from "../spans/span_book.ts";
import type { FeedGap, GapReason } from "./feed_sources.ts";
import { canBeKept } from "./route_cursors.ts";

/** What is being read, and of whom. */
export interface FeedReading {
  readonly merge: Pick<FeedMerge, "cursors">;
  /** The plan; there must be one. */
  readonly planned?: Pick<Planned, "plan">;
  /** The people whose lists are looked for. */
  readonly pending: ReadonlySet<string>;
  /** See `FeedCursors.isListed`. */
  isListed(cursor: Cursor, subject: string): boolean | undefined;
}

/**
 * The gaps from a second up to the feed's start: a gap for each person and relay that answers and
 * has not been read so far, for each person none of whose own relays has been read, whatever others
 * gave, and for all people whom the store has, while it has not been read so far.
 */
export function gapsOf(reading: FeedReading, since: number): FeedGap[] {
  const { merge: { cursors }, planned, pending } = reading;
  const relays = [...cursors].filter(({ url }) => url !== "");
  const read = new Map<string, Set<string>>();
  /** The people of whom relays are read that their lists name, and that they do not name. */
  const own = new Set<string>(), elsewhere = new Set<string>();
  for (const cursor of relays) {
    const { shape, subjects, failure, isUnproven, position } = cursor;
    const isRead = !failure && !isUnproven && position <= since;
    const some = read.get(shape) ?? new Set();
    read.set(shape, some);
    for (const subject of subjects) {
      const isListed = reading.isListed(cursor, subject);
      if (isListed !== undefined) (isListed ? own : elsewhere).add(subject);
      if (isRead && isListed !== false) some.add(subject);
    }
  }
  const gaps = relays.flatMap((cursor): FeedGap[] => {
    const gap = gapOf(cursor, since);
    if (!gap) return [];
    const { filter, subjects, shape } = cursor;
    if (subjects.length === 0) return [gap];
    const isPerson = (subject: string) => filter["#h"] === undefined && isPubkey(subject);
    return subjects.filter((subject) => !cursor.failure || !read.get(shape)?.has(subject))
      .map((subject) => isPerson(subject) ? { pubkey: subject, ...gap } : gap);
  });
  const left = [...elsewhere.difference(own).difference(pending)]
    .map((pubkey): FeedGap => ({ pubkey, since, reason: "fallback" }));
  const lost = planned!.plan.unrouted.filter(({ pubkey }) => !pubkey || !pending.has(pubkey));
  const unrouted = lost.map(({ pubkey, reason }): FeedGap => ({
    ...pubkey === undefined ? {} : { pubkey },
    since,
    reason,
  }));
  const isLeftOut = relays.some(({ leftOut, hasKnown }) => leftOut || hasKnown);
  const stores = isLeftOut ? [...cursors].filter(({ url }) => url === "") : [];
  const searched = [...pending].map((pubkey): FeedGap => ({ pubkey, since, reason: "late" }));
  return [
    ...gaps,
    ...left,
    ...stores.flatMap((cursor) => storeGaps(cursor, since)),
    ...unrouted,
    ...searched,
  ];
}

/** What was read into a store of each author, at each relay that was read. */
export function knownRanges(
  spans: Pick<SpanBook, "get" | "relaysOf">,
  filters: readonly NostrFilter[],
  store: number,
): Map<string, (readonly KnownRange[])[]> {
  const known = new Map<string, (readonly KnownRange[])[]>();
  for (const filter of filters) {
    if (!canBeKept(filter)) continue;
    for (const author of filter.authors!) {
      const ranges = spans.relaysOf(author)
        .map((url) => spans.get(author, url, filter.kinds, { store }))
        .filter(({ length }) => length > 0);
      const before = known.get(author);
      // Somebody of whom one filter has nothing has a gap from the start.
      const isUnknown = ranges.length === 0 || before?.length === 0;
      known.set(author, isUnknown ? [] : [...before ?? [], ...ranges]);
    }
  }
  return known;
}

/** The gaps of a page that comes from a store alone: they may be at any relay. */
export function openingGaps(
  known: ReadonlyMap<string, readonly (readonly KnownRange[])[]>,
  filters: readonly NostrFilter[],
  since: number,
): FeedGap[] {
  const people = [...known].map(([pubkey, relays]): FeedGap => {
    const from = relays.map((ranges) => missingFrom(ranges, since));
    return { pubkey, since: from.length === 0 ? since : Math.min(...from), reason: "late" };
  });
  // Nothing is known of other filters.
  return filters.every(canBeKept) ? people : [...people, { since, reason: "late" }];
}

/** What is missing while the store has not been read. */
function storeGaps({ filter, position }: Cursor, since: number): FeedGap[] {
  if (position <= since) return [];
  const gap: FeedGap = { since, reason: "late" };
  return filter.authors?.map((pubkey) => ({ pubkey, ...gap })) ?? [gap];
}

/** What is missing at one relay. */
function gapOf(cursor: Cursor, since: number): FeedGap | undefined {
  const { url: relay, position, failure, cutSeconds } = cursor;
  if (cursor.isUnproven && !failure) {
    return { relay, since: cursor.gapSince(since), reason: "no-answer" };
  }
  if (position > since) {
    const reason = (failure?.reason ?? "late") as GapReason;
    return { relay, since: cursor.gapSince(since), reason };
  }
  const cut = cutSeconds.filter((second) => second >= since);
  return cut.length === 0 ? undefined : { relay, since: Math.min(...cut), reason: "cut" };
}
