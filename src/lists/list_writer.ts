/**
 * Writes lists, and the events that delete them, to an event store. The newest version wins
 * and what is deleted stays deleted, even if the store itself knows neither rule.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import { deletedError } from "../nostr/deleted_error.ts";
import { EventRefusedError } from "../nostr/errors.ts";
import { vanishesFrom } from "../nostr/vanish_requests.ts";
import { isNewer } from "../nostr/versions.ts";
import {
  deletedListFilters,
  deletedWrapFilters,
  deletionFilters,
  indexDeletions,
  wrapDeletionFilters,
} from "./deletions.ts";

/** Called as soon as a write changes what is known of the database. */
export interface ListWriterHooks {
  /** The database holds this version, and no later write contradicts that. */
  readonly onCurrent: (list: NostrEvent) => void;
  /** Which lists of this author, or of all, the database holds is no longer known. */
  readonly onUnknown: (pubkey?: string) => void;
  /** The database stored this version, in place of an older one or as the first. */
  readonly onStored: (list: NostrEvent) => void;
  /** The event `by` deleted its author's list of this kind. */
  readonly onDeleted: (kind: number, by: NostrEvent) => void;
}

/** The result of writing lists together. */
export interface ListsWritten {
  /** How many were stored. */
  readonly stored: number;
  /** One error for each list that its author had deleted, or that the database refused. */
  readonly refused: EventRefusedError[];
}

interface Options {
  readonly signal?: AbortSignal;
}

/** Writes one author's events one after the other. Events must have been checked already. */
export class ListWriter {
  readonly #db: NStore;
  readonly #hooks: ListWriterHooks;
  /** What a request to vanish must name to count, besides all relays. */
  readonly #places: readonly string[];
  /** The last pending write of each author. */
  readonly #pendingWrites = new Map<string, Promise<unknown>>();
  /** How many removals have ended. */
  #removals = 0;

  constructor(db: NStore, hooks: ListWriterHooks, places: readonly string[]) {
    this.#db = db;
    this.#hooks = hooks;
    this.#places = places;
  }

  /**
   * Writes lists, however many, in a few queries; also in few transactions if the database
   * groups its commits.
   *
   * @throws What the database throws; some of the lists may be stored then.
   */
  async writeLists(lists: readonly NostrEvent[], opts: Options = {}): Promise<ListsWritten> {
    if (lists.length === 0) return { stored: 0, refused: [] };
    const authors = new Set(lists.map(({ pubkey }) => pubkey));
    return await this.#inOrder(authors, () => this.#writeLists(lists, authors, opts));
  }

