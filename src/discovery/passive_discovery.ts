/**
 * What passes by in the answers to an app's own requests is taken in without asking:
 * relay lists, and hints of where people and events are.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isEphemeralKind } from "nostr-tools/kinds";
import { BoundedSet } from "../base/bounded_set.ts";
import { deliveryHints } from "../hints/delivery_hints.ts";
import { eventTagHints } from "../hints/event_tag_hints.ts";
import { followListHints } from "../hints/follow_list_hints.ts";
import type { Hint } from "../hints/hint.ts";
import { isTooLong } from "../nostr/check_event.ts";
import { EventRefusedError } from "../nostr/errors.ts";
import {
  ADDRESS_LIST_KINDS,
  DELETION_KIND,
  FOLLOW_LIST_KIND,
  GIFT_WRAP_KINDS,
  LIST_KINDS,
  VANISH_KIND,
} from "../nostr/kinds.ts";
import { isPubkey } from "../nostr/pubkeys.ts";
import { isEventKey } from "../nostr/subject_key.ts";
import type { RelayList } from "../nostr/types.ts";

/** What passing events are given to. */
export interface PassiveDiscoveryOptions {
  /** The lists. */
  readonly store: {
    peek(pubkey: string, kind?: number): RelayList | null | undefined;
    event(event: NostrEvent): Promise<void>;
  };
  /** The hints. */
  readonly book: { add(hints: Iterable<Hint>): unknown };
  /** Whose lists of other kinds count, too. */
  readonly user?: string;
  /** Told what the store throws, but for events that it refuses. */
  readonly onError: (error: Error) => void;
}

/** Most events on their way into the store; what comes beyond is let pass. */
const MOST_AT_ONCE = 1_000;
/** Ids that are remembered: many relays send the same events. */
const MOST_REMEMBERED = 10_000;

/** Looks at events that pass by. */
export class PassiveDiscovery {
  readonly #options: PassiveDiscoveryOptions;
  /** Those on their way into the store, by id. */
  readonly #storing = new Map<string, Promise<void>>();
  /** Those that need not be offered to the store again. */
  readonly #stored = new BoundedSet(MOST_REMEMBERED);
  /** Those whose tags were read. */
  readonly #read = new BoundedSet(MOST_REMEMBERED);

  constructor(options: PassiveDiscoveryOptions) {
    this.#options = options;
  }

  /** A relay sent an event that was asked for, and whose signature holds. */
  saw(event: NostrEvent, url: string): void {
    this.published(event);
    if (isEphemeralKind(event.kind) || GIFT_WRAP_KINDS.includes(event.kind)) return;
    const { store, book } = this.#options;
    const tags = event.kind === FOLLOW_LIST_KIND ? followListHints : eventTagHints;
    const said = this.#read.add(event.id) ? tags.read(event) : [];
    // What a stranger's tag says of a group would decide where its messages are asked for
    // and published.
    const hints = [...said, ...deliveryHints.read({ event, relay: url })]
      .filter(({ subject }) => isPubkey(subject) ? !store.peek(subject) : isEventKey(subject));
    if (hints.length > 0) book.add(hints);
  }

  /** A relay took an event of the app's. */
  published(event: NostrEvent): void {
    if (!this.#isWanted(event) || this.#stored.has(event.id)) return;
    if (this.#storing.has(event.id) || this.#storing.size >= MOST_AT_ONCE) return;
    if (isTooLong(event)) return;
    this.#storing.set(event.id, this.#store(event));
  }

  /** Resolves once all that was seen up to now is stored. */
  async idle(): Promise<void> {
    await Promise.all(this.#storing.values());
  }

  async #store(event: NostrEvent): Promise<void> {
    try {
      await this.#options.store.event(event);
      this.#stored.add(event.id);
    } catch (cause) {
      // It was deleted, or comes from the future: there is no more to say.
      if (cause instanceof EventRefusedError) return;
      const message = `Cannot store event ${event.id} of kind ${event.kind} that passed by`;
      this.#options.onError(new Error(message, { cause }));
    } finally {
      this.#storing.delete(event.id);
    }
  }

  /** Whether an event is a list, or may take one back, and says something new. */
  #isWanted({ kind, pubkey, created_at, tags }: NostrEvent): boolean {
    if (kind === VANISH_KIND) return tags.some(namesAllRelays);
    if (kind === DELETION_KIND) return tags.some(namesList);
    if (!LIST_KINDS.includes(kind)) return false;
    if (!ADDRESS_LIST_KINDS.includes(kind)) return pubkey === this.#options.user;
    const known = this.#options.store.peek(pubkey, kind);
    return !known || known.created_at <= created_at;
  }
}

/**
 * Whether a tag of a request to vanish names all relays (NIP-62). Who vanishes from some
 * is still on the others, where their list says.
 */
function namesAllRelays([name, value]: readonly string[]): boolean {
  return name === "relay" && value === "ALL_RELAYS";
}

/** Whether a tag of a deletion names a list, or its kind (NIP-09). */
function namesList([name, value = ""]: readonly string[]): boolean {
  if (name !== "a" && name !== "k") return false;
  return LIST_KINDS.includes(Number(value.split(":", 1)[0]));
}
