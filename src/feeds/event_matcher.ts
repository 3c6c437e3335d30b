/**
 * Matches events with filters that name many authors.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { matchFilter } from "nostr-tools";

/** Says whether an event matches any of the filters, in a time that their authors do not lengthen. */
export function eventMatcher(filters: readonly NostrFilter[]): (event: NostrEvent) => boolean {
  const parts = filters.map(({ authors, ...rest }) => ({
    authors: authors && new Set(authors),
    rest,
  }));
  return (event) =>
    parts.some(({ authors, rest }) =>
      (authors?.has(event.pubkey) ?? true) && matchFilter(rest, event)
    );
}
