/**
 * Verifies each event once, however many requests want it.
 *
 * The room `signatures` says whether events are genuine, and does that work in threads of its own
 * where there is much of it.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { serializeEvent } from "nostr-tools/pure";
import { VerificationCache, type VerifyEvent } from "../nostr/verification_cache.ts";

/** A verifier with a memory, over one without. */
export class EventVerifier {
  readonly #verify: VerifyEvent;
  readonly #cache = new VerificationCache();
  /** What is being verified, by all that the result depends on. */
  readonly #underWay = new Map<string, Promise<boolean>>();

  /** `verify` is called with events of the right form. */
  constructor(verify: VerifyEvent) {
    this.#verify = verify;
  }

  /** Says at once, where that is possible, whether an event is genuine; else as a promise. */
  readonly verify = (event: NostrEvent): boolean | Promise<boolean> => {
    const known = this.#cache.check(event);
    if (known !== undefined) return known;
    // Not by id and signature alone: a forger may send these first, with other content.
    const key = this.#underWay.size > 0 ? exactText(event) : undefined;
    const same = key === undefined ? undefined : this.#underWay.get(key);
    if (same) return same;
    const result = this.#verify(event);
    if (result instanceof Promise) return this.#share(key ?? exactText(event), event, result);
    if (result) this.#cache.add(event);
    return result;
  };

  /** Takes events as verified that come from a store that has only genuine ones. */
  readonly trust = (events: Iterable<NostrEvent>): void => {
    this.#cache.addAll(events);
  };

  #share(key: string, { id, sig }: NostrEvent, result: Promise<boolean>): Promise<boolean> {
    const shared = result.then((isValid) => {
      if (isValid) this.#cache.add({ id, sig } as NostrEvent);
      return isValid;
    }).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, shared);
    return shared;
  }
}

function exactText(event: NostrEvent): string {
  return `${event.id}${event.sig}${serializeEvent(event)}`;
}
