/**
 * What an answer says to be complete. Pure.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { RelayRequestOutcome } from "./connections/relay_request.ts";
import type { AnsweredRange } from "./spans/span_book.ts";

/**
 * The ranges that a relay answered completely: of filters that name authors, and besides them
 * nothing but kinds and a time. An answer that a `limit` cut proves nothing.
 */
export function answeredRanges(
  relay: string,
  { proofs, askedAt }: RelayRequestOutcome,
): AnsweredRange[] {
  if (askedAt === undefined) return [];
  return [...proofs ?? []].flatMap(([filter, proof]) => {
    const { authors, kinds, since = 0, until = askedAt } = filter;
    if (proof === "unknown" || authors === undefined || !isByAuthor(filter)) return [];
    return [{ relay, authors, kinds, since, until, proof, at: askedAt }];
  });
}

/** Keys that leave out none of an author's events of some kinds and time. */
const KEYS: readonly string[] = ["authors", "kinds", "since", "until", "limit"];

function isByAuthor(filter: NostrFilter): boolean {
  const isNamed = Object.entries(filter).every(([key, value]) =>
    value === undefined || KEYS.includes(key)
  );
  return isNamed && filter.limit !== 0;
}
