/**
 * Remembers verified signatures, so that an event from several relays is verified once.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { LRUCache } from "lru-cache";
import { getEventHash, validateEvent } from "nostr-tools/pure";

/** Most signatures that are remembered: at most 20 MB. */
const MAX_REMEMBERED_SIGNATURES = 50_000;

/**
 * Adds a memory to a verifier. Verifying a signature takes about a millisecond, as long as
 * fifty hashes. The id is computed each time, since the same id and signature on other content
 * are forged.
 */
export function cachedVerifier(
  verify: (event: NostrEvent) => boolean,
): (event: NostrEvent) => boolean {
  const verified = new LRUCache<string, string>({ max: MAX_REMEMBERED_SIGNATURES });
  return (event) => {
    // A value that does not have the form of an event has no hash either.
    if (!validateEvent(event)) return false;
    if (verified.get(event.id) === event.sig) return getEventHash(event) === event.id;
    const isValid = verify(event);
    if (isValid) verified.set(event.id, event.sig);
    return isValid;
  };
}
