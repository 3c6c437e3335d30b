/**
 * How many events can match a filter at most.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { isReplaceableKind } from "nostr-tools/kinds";

/**
 * How many events can match a filter at most: as many as it names ids, or as it names authors of
 * replaceable kinds (NIP-01), each time for each kind. `undefined` where there is no such bound.
 */
export function mostMatches({ ids, authors, kinds }: NostrFilter): number | undefined {
  if (ids) return new Set(ids).size;
  if (!authors || !kinds?.every(isReplaceableKind)) return undefined;
  return new Set(authors).size * new Set(kinds).size;
}
