/**
 * Events between the relays that send them and the pages that they become part of: sorted, each
 * once, and apart from those that come too late for their page.
 *
 * Pure: it keeps what it is given, within a bound.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { EventDeletion, isAddressableKind, isReplaceableKind } from "nostr-tools/kinds";
import { BoundedMap } from "../base/bounded_map.ts";
import { BoundedSet } from "../base/bounded_set.ts";
import { deletionTargets } from "../nostr/deletion_targets.ts";
import { isNewer, type Version } from "../nostr/versions.ts";

/** The default of `maxIds`: as many as an open request remembers. */
const MAX_IDS = 100_000;
/** Most replaceable events whose newest version is remembered. */
const MAX_VERSIONS = 10_000;
/** Most events and addresses of which it is remembered that their author deleted them. */
const MAX_DELETED = 10_000;
/** Most late events that wait for somebody to take them, and most news that wait for a first page. */
export const MAX_LATE = 10_000;

/** Sorts the newest first; of one second, the lower id (NIP-01). */
export function newestFirst(a: Version, b: Version): number {
  return isNewer(a, b) ? -1 : isNewer(b, a) ? 1 : 0;
}

/** See the module. */
export class PageBuffer {
  readonly #maxIds: number;
  readonly #seen: BoundedSet;
  readonly #versions = new BoundedMap<string, Version>({ max: MAX_VERSIONS });
  /** Up to when events of an author are deleted, by id or address; ids for good. */
  readonly #deleted = new BoundedMap<string, number>({ max: MAX_DELETED });
  #waiting: NostrEvent[] = [];
  #isSorted = true;
  #late: NostrEvent[] = [];
  /** The last event that was given; absent before the first page. */
  #edge?: Version;
  #added = 0;
  /** The time of the oldest event so far. */
  #oldest = Infinity;
  /** The ids of events from this second on may be forgotten, and from which on they will be next. */
  #forgottenFrom = Infinity;
  #nextForgottenFrom = Infinity;

  /** @param maxIds How many ids are remembered at least. */
  constructor(maxIds: number = MAX_IDS) {
    this.#maxIds = maxIds;
    this.#seen = new BoundedSet(maxIds);
  }

  /** The oldest event that was given in a page; absent before the first. */
  get edge(): Version | undefined {
    return this.#edge;
  }

  /** How many events wait for their page. */
  get size(): number {
    return this.#waiting.length;
  }

  /** How many events came too late for their page, and were not handed out yet. */
  get lateCount(): number {
    return this.#late.length;
  }

  /** Whether an event belongs into a later page than those that were given. */
  isWaiting(event: Version): boolean {
    return this.#edge === undefined || isNewer(this.#edge, event);
  }

