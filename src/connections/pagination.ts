/**
 * Whether a relay cut its answer to a filter short, and what to ask for next.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { matchFilter } from "nostr-tools";
import type { RelayLimits } from "../nostr/types.ts";

/** One filter as one relay is asked it, page by page. */
export interface FilterPage {
  /** What is asked, with the `until` of the page. */
  readonly filter: NostrFilter;
  /** 0 for the first. */
  readonly page: number;
  /** The ids of the oldest events that the page before brought. */
  readonly overlap: ReadonlySet<string>;
  /** How many events the page before brought. */
  readonly before: number;
  /** How many events came. */
  count: number;
  /** How many of them the page before did not have. */
  fresh: number;
  /** When the oldest was written, in Unix seconds. */
  oldest: number;
  /** The ids of the oldest. */
  edge: Set<string>;
}

/** The first page of a filter. */
export function firstPage(filter: NostrFilter): FilterPage {
  return page(filter, 0, new Set(), 0);
}

/** The same page, to be asked for again. */
export function samePage({ filter, page: number, overlap, before }: FilterPage): FilterPage {
  return page(filter, number, overlap, before);
}

function page(
  filter: NostrFilter,
  number: number,
  overlap: ReadonlySet<string>,
  before: number,
): FilterPage {
  return {
    filter,
    page: number,
    overlap,
    before,
    count: 0,
    fresh: 0,
    oldest: Infinity,
    edge: new Set(),
  };
}

/** Enters an event that matches the filter. */
export function addToPage(page: FilterPage, { id, created_at }: NostrEvent): void {
  page.count++;
  if (!page.overlap.has(id)) page.fresh++;
  if (created_at > page.oldest) return;
  if (created_at < page.oldest) {
    page.oldest = created_at;
    page.edge = new Set();
  }
  page.edge.add(id);
}

/**
 * No relay is known to cut at fewer events: fewer are the whole answer of a relay
 * of which nothing is known.
 */
const MIN_CUT_EVENTS = 100;

/** Whether the answer has as many events as the relay sends at the most, or may. */
export function isCut({ filter, count }: FilterPage, { cutAt, fullAt = 0 }: RelayLimits): boolean {
  if (filter.limit !== undefined && count >= filter.limit) return true;
  if (cutAt !== undefined) return count >= cutAt;
  return count >= MIN_CUT_EVENTS && count > fullAt;
}

/** Whether a filter wants all there is in a stretch of time, so that pages are of use. */
export function isPaged({ since, limit, ids, search }: NostrFilter): boolean {
  return since !== undefined && limit === undefined && ids === undefined && search === undefined;
}

/**
 * What to ask for after a page that was cut; `undefined` if it reached the start
 * of the window, or brought nothing that the page before did not have.
 *
 * The next page ends in the second in which this one's oldest event was written,
 * since others of that second may be missing. Where a whole page lies within one
 * second there is no getting any further in it: the next ends a second earlier.
 */
export function nextPage(last: FilterPage): FilterPage | undefined {
  const { filter, oldest, fresh, count, edge } = last;
  if (fresh === 0 || !Number.isFinite(oldest)) return undefined;
  const isOneSecond = oldest === filter.until || edge.size === count;
  const until = isOneSecond ? oldest - 1 : oldest;
  if (until < filter.since!) return undefined;
  return page({ ...filter, until }, last.page + 1, last.edge, last.count);
}

/** What a page shows of where the relay cuts, given what the page before had. */
export function lessonOf(
  { page, before, fresh }: FilterPage,
  { cutAt, fullAt = 0 }: RelayLimits,
): Partial<RelayLimits> {
  if (page === 0) return {};
  if (fresh > 0) return before < (cutAt ?? Infinity) ? { cutAt: before } : {};
  return cutAt === undefined && before > fullAt ? { fullAt: before } : {};
}

/** Pages by the authors that their filters name, so that few filters are tried. */
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
        const own = this.#byAuthor.get(author);
        if (own) own.push(page);
        else this.#byAuthor.set(author, [page]);
      }
    }
  }

  /** The pages whose filters match an event. */
  of(event: NostrEvent): FilterPage[] {
    const named = this.#byAuthor.get(event.pubkey) ?? [];
    return [...named, ...this.#others].filter(({ filter }) => matchFilter(filter, event));
  }
}
