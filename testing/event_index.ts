/**
 * Events in memory, found by id, by author and kind, or by tag.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { matchFilter } from "nostr-tools";
import { isAddressableKind, isReplaceableKind } from "nostr-tools/kinds";

/** The result of putting an event into an {@link EventIndex}. */
export type PutResult = "stored" | "duplicate" | "outdated" | "deleted";

/** Newest first, ties by the lower id (NIP-01). */
export function newestFirst(a: NostrEvent, b: NostrEvent): number {
  return b.created_at - a.created_at ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** The address that all versions of an event share; `undefined` for events without versions. */
export function addressOf(event: NostrEvent): string | undefined {
  if (isReplaceableKind(event.kind)) return `${event.kind}:${event.pubkey}:`;
  if (!isAddressableKind(event.kind)) return undefined;
  const d = event.tags.find(([name]) => name === "d")?.[1] ?? "";
  return `${event.kind}:${event.pubkey}:${d}`;
}

/**
 * An event store that keeps NIP-01's rules (newest wins) and NIP-09's (kind 5)
 * and answers in time proportional to the events that it examines, not to those that it holds.
 */
export class EventIndex {
  readonly #byId = new Map<string, NostrEvent>();
  readonly #byAuthor = new Map<string, Map<number, Set<NostrEvent>>>();
  readonly #byTag = new Map<string, Set<NostrEvent>>();
  readonly #byAddress = new Map<string, NostrEvent>();
  /** Deleted ids, each with the authors of the deletions. */
  readonly #deletedIds = new Map<string, Set<string>>();
  /** Deleted addresses, each with the time up to which its versions are deleted. */
  readonly #deletedUpTo = new Map<string, number>();

  /** How many events are held. */
  get size(): number {
    return this.#byId.size;
  }

  /** The event with this id, if it is held. */
  get(id: string): NostrEvent | undefined {
    return this.#byId.get(id);
  }

  /** Every event held, in no particular order. */
  values(): IterableIterator<NostrEvent> {
    return this.#byId.values();
  }

  /** Adds an event unless a newer version or a deletion stands against it. */
  put(event: NostrEvent): PutResult {
    if (this.#byId.has(event.id)) return "duplicate";
    if (this.#isDeleted(event)) return "deleted";
    const address = addressOf(event);
    if (address !== undefined) {
      const rival = this.#byAddress.get(address);
      if (rival && newestFirst(rival, event) < 0) return "outdated";
      if (rival) this.#remove(rival);
      this.#byAddress.set(address, event);
    }
    this.#byId.set(event.id, event);
    for (const bucket of this.#bucketsOf(event)) bucket.add(event);
    if (event.kind === 5) this.#delete(event);
    return "stored";
  }

  /** The events that match a filter, newest first, at most `limit` of them. */
  query(filter: NostrFilter): NostrEvent[] {
    const found: NostrEvent[] = [];
    for (const event of this.#candidates(filter)) {
      if (matchFilter(filter, event)) found.push(event);
    }
    found.sort(newestFirst);
    return filter.limit === undefined ? found : found.slice(0, filter.limit);
  }

  /** The events to which one of the filter's conditions leads: ids, else authors, else a tag, else all. */
  *#candidates(filter: NostrFilter): Iterable<NostrEvent> {
    const tag = Object.keys(filter).find((key) => /^#[a-zA-Z]$/.test(key));
    if (filter.ids) {
      for (const id of new Set(filter.ids)) {
        const event = this.#byId.get(id);
        if (event) yield event;
      }
    } else if (filter.authors) {
      for (const author of new Set(filter.authors)) {
        const kinds = this.#byAuthor.get(author);
        for (const kind of new Set(filter.kinds ?? kinds?.keys())) {
          yield* kinds?.get(kind) ?? [];
        }
      }
    } else if (tag) {
      const values = new Set(filter[tag as `#${string}`] ?? []);
      const seen = new Set<NostrEvent>();
      for (const value of values) {
        for (const event of this.#byTag.get(`${tag.slice(1)}:${value}`) ?? []) {
          if (!seen.has(event)) yield event;
          seen.add(event);
        }
      }
    } else {
      yield* this.#byId.values();
    }
  }

  #bucketsOf(event: NostrEvent): Set<NostrEvent>[] {
    const kinds = getOr(this.#byAuthor, event.pubkey, () => new Map());
    const tags = event.tags.filter(([name]) => name.length === 1);
    return [
      getOr(kinds, event.kind, () => new Set()),
      ...tags.map(([name, value]) => getOr(this.#byTag, `${name}:${value}`, () => new Set())),
    ];
  }

  #remove(event: NostrEvent): void {
    this.#byId.delete(event.id);
    for (const bucket of this.#bucketsOf(event)) bucket.delete(event);
    const address = addressOf(event);
    if (address !== undefined) this.#byAddress.delete(address);
  }

  #isDeleted(event: NostrEvent): boolean {
    if (this.#deletedIds.get(event.id)?.has(event.pubkey)) return true;
    const address = addressOf(event);
    if (address === undefined) return false;
    return event.created_at <= (this.#deletedUpTo.get(address) ?? -1);
  }

  #delete(deletion: NostrEvent): void {
    for (const [name, value] of deletion.tags) {
      if (name === "e") {
        getOr(this.#deletedIds, value, () => new Set()).add(deletion.pubkey);
        const target = this.#byId.get(value);
        if (target?.pubkey === deletion.pubkey && target.kind !== 5) {
          this.#remove(target);
        }
      } else if (name === "a" && value.split(":")[1] === deletion.pubkey) {
        const upTo = Math.max(
          this.#deletedUpTo.get(value) ?? -1,
          deletion.created_at,
        );
        this.#deletedUpTo.set(value, upTo);
        const target = this.#byAddress.get(value);
        if (target && target.created_at <= upTo) this.#remove(target);
      }
    }
  }
}

function getOr<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, value = make());
  return value;
}