  /**
   * Writes a deletion, a request to vanish, or an event that does not concern lists.
   *
   * @throws {EventRefusedError} If it is a gift wrap to somebody who vanished later.
   * @throws {TypeError} If the event deletes lists and the database cannot remove.
   */
  async writeOther(event: NostrEvent, opts: Options = {}): Promise<void> {
    const filters = deletedListFilters(event, this.#places);
    if (filters.length === 0) return await this.#writeUnlessVanished(event, opts);
    if (!this.#db.remove) {
      throw new TypeError(
        `Cannot delete relay lists for event ${event.id}: the database has no method "remove"`,
      );
    }
    await this.#inOrder(new Set([event.pubkey]), () => this.#writeDeletion(event, filters, opts));
  }

  /**
   * Removes events, without keeping them from returning. Does not call `onDeleted`.
   *
   * @throws {TypeError} If the database cannot remove.
   */
  async remove(filters: NostrFilter[], opts?: Options): Promise<void> {
    if (!this.#db.remove) {
      throw new TypeError(`Cannot remove events: the database has no method "remove"`);
    }
    try {
      await this.#db.remove(filters, opts);
    } finally {
      this.#removals++;
      this.#hooks.onUnknown();
    }
  }

  /** Writes an event that deletes no list, unless it is for somebody who vanished. */
  async #writeUnlessVanished(event: NostrEvent, opts: Options): Promise<void> {
    const filters = wrapDeletionFilters(event);
    const requests = filters.length > 0 ? await this.#db.query(filters, opts) : [];
    const deletion = requests.find((request) => vanishesFrom(request, this.#places));
    if (deletion) throw deletedError(event, deletion);
    await this.#db.event(event, opts);
  }

  async #writeLists(
    lists: readonly NostrEvent[],
    authors: ReadonlySet<string>,
    opts: Options,
  ): Promise<ListsWritten> {
    const removals = this.#removals;
    const kinds = [...new Set(lists.map(({ kind }) => kind))];
    const versions = { kinds, authors: [...authors] };
    const found = await this.#db.query([...deletionFilters(lists), versions], opts);
    const deletionOf = indexDeletions(found, this.#places);
    const current = newestOf(found.filter(({ kind }) => kinds.includes(kind)));
    const refused: EventRefusedError[] = [];
    const accepted = lists.filter((list) => {
      const deletion = deletionOf(list);
      if (deletion) refused.push(deletedError(list, deletion));
      return !deletion;
    });
    const writes = [...newestOf(accepted)].filter(([address, list]) => {
      const stored = current.get(address);
      return !stored || isNewer(list, stored);
    });
    // All in one turn, so that the database may put them into one transaction.
    const results = await Promise.allSettled(
      writes.map(([_, list]) => this.#writeList(list, opts)),
    );
    const stored: NostrEvent[] = [];
    const failures: unknown[] = [];
    const unknown = new Set(removals === this.#removals ? [] : authors);
    writes.forEach(([address, list], i) => {
      const result = results[i];
      if (result.status === "fulfilled" && result.value) {
        current.set(address, list);
        stored.push(list);
        return;
      }
      unknown.add(list.pubkey);
      if (result.status === "fulfilled") return;
      if (result.reason instanceof EventRefusedError) refused.push(result.reason);
      else failures.push(result.reason);
    });
    for (const list of current.values()) this.#hooks.onCurrent(list);
    for (const pubkey of unknown) this.#hooks.onUnknown(pubkey);
    for (const list of stored) this.#hooks.onStored(list);
    if (failures.length > 0) throw failures[0];
    return { stored: stored.length, refused };
  }

  /** Whether it was stored. Some stores throw if they hold a newer version: that is no error. */
  async #writeList(list: NostrEvent, opts: Options): Promise<boolean> {
    try {
      await this.#db.event(list, opts);
      return true;
    } catch (error) {
      const versions = await this.#db.query([{ kinds: [list.kind], authors: [list.pubkey] }]);
      if (versions.some((other) => other.id === list.id || isNewer(other, list))) return false;
      const tied = versions.filter(({ created_at }) => created_at === list.created_at);
      if (tied.length === 0 || !this.#db.remove) throw error;
      await this.#replace(tied, list);
      return true;
    }
  }

  /**
   * Replaces versions of the same second, which some stores take for newer ones. Not aborted
   * halfway: if the list cannot be stored, the others come back.
   */
  async #replace(versions: readonly NostrEvent[], list: NostrEvent): Promise<void> {
    await this.#db.remove?.([{ ids: versions.map(({ id }) => id) }]);
    try {
      await this.#db.event(list);
    } catch (error) {
      for (const version of versions) await this.#db.event(version);
      throw error;
    }
  }

  async #writeDeletion(event: NostrEvent, filters: NostrFilter[], opts: Options): Promise<void> {
    const deleted = await this.#db.query(filters, opts);
    try {
      await this.#db.event(event, opts);
      await this.#db.remove?.([...filters, ...deletedWrapFilters(event, this.#places)], opts);
    } finally {
      // Also after a failure: the database may have done a part.
      this.#hooks.onUnknown(event.pubkey);
    }
    for (const kind of new Set(deleted.map(({ kind }) => kind))) this.#hooks.onDeleted(kind, event);
  }

  /**
   * Runs the writes of each author one after the other: no deletion may slip in between the
   * query for deletions and the storing of a list.
   */
  async #inOrder<T>(authors: ReadonlySet<string>, work: () => Promise<T>): Promise<T> {
    const before = [...authors].flatMap((pubkey) => this.#pendingWrites.get(pubkey) ?? []);
    const write = before.length > 0 ? Promise.allSettled(before).then(work) : work();
    for (const pubkey of authors) this.#pendingWrites.set(pubkey, write);
    try {
      return await write;
    } finally {
      for (const pubkey of authors) {
        if (this.#pendingWrites.get(pubkey) === write) this.#pendingWrites.delete(pubkey);
      }
    }
  }
}

/** The newest version of each list, by kind and author. */
function newestOf(lists: readonly NostrEvent[]): Map<string, NostrEvent> {
  const newest = new Map<string, NostrEvent>();
  for (const list of lists) {
    const address = `${list.kind}:${list.pubkey}`;
    const other = newest.get(address);
    if (!other || isNewer(list, other)) newest.set(address, list);
  }
  return newest;
}
