/**
 * Pages of one filter: whether a relay cut its answer short, and what to request next.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { matchFilter } from "nostr-tools";
import type { AnswerProof } from "../nostr/answer_proof.ts";
import { mostMatches } from "../nostr/most_matches.ts";
import type { RelayLimits } from "../nostr/relay_failure.ts";
import type { EoseHint } from "../nostr/relay_frame.ts";

/** One page of a filter at one relay. */
export interface FilterPage {
  /** The filter of the first page. */
  readonly origin: NostrFilter;
  /** The filter, with the `until` of the page. */
  readonly filter: NostrFilter;
  /** The page's number, from 0. */
  readonly page: number;
  /** The ids of the oldest events of the previous page. */
  readonly overlap: ReadonlySet<string>;
  /** How many events the previous page brought. */
  readonly before: number;
  /** How many events came so far. */
  count: number;
  /** How many of them the previous page did not have. */
  fresh: number;
  /** The `created_at` of the oldest, in Unix seconds; `Infinity` before the first. */
  oldest: number;
  /** The ids of the events of that second. */
  edge: Set<string>;
  /** What came of the {@link mostMatches} things that the filter can match; absent without them. */
  readonly matched?: Set<string>;
}

/** The first page of a filter. */
export function firstPage(filter: NostrFilter): FilterPage {
  return page(filter, filter, 0, new Set(), 0);
}

/** The same page without its events, to be requested again. */
export function samePage(
  { origin, filter, page: number, overlap, before }: FilterPage,
): FilterPage {
  return page(origin, filter, number, overlap, before);
}

function page(
  origin: NostrFilter,
  filter: NostrFilter,
  number: number,
  overlap: ReadonlySet<string>,
  before: number,
): FilterPage {
  return {
    origin,
    filter,
    page: number,
    overlap,
    before,
    count: 0,
    fresh: 0,
    oldest: Infinity,
    edge: new Set(),
    ...mostMatches(filter) === undefined ? {} : { matched: new Set() },
  };
}

/** Adds an event that matches the filter. */
export function addToPage(page: FilterPage, event: NostrEvent): void {
  const { id, kind, pubkey, created_at } = event;
  page.count++;
  page.matched?.add(page.filter.ids ? id : `${kind}:${pubkey}`);
  if (!page.overlap.has(id)) page.fresh++;
  if (created_at > page.oldest) return;
  if (created_at < page.oldest) {
    page.oldest = created_at;
    page.edge = new Set();
  }
  page.edge.add(id);
}

/**
 * Fewer events than this are the whole answer of an unknown relay: no relay is known to cut at
 * fewer.
 */
const MIN_CUT_EVENTS = 100;

/**
 * Whether older events may be left: as the relay says (NIP-67), or since the answer has as many
 * events as the relay sends at most, or may have. It is whole if nothing else can match the filter.
 */
export function isCut(
  { filter, count, matched }: FilterPage,
  { cutAt, fullAt = 0 }: RelayLimits,
  hints: readonly EoseHint[] = [],
): boolean {
  if (matched && matched.size === mostMatches(filter)) return false;
  if (hints.includes("more")) return true;
  if (hints.includes("finish")) return false;
  if (filter.limit !== undefined && count >= filter.limit) return true;
  if (cutAt !== undefined) return count >= cutAt;
  return count >= MIN_CUT_EVENTS && count > fullAt;
}

/** Whether a filter asks for everything in a time range, so that pages are of use. */
export function isPaged({ since, limit, ids, search }: NostrFilter): boolean {
  return since !== undefined && limit === undefined && ids === undefined && search === undefined;
}

/**
 * The page after one that was cut; `undefined` if that reached the start of the time range, or
 * brought nothing new and the relay does not say that there is more.
 *
 * The next page ends in the second of this page's oldest event, since others of that second may be
 * missing. If a whole page lies within one second, no request can get further in it: the next page
 * ends a second earlier.
 */
export function nextPage(
  last: FilterPage,
  hints: readonly EoseHint[] = [],
): FilterPage | undefined {
  const { filter, oldest, fresh, count, edge } = last;
  if (!Number.isFinite(oldest) || fresh === 0 && !hints.includes("more")) return undefined;
  const isOneSecond = oldest === filter.until || edge.size === count;
  const until = isOneSecond ? oldest - 1 : oldest;
  if (until < filter.since!) return undefined;
  return page(last.origin, { ...filter, until }, last.page + 1, last.edge, last.count);
}

/** What the last page of a filter proves, where none follows and none should. */
function proofOf(
  { page, fresh }: FilterPage,
  hints: readonly EoseHint[] = [],
): AnswerProof {
  if (hints.includes("auth")) return "unknown";
  if (hints.includes("finish") && !hints.includes("more")) return "finish";
  return page > 0 && fresh === 0 ? "drained" : "inferred";
}

/** What comes after a page: the next one, or what its filter's answer proves, or both. */
export interface PageEnd {
  readonly next?: FilterPage;
  readonly proof?: AnswerProof;
}

/**
 * What comes after a page.
 *
 * @param isMoving Whether any page of the same REQ brought something new.
 * @param maxPages Most pages of one filter beyond the first.
 */
export function endOf(
  page: FilterPage,
  limits: RelayLimits,
  hints: readonly EoseHint[],
  { isMoving, maxPages }: { isMoving: boolean; maxPages: number },
): PageEnd {
  if (!isCut(page, limits, hints)) return { proof: proofOf(page, hints) };
  // Other filters of the REQ took all the room: this one is sent again.
  const isStuck = hints.includes("more") && page.count === 0;
  const next = !isPaged(page.filter)
    ? undefined
    : isStuck && isMoving
    ? samePage(page)
    : nextPage(page, hints);
  if (next && next.page <= maxPages) {
    return hints.includes("auth") ? { next, proof: "unknown" } : { next };
  }
  const isLeft = !isPaged(page.filter) || next !== undefined || isStuck;
  return { proof: isLeft ? "unknown" : proofOf(page, hints) };
}

/** What a page shows of where the relay cuts answers, given how many the previous page had. */
export function lessonOf(
  { page, before, fresh }: FilterPage,
  { cutAt, fullAt = 0 }: RelayLimits,
): Partial<RelayLimits> {
  if (page === 0) return {};
  if (fresh > 0) return before < (cutAt ?? Infinity) ? { cutAt: before } : {};
  return cutAt === undefined && before > fullAt ? { fullAt: before } : {};
}

/** Pages by the authors in their filters, so that few filters are tried for each event. */
export class PageIndex {
  readonly #byAuthor = new Map<string, FilterPage[]>();
  readonly #others: FilterPage[] = [];

  constructor(pages: readonly FilterPage[]) {
    for (const page of pages) {
      if (!page.filter.authors) {
        this.#others.push(page);
        continue;
      }
      for (const author of new Set(page.filter.authors)) {
        const pagesOfAuthor = this.#byAuthor.get(author);
        if (pagesOfAuthor) pagesOfAuthor.push(page);
        else this.#byAuthor.set(author, [page]);
      }
    }
  }

  /** The pages whose filters match an event. */
  of(event: NostrEvent): FilterPage[] {
    const pagesOfAuthor = this.#byAuthor.get(event.pubkey) ?? [];
    return [...pagesOfAuthor, ...this.#others].filter(({ filter }) => matchFilter(filter, event));
  }
}
