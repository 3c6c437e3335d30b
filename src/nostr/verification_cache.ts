/**
 * Verifies each event once, from however many relays it comes.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { LRUCache } from "lru-cache";
import { getEventHash, validateEvent } from "nostr-tools/pure";

/** How many verified signatures are remembered: 20 MB at the most. */
const REMEMBERED = 50_000;

/**
 * Puts a memory before a check of signatures, which takes about a millisecond, as
 * long as fifty hashes. The id is computed anew each time: the same id and
 * signature on other content are forged.
 */
export function cachedVerifier(
  verify: (event: NostrEvent) => boolean,
): (event: NostrEvent) => boolean {
  const known = new LRUCache<string, string>({ max: REMEMBERED });
  return (event) => {
    // What has not the form of an event has no hash either.
    if (!validateEvent(event)) return false;
    if (known.get(event.id) === event.sig) return getEventHash(event) === event.id;
    const isGood = verify(event);
    if (isGood) known.set(event.id, event.sig);
    return isGood;
  };
}
