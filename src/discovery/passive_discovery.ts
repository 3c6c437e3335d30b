/**
 * Passive discovery: reads relay lists and hints from events that arrive in the answers to
 * an app's own requests, without sending requests for them.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isEphemeralKind } from "nostr-tools/kinds";
import { BoundedMap } from "../base/bounded_map.ts";
import { BoundedSet } from "../base/bounded_set.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { contentHints } from "../hints/content_hints.ts";
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
import type { RelayList } from "../nostr/relay_knowledge.ts";
import { isGroupKey } from "../nostr/subject_key.ts";
import { vanishesFrom } from "../nostr/vanish_requests.ts";

/** What {@link PassiveDiscovery} needs. */
export interface PassiveDiscoveryOptions {
  /** Stores the lists. */
  readonly store: {
    peek(pubkey: string, kind?: number): RelayList | null | undefined;
    event(event: NostrEvent): Promise<void>;
  };
  /** Keeps the hints. */
  readonly book: { add(hints: Iterable<Hint>): unknown };
  /** The app's user, whose lists of other kinds count, too. */
  readonly user?: string;
  /** Called with what the store throws, except for events that it refuses. */
  readonly onError: (error: Error) => void;
  /** @default the clock of the machine */
  readonly clock?: Clock;
}

/** Most events that are being stored at once; further ones are skipped. */
const MAX_CONCURRENT_WRITES = 1_000;
/** How many ids are remembered at least: many relays send the same events. */
const MIN_REMEMBERED_IDS = 10_000;
/** Of how many authors at a relay it is remembered that the relay delivered their events. */
const MAX_DELIVERIES = 20_000;
/** How long after that another delivery says nothing new: hints are dated to the day. */
const DELIVERY_MS = 3_600_000;

/** Reads the events that relays deliver or accept. */
export class PassiveDiscovery {
  readonly #options: PassiveDiscoveryOptions;
  /** Events that are being stored, by id. */
  readonly #storing = new Map<string, Promise<void>>();
  /** Events that the store has seen. */
  readonly #stored = new BoundedSet(MIN_REMEMBERED_IDS);
  /** Events whose tags and content were read. */
  readonly #read = new BoundedSet(MIN_REMEMBERED_IDS);
  /** When a relay that delivered an author's events became a hint, by both, in milliseconds. */
  readonly #delivered: BoundedMap<string, number> = new BoundedMap({ max: MAX_DELIVERIES });

  constructor(options: PassiveDiscoveryOptions) {
    this.#options = options;
  }

  /** Reads an event that a relay delivered on request, and whose signature is verified. */
  saw(event: NostrEvent, url: string): void {
    this.published(event);
    if (isEphemeralKind(event.kind) || GIFT_WRAP_KINDS.includes(event.kind)) return;
    const { store, book } = this.#options;
    const ownHints = this.#read.add(event.id) ? hintsIn(event) : [];
    // A stranger's tag about a group is ignored: it would decide where the group's messages
    // are requested from and published.
    const hints = ownHints
      .filter(({ subject }) => isPubkey(subject) ? !store.peek(subject) : !isGroupKey(subject));
    hints.push(...this.#deliveryHints(event, url));
    if (hints.length > 0) book.add(hints);
  }

  /** What a delivery says of its author, if they have no list: once in a while, as it repeats. */
  #deliveryHints(event: NostrEvent, relay: string): Hint[] {
    const { store, clock = systemClock } = this.#options;
    if (store.peek(event.pubkey)) return [];
    const key = `${event.pubkey} ${relay}`;
    const now = clock.now();
    if (now - (this.#delivered.get(key) ?? -Infinity) < DELIVERY_MS) return [];
    const hints = deliveryHints.read({ event, relay });
    if (hints.length > 0) this.#delivered.set(key, now);
    return hints;
  }

  /** Reads an event of the app's that a relay accepted; resolves once its list is stored. */
  published(event: NostrEvent): Promise<void> | undefined {
    if (!this.#isUseful(event) || this.#stored.has(event.id)) return;
    const known = this.#storing.get(event.id);
    if (known || this.#storing.size >= MAX_CONCURRENT_WRITES || isTooLong(event)) return known;
    const storing = this.#store(event);
    this.#storing.set(event.id, storing);
    return storing;
  }

  /** Resolves once everything that was read until now is stored. */
  async idle(): Promise<void> {
    await Promise.all(this.#storing.values());
  }

  async #store(event: NostrEvent): Promise<void> {
    try {
      await this.#options.store.event(event);
      this.#stored.add(event.id);
    } catch (cause) {
      // Its author deleted it, or it comes from the future: neither is a failure.
      if (cause instanceof EventRefusedError) return;
      const message = `Cannot store event ${event.id} of kind ${event.kind} from a relay's answer`;
      this.#options.onError(new Error(message, { cause }));
    } finally {
      this.#storing.delete(event.id);
    }
  }

  /** Whether an event is a list that is not older than the known one, or may delete lists. */
  #isUseful({ kind, pubkey, created_at, tags }: NostrEvent): boolean {
    // Whoever vanishes from some relays (NIP-62) is still on the others that their list names.
    if (kind === VANISH_KIND) return vanishesFrom({ tags }, []);
    if (kind === DELETION_KIND) return tags.some(namesList);
    if (!LIST_KINDS.includes(kind)) return false;
    if (!ADDRESS_LIST_KINDS.includes(kind)) return pubkey === this.#options.user;
    const known = this.#options.store.peek(pubkey, kind);
    return !known || known.created_at <= created_at;
  }
}

/** The hints in the tags and the content of an event. */
function hintsIn(event: NostrEvent): Hint[] {
  if (event.kind === FOLLOW_LIST_KIND) return followListHints.read(event);
  return [...eventTagHints.read(event), ...contentHints.read(event)];
}

/** Whether a tag of a deletion names a list, or its kind (NIP-09). */
function namesList([name, value = ""]: readonly string[]): boolean {
  if (name !== "a" && name !== "k") return false;
  return LIST_KINDS.includes(Number(value.split(":", 1)[0]));
}
