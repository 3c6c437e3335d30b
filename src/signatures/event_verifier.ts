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
  /** What is being verified, by its signature. */
  readonly #underWay = new Map<string, UnderWay[]>();

  /** `verify` is called with events of the right form. */
  constructor(verify: VerifyEvent) {
    this.#verify = verify;
  }

  /** Says at once, where that is possible, whether an event is genuine; else as a promise. */
  readonly verify = (event: NostrEvent): boolean | Promise<boolean> => {
    const known = this.#cache.check(event);
    if (known !== undefined) return known;
    // A forger may send an id and a signature first, with other content.
    const same = this.#underWay.get(event.sig)?.find((other) => isSame(event, other.event));
    if (same) return same.result;
    const result = this.#verify(event);
    if (result instanceof Promise) return this.#share(event, result);
    if (result) this.#cache.add(event);
    return result;
  };

  /** Takes events as verified that come from a store that has only genuine ones. */
  readonly trust = (events: Iterable<NostrEvent>): void => {
    this.#cache.addAll(events);
  };

  async #share(event: NostrEvent, pending: Promise<boolean>): Promise<boolean> {
    const { sig } = event;
    const entry = { event, result: pending };
    this.#underWay.set(sig, [...this.#underWay.get(sig) ?? [], entry]);
    try {
      const isValid = await pending;
      if (isValid) this.#cache.add(event);
      return isValid;
    } finally {
      const others = this.#underWay.get(sig)!.filter((other) => other !== entry);
      if (others.length > 0) this.#underWay.set(sig, others);
      else this.#underWay.delete(sig);
    }
  }
}

/** An event that is being verified. */
interface UnderWay {
  readonly event: NostrEvent;
  readonly result: Promise<boolean>;
}

/** Whether two events are equal in all that a signature depends on. */
function isSame(one: NostrEvent, other: NostrEvent): boolean {
  return one.id === other.id && one.sig === other.sig &&
    serializeEvent(one) === serializeEvent(other);
}