  /**
   * Adds an event. It does nothing if the event came already, or if a newer version of it did, or
   * if its author deleted it, or if it is so new and so late that its id may be forgotten. What a
   * deletion (NIP-09) names waits no longer.
   *
   * @param isOver Whether the pages are over, so that it comes too late for any.
   * @returns Whether the event waits for its page, or comes too late for it: then it is up to the
   * caller to hand it out, or to {@link PageBuffer.addLate} it.
   */
  add(event: NostrEvent, isOver = false): "waiting" | "late" | undefined {
    const isLate = isOver || this.#edge !== undefined && isNewer(event, this.#edge);
    if (isLate && event.created_at >= this.#forgottenFrom) return undefined;
    if (!this.#seen.add(event.id)) return undefined;
    this.#oldest = Math.min(this.#oldest, event.created_at);
    if (++this.#added % this.#maxIds === 0) {
      this.#forgottenFrom = this.#nextForgottenFrom;
      this.#nextForgottenFrom = this.#oldest;
    }
    if (this.#isDeleted(event) || !this.#isNewestVersion(event)) return undefined;
    if (event.kind === EventDeletion) this.#delete(event);
    if (isLate) return "late";
    this.#waiting.push(event);
    this.#isSorted = false;
    return "waiting";
  }

  /**
   * Keeps an event that came too late for the next page to mention. Of too many the newest stay.
   *
   * @returns How many were dropped.
   */
  addLate(event: NostrEvent): number {
    this.#late.push(event);
    // Seldom, since it sorts them all.
    if (this.#late.length < 2 * MAX_LATE) return 0;
    return this.#late.sort(newestFirst).splice(MAX_LATE).length;
  }

  /**
   * Drops all but the newest of the waiting events, if these are twice as many; they may come again.
   *
   * @returns How many were dropped.
   */
  trim(): number {
    // Seldom, since it sorts them all.
    if (this.#waiting.length < 2 * MAX_LATE) return 0;
    const dropped = this.#sorted().splice(MAX_LATE);
    for (const { id } of dropped) this.#seen.delete(id);
    return dropped.length;
  }

  /** The waiting event at an index, the newest first; absent if there are fewer. */
  at(index: number): NostrEvent | undefined {
    return this.#sorted()[index];
  }

  /** How many waiting events are of this second or newer. */
  countFrom(second: number): number {
    const index = this.#sorted().findIndex(({ created_at }) => created_at < second);
    return index < 0 ? this.#waiting.length : index;
  }

  /** Takes the newest events out, as a page. */
  take(count: number): NostrEvent[] {
    const page = this.#sorted().splice(0, count);
    if (page.length > 0) this.#edge = page[page.length - 1];
    return page;
  }

  /** Takes out what came too late, the newest first. */
  takeLate(): NostrEvent[] {
    const late = this.#late.sort(newestFirst);
    this.#late = [];
    return late;
  }

  /** Forgets waiting events that are no longer wanted; they may come again. */
  keep(isWanted: (event: NostrEvent) => boolean): void {
    const isKept = (event: NostrEvent) => {
      const isStill = isWanted(event);
      if (!isStill) this.#seen.delete(event.id);
      return isStill;
    };
    this.#waiting = this.#waiting.filter(isKept);
    this.#late = this.#late.filter(isKept);
  }

  /** Drops what waits under some ids, for good. */
  drop(ids: ReadonlySet<string>): void {
    this.#waiting = this.#waiting.filter(({ id }) => !ids.has(id));
    this.#late = this.#late.filter(({ id }) => !ids.has(id));
  }

  #delete(deletion: NostrEvent): void {
    const { ids, addresses } = deletionTargets(deletion);
    const { pubkey, created_at } = deletion;
    for (const id of ids) this.#deleted.set(`${pubkey} ${id}`, Infinity);
    for (const { kind, d } of addresses) {
      const key = `${kind}:${pubkey}:${d}`;
      this.#deleted.set(key, Math.max(created_at, this.#deleted.get(key) ?? 0));
    }
    const gone = [...this.#waiting, ...this.#late].filter((event) => this.#isDeleted(event));
    if (gone.length > 0) this.drop(new Set(gone.map(({ id }) => id)));
  }

  #isDeleted(event: NostrEvent): boolean {
    // To delete a deletion does nothing (NIP-09).
    if (this.#deleted.size === 0 || event.kind === EventDeletion) return false;
    const { id, pubkey, created_at } = event;
    const key = addressOf(event);
    return this.#deleted.has(`${pubkey} ${id}`) ||
      key !== undefined && created_at <= (this.#deleted.get(key) ?? -1);
  }

  #sorted(): NostrEvent[] {
    if (!this.#isSorted) this.#waiting.sort(newestFirst);
    this.#isSorted = true;
    return this.#waiting;
  }

  /** Whether an event is no older version of a replaceable event that came. Drops older ones. */
  #isNewestVersion(event: NostrEvent): boolean {
    const key = addressOf(event);
    if (key === undefined) return true;
    const before = this.#versions.get(key);
    if (before && isNewer(before, event)) return false;
    this.#versions.set(key, { id: event.id, created_at: event.created_at });
    if (before) this.keep(({ id }) => id !== before.id);
    return true;
  }
}

/** What all versions of an event have in common; `undefined` if it is not replaced. */
function addressOf({ kind, pubkey, tags }: NostrEvent): string | undefined {
  if (isReplaceableKind(kind)) return `${kind}:${pubkey}:`;
  if (!isAddressableKind(kind)) return undefined;
  return `${kind}:${pubkey}:${tags.find(([name]) => name === "d")?.[1] ?? ""}`;
}
