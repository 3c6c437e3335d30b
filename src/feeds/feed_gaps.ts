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
import type { Cursor } from "./cursor.ts";
import type { FeedMerge } from "./feed_merge.ts";
import type { SpanBook } from "../spans/span_book.ts";
import type { FeedGap, GapReason } from "./feed_sources.ts";
import { canBeKept } from "./route_cursors.ts";

/**
 * The gaps from a second up to the feed's start: a gap for each person and relay that answers and
 * has not been read so far, and for each person whose relays all fail.
 */
export function gapsOf(
  { cursors }: Pick<FeedMerge, "cursors">,
  { plan }: Pick<Planned, "plan">,
  since: number,
  pending: ReadonlySet<string> = new Set(),
): FeedGap[] {
  const relays = [...cursors].filter(({ url }) => url !== "");
  const read = new Set(
    relays.filter((one) => !one.failure && !one.isUnproven && one.position <= since)
      .flatMap(({ subjects }) => subjects),
  );
  const gaps = relays.flatMap((cursor): FeedGap[] => {
    const gap = gapOf(cursor, since);
    if (!gap) return [];
    const { filter, subjects } = cursor;
    if (subjects.length === 0) return [gap];
    const isPerson = (subject: string) => filter["#h"] === undefined && isPubkey(subject);
    return subjects.filter((subject) => !cursor.failure || !read.has(subject))
      .map((subject) => isPerson(subject) ? { pubkey: subject, ...gap } : gap);
  });
  const lost = plan.unrouted.filter(({ pubkey }) => !pubkey || !pending.has(pubkey));
  const unrouted = lost.map(({ pubkey, reason }): FeedGap => ({
    ...pubkey === undefined ? {} : { pubkey },
    since,
    reason,
  }));
  const searched = [...pending].map((pubkey): FeedGap => ({ pubkey, since, reason: "late" }));
  return [...gaps, ...unrouted, ...searched];
}

/**
 * From when on the events of each author may be missing in a store: after what was read of all
 * relays that were read. `undefined` for those of whom nothing was.
 */
export function knownFrom(
  spans: Pick<SpanBook, "get" | "relaysOf">,
  filters: readonly NostrFilter[],
  store: number,
): Map<string, number | undefined> {
  const from = new Map<string, number | undefined>();
  for (const filter of filters) {
    if (!canBeKept(filter)) continue;
    for (const author of filter.authors!) {
      const ends = spans.relaysOf(author).flatMap((url) =>
        spans.get(author, url, filter.kinds, { store }).slice(0, 1).map(({ until }) => until + 1)
      );
      const end = ends.length === 0 ? undefined : Math.min(...ends);
      const before = from.has(author) ? from.get(author) : Infinity;
      from.set(
        author,
        end === undefined || before === undefined ? undefined : Math.min(end, before),
      );
    }
  }
  return from;
}

/** The gaps of a page that comes from a store alone: they may be at any relay. */
export function openingGaps(
  known: ReadonlyMap<string, number | undefined>,
  since: number,
): FeedGap[] {
  return [...known].map(([pubkey, from = since]) => ({
    pubkey,
    since: Math.max(since, from),
    reason: "late",
  }));
}

/** What is missing at one relay. */
function gapOf(cursor: Cursor, since: number): FeedGap | undefined {
  const { url, position, failure, gapSince, cutSeconds } = cursor;
  if (failure) {
    const from = position <= since ? undefined : Math.max(since, gapSince);
    if (from !== undefined) {
      return { relay: url, since: from, reason: failure.reason as GapReason };
    }
  } else if (cursor.isUnproven) {
    return { relay: url, since: Math.max(since, gapSince), reason: "no-answer" };
  } else if (position > since) {
    return { relay: url, since: Math.max(since, gapSince), reason: "late" };
  }
  const cut = cutSeconds.filter((second) => second >= since);
  return cut.length === 0 ? undefined : { relay: url, since: Math.min(...cut), reason: "cut" };
}
