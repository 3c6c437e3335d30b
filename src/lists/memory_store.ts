/**
 * Keeps events in memory, for outboxes without a database. A write and a lookup by authors and
 * kinds take time proportional to what they find, however many events there are.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import { isAddressableKind, isEphemeralKind, isReplaceableKind } from "nostr-tools/kinds";
import { LruCache } from "../base/lru_cache.ts";
import { deletedError } from "../nostr/deleted_error.ts";
import { deletionTargets } from "../nostr/deletion_targets.ts";
import { checkNotExpired, isExpired } from "../nostr/expiration.ts";
import { DELETION_KIND, GIFT_WRAP_KINDS, VANISH_KIND } from "../nostr/kinds.ts";
import { vanishesFrom } from "../nostr/vanish_requests.ts";
import { isNewer } from "../nostr/versions.ts";

/** The bound of a `MemoryStore`, and its clock. */
export interface MemoryStoreOptions {
  /** Most events; an integer of at least 1. Beyond it, the least recently used one goes. */
  readonly max: number;
  /** The time in milliseconds. */
  readonly now: () => number;
}

interface Options {
  readonly signal?: AbortSignal;
}

/** An event store in memory that keeps the rules of NIP-01, NIP-09, NIP-40 and NIP-62. */
export class MemoryStore implements NStore {
  readonly #now: () => number;
  /** By id. Whatever leaves it leaves the indexes, too. */
  readonly #events: LruCache<string, NostrEvent>;
  /** By author and kind, and then by {@link slotOf}. */
  readonly #byAuthor = new Map<string, Map<number, Map<string, NostrEvent>>>();
  /** Deletions by what they name, see {@link namesOf}. */
  readonly #deletions = new Map<string, Set<NostrEvent>>();

  /** Creates an empty store. */
  constructor({ max, now }: MemoryStoreOptions) {
    this.#now = now;
    this.#events = new LruCache({ max, dispose: (event) => this.#unindex(event) });
  }

