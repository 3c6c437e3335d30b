/**
 * Remembers verified signatures, so that an event from several relays is verified once.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { getEventHash, validateEvent } from "nostr-tools/pure";
import { LruCache } from "../base/lru_cache.ts";
import { isSignature } from "./check_event.ts";
import { isPubkey } from "./pubkeys.ts";

/** Says, now or later, whether the id and the signature of an event are right. */
export type VerifyEvent = (event: NostrEvent) => boolean | Promise<boolean>;

/** Most signatures that are remembered: at most 20 MB. */
const MAX_REMEMBERED_SIGNATURES = 50_000;

/**
 * The ids and signatures that were verified. Verifying a signature takes about a millisecond, as
 * long as fifty hashes. The id is computed each time, since the same id and signature on other
 * content are forged.
 */
export class VerificationCache {
  readonly #verified = new LruCache<string, string>({ max: MAX_REMEMBERED_SIGNATURES });

  /**
   * Whether an event is genuine, as far as that is known without its signature: `false` if it does
   * not have the form of an event, or has other content than the one that was verified.
   */
  check(event: NostrEvent): boolean | undefined {
    // `nostr-wasm` takes the beginning of an id for the id, and other letters for zeros.
    if (!validateEvent(event) || !isPubkey(event.id) || !isSignature(event.sig)) return false;
    if (this.#verified.get(event.id) !== event.sig) return undefined;
    return getEventHash(event) === event.id;
  }

  /** Adds an event whose signature is verified; it must have passed {@link check}. */
  add({ id, sig }: NostrEvent): void {
    this.#verified.set(id, sig);
  }

  /** Adds events of a store that has only genuine ones. */
  addAll(events: Iterable<NostrEvent>): void {
    for (const event of events) if (this.check(event) === undefined) this.add(event);
  }
}