  /**
   * Stores an event. Storing an older version, the same event again, or an ephemeral one is no
   * error and changes nothing.
   *
   * @throws {EventRefusedError} If it has expired, or its author has deleted it.
   * @throws The signal's reason.
   */
  // deno-lint-ignore require-await -- it rejects where it would throw
  async event(event: NostrEvent, opts: Options = {}): Promise<void> {
    opts.signal?.throwIfAborted();
    checkNotExpired(event, this.#now() / 1000);
    // `get` marks it as used: what comes again is still around, as is a deletion that it meets.
    if (isEphemeralKind(event.kind) || this.#events.get(event.id)) return;
    const deletion = this.#deletionOf(event);
    if (deletion) {
      this.#events.get(deletion.id);
      throw deletedError(event, deletion);
    }
    const { kind, pubkey } = event;
    const version = this.#byAuthor.get(pubkey)?.get(kind)?.get(slotOf(event));
    if (version && !isNewer(event, version)) return;
    const gone = [...version ? [version] : [], ...this.#deletedBy(event)];
    for (const { id } of gone) this.#events.delete(id);
    this.#events.set(event.id, event);
    this.#index(event);
  }

  /**
   * Returns the events that match any of the filters, each once, the newest first; of two with
   * the same time the lower id first. A filter with an empty list matches nothing, nor does one
   * with `search`, which is not supported.
   *
   * @throws The signal's reason.
   */
  // deno-lint-ignore require-await -- it rejects where it would throw
  async query(filters: NostrFilter[], opts: Options = {}): Promise<NostrEvent[]> {
    opts.signal?.throwIfAborted();
    const found = this.#find(filters);
    for (const { id } of found) this.#events.get(id);
    return found;
  }

  /**
   * Returns how many events match any of the filters.
   *
   * @throws The signal's reason.
   */
  // deno-lint-ignore require-await -- it rejects where it would throw
  async count(
    filters: NostrFilter[],
    opts: Options = {},
  ): Promise<{ count: number; approximate: false }> {
    opts.signal?.throwIfAborted();
    return { count: this.#find(filters).length, approximate: false };
  }

  /**
   * Removes the events that match any of the filters; they may be stored again.
   *
   * @throws The signal's reason.
   */
  // deno-lint-ignore require-await -- it rejects where it would throw
  async remove(filters: NostrFilter[], opts: Options = {}): Promise<void> {
    opts.signal?.throwIfAborted();
    for (const { id } of this.#find(filters)) this.#events.delete(id);
  }

  /** The events that match and have not expired, each once, the newest first. */
  #find(filters: readonly NostrFilter[]): NostrEvent[] {
    const now = this.#now() / 1000;
    const found = new Set<NostrEvent>();
    for (const filter of filters) {
      const matches = matcherOf(filter);
      const events: NostrEvent[] = [];
      for (const event of this.#candidates(filter)) {
        if (matches(event) && !isExpired(event, now)) events.push(event);
      }
      const { limit = Infinity } = filter;
      if (events.length > limit) events.sort(newestFirst).length = Math.max(0, Math.floor(limit));
      for (const event of events) found.add(event);
    }
    return [...found].sort(newestFirst);
  }

  /** All events that a filter may match, each once. */
  *#candidates({ ids, authors, kinds }: NostrFilter): Generator<NostrEvent> {
    if (ids) {
      for (const id of new Set(ids)) {
        const event = this.#events.peek(id);
        if (event) yield event;
      }
    } else if (authors) {
      const sorts = kinds && new Set(kinds);
      for (const pubkey of new Set(authors)) {
        const own = this.#byAuthor.get(pubkey);
        if (!own) continue;
        for (const kind of sorts ?? own.keys()) yield* own.get(kind)?.values() ?? [];
      }
    } else yield* this.#events.values();
  }

  /** The stored deletion, or request to vanish, that covers an event. */
  #deletionOf(event: NostrEvent): NostrEvent | undefined {
    const { id, kind, pubkey, tags, created_at } = event;
    if (kind === VANISH_KIND) return undefined;
    const isLater = (other: NostrEvent) => other.created_at >= created_at;
    const recipients = GIFT_WRAP_KINDS.includes(kind)
      ? tags.filter(([name]) => name === "p").map(([, value]) => value)
      : [];
    for (const person of [pubkey, ...recipients]) {
      const requests = this.#byAuthor.get(person)?.get(VANISH_KIND)?.values() ?? [];
      for (const request of requests) {
        if (isLater(request) && vanishesFrom(request, [])) return request;
      }
    }
    if (kind === DELETION_KIND) return undefined;
    // An id names one event, whatever the time; an address names all versions up to then.
    const [named] = this.#deletions.get(`${pubkey} ${id}`) ?? [];
    return named ?? [...this.#deletions.get(addressOf(event)) ?? []].find(isLater);
  }

  /** The stored events that an event deletes; none for most kinds. */
  #deletedBy(event: NostrEvent): NostrEvent[] {
    const { kind, pubkey, created_at } = event;
    const isBefore = (other?: NostrEvent) => other !== undefined && other.created_at <= created_at;
    if (kind === VANISH_KIND && vanishesFrom(event, [])) {
      const own = [...this.#candidates({ authors: [pubkey] })];
      const isWrap = matcherOf({ kinds: [...GIFT_WRAP_KINDS], "#p": [pubkey] });
      const wraps = [...this.#events.values()].filter(isWrap);
      return [...own.filter(({ kind }) => kind !== VANISH_KIND), ...wraps].filter(isBefore);
    }
    if (kind !== DELETION_KIND) return [];
    const { ids, addresses } = deletionTargets(event);
    const named = [...this.#candidates({ ids: [...ids] })].filter((other) =>
      other.pubkey === pubkey && ![DELETION_KIND, VANISH_KIND].includes(other.kind)
    );
    const versions = addresses.flatMap(({ kind, d }) =>
      this.#byAuthor.get(pubkey)?.get(kind)?.get(d) ?? []
    );
    return [...named, ...versions.filter(isBefore)];
  }

  #index(event: NostrEvent): void {
    const own = entryOf(this.#byAuthor, event.pubkey, () => new Map());
    entryOf(own, event.kind, () => new Map()).set(slotOf(event), event);
    for (const name of namesOf(event)) {
      entryOf(this.#deletions, name, () => new Set()).add(event);
    }
  }

  /** Leaves no empty maps behind: people come and go. */
  #unindex(event: NostrEvent): void {
    const own = this.#byAuthor.get(event.pubkey);
    const slots = own?.get(event.kind);
    slots?.delete(slotOf(event));
    if (slots?.size === 0) own?.delete(event.kind);
    if (own?.size === 0) this.#byAuthor.delete(event.pubkey);
    for (const name of namesOf(event)) {
      const deletions = this.#deletions.get(name);
      deletions?.delete(event);
      if (deletions?.size === 0) this.#deletions.delete(name);
    }
  }
}

/** What an event shares with its other versions, among its author's of its kind; else its id. */
function slotOf({ id, kind, tags }: NostrEvent): string {
  if (isReplaceableKind(kind)) return "";
  if (isAddressableKind(kind)) return tags.find(([name]) => name === "d")?.[1] ?? "";
  return id;
}

function addressOf(event: NostrEvent): string {
  return `${event.kind}:${event.pubkey}:${slotOf(event)}`;
}

/** What a deletion names: ids, each with the deletion's author, and addresses. */
function namesOf(event: NostrEvent): string[] {
  if (event.kind !== DELETION_KIND) return [];
  const { ids, addresses } = deletionTargets(event);
  return [
    ...ids.map((id) => `${event.pubkey} ${id}`),
    ...addresses.map(({ kind, pubkey, d }) => `${kind}:${pubkey}:${d}`),
  ];
}

/** Whether an event matches all of a filter but its limit, however long its lists are. */
function matcherOf(filter: NostrFilter): (event: NostrEvent) => boolean {
  if (filter.search) return () => false;
  const { since = -Infinity, until = Infinity } = filter;
  const ids = filter.ids && new Set(filter.ids);
  const authors = filter.authors && new Set(filter.authors);
  const kinds = filter.kinds && new Set(filter.kinds);
  const tags = Object.entries(filter)
    .filter(([key, values]) => key.startsWith("#") && Array.isArray(values))
    .map(([key, values]) => [key.slice(1), new Set(values as string[])] as const);
  return (event) =>
    event.created_at >= since && event.created_at <= until && (ids?.has(event.id) ?? true) &&
    (authors?.has(event.pubkey) ?? true) && (kinds?.has(event.kind) ?? true) &&
    tags.every(([name, values]) => event.tags.some(([n, v]) => n === name && values.has(v)));
}

function newestFirst(a: NostrEvent, b: NostrEvent): number {
  return isNewer(a, b) ? -1 : 1;
}

function entryOf<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let entry = map.get(key);
  if (entry === undefined) map.set(key, entry = create());
  return entry;
}
