/**
 * Writes lists, and what takes them back, into an event store: the newest wins, and
 * what is deleted stays away, whatever the store itself knows of either.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NStore } from "@nostrify/types";
import { EventRefusedError } from "../nostr/errors.ts";
import { isNewer } from "../nostr/versions.ts";
import { deletionFilters, takenBackBy, takenBackFilters } from "./deletions.ts";

/** What is told of the lists in the database, as soon as it is so. */
export interface ListWriterHooks {
  /** This version stands, and no write since says otherwise. */
  readonly onStanding: (list: NostrEvent) => void;
  /** What stands of this author, or of all, is not known any more. */
  readonly onUnknown: (pubkey?: string) => void;
  /** This version was stored in place of an older one, or of none. */
  readonly onStored: (list: NostrEvent) => void;
  /** The author took a list of this kind back by the event `by`. */
  readonly onTakenBack: (kind: number, by: NostrEvent) => void;
}

/** What became of lists that were written together. */
export interface ListsWritten {
  /** How many were stored. */
  readonly stored: number;
  /** Which their authors had taken back, or the database would not take. */
  readonly refused: EventRefusedError[];
}

interface Options {
  readonly signal?: AbortSignal;
}

/** See the module. Events are checked already. */
export class ListWriter {
  readonly #db: NStore;
  readonly #hooks: ListWriterHooks;
  /** The last write under way of each author. */
  readonly #writes = new Map<string, Promise<unknown>>();
  /** How often something was removed. */
  #removals = 0;

  constructor(db: NStore, hooks: ListWriterHooks) {
    this.#db = db;
    this.#hooks = hooks;
  }

  /**
   * Writes lists, in a few queries and, where the database groups its commits, few
   * transactions, however many there are.
   *
   * @throws What the database throws; some of them may be stored then.
   */
  async lists(lists: readonly NostrEvent[], opts: Options = {}): Promise<ListsWritten> {
    if (lists.length === 0) return { stored: 0, refused: [] };
    const authors = new Set(lists.map(({ pubkey }) => pubkey));
    return await this.#inTurn(authors, () => this.#lists(lists, authors, opts));
  }

  /** Writes a deletion, a vanishing, or an event that has nothing to do with lists. */
  async other(event: NostrEvent, opts: Options = {}): Promise<void> {
    const filters = takenBackFilters(event);
    if (filters.length === 0) return await this.#db.event(event, opts);
    if (!this.#db.remove) {
      throw new TypeError(
        `Cannot delete relay lists for event ${event.id}: the database has no method "remove"`,
      );
    }
    await this.#inTurn(new Set([event.pubkey]), () => this.#takeBack(event, filters, opts));
  }

  /** Removes events, without keeping them from returning; nobody is told of lists among them. */
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

  async #lists(
    lists: readonly NostrEvent[],
    authors: ReadonlySet<string>,
    opts: Options,
  ): Promise<ListsWritten> {
    const removals = this.#removals;
    const kinds = [...new Set(lists.map(({ kind }) => kind))];
    const versions = { kinds, authors: [...authors] };
    const found = await this.#db.query([...deletionFilters(lists), versions], opts);
    const deletionOf = takenBackBy(found);
    const standing = newestOf(found.filter(({ kind }) => kinds.includes(kind)));
    const refused: EventRefusedError[] = [];
    const taken = lists.filter((list) => {
      const deletion = deletionOf(list);
      if (deletion) refused.push(deletedError(list, deletion));
      return !deletion;
    });
    const newest = newestOf(taken);
    const writes = [...newest].filter(([address, list]) => {
      const stored = standing.get(address);
      return !stored || isNewer(list, stored);
    });
    // All in one turn, so that the database may put them into one transaction.
    const results = await Promise.allSettled(
      writes.map(([_, list]) => this.#write(list, opts)),
    );
    const stored: NostrEvent[] = [];
    const failures: unknown[] = [];
    const unknown = new Set(removals === this.#removals ? [] : authors);
    writes.forEach(([address, list], i) => {
      const result = results[i];
      if (result.status === "fulfilled" && result.value) {
        standing.set(address, list);
        stored.push(list);
        return;
      }
      unknown.add(list.pubkey);
      if (result.status === "fulfilled") return;
      if (result.reason instanceof EventRefusedError) refused.push(result.reason);
      else failures.push(result.reason);
    });
    for (const list of standing.values()) this.#hooks.onStanding(list);
    for (const pubkey of unknown) this.#hooks.onUnknown(pubkey);
    for (const list of stored) this.#hooks.onStored(list);
    if (failures.length > 0) throw failures[0];
    return { stored: stored.length, refused };
  }

  /** Whether it was stored; some stores throw where a newer version is, which is no error. */
  async #write(list: NostrEvent, opts: Options): Promise<boolean> {
    try {
      await this.#db.event(list, opts);
      return true;
    } catch (error) {
      const versions = await this.#db.query([{ kinds: [list.kind], authors: [list.pubkey] }]);
      if (versions.some((other) => other.id === list.id || isNewer(other, list))) return false;
      throw error;
    }
  }

  async #takeBack(event: NostrEvent, filters: NostrFilter[], opts: Options): Promise<void> {
    const gone = await this.#db.query(filters, opts);
    try {
      await this.#db.event(event, opts);
      await this.#db.remove?.(filters, opts);
    } finally {
      // Also after a failure: nobody knows how far it got.
      this.#hooks.onUnknown(event.pubkey);
    }
    for (const kind of new Set(gone.map(({ kind }) => kind))) this.#hooks.onTakenBack(kind, event);
  }

  /**
   * Does the writes of each author one after another: between looking for deletions
   * and storing a list no deletion may slip in.
   */
  async #inTurn<T>(authors: ReadonlySet<string>, work: () => Promise<T>): Promise<T> {
    const before = [...authors].flatMap((pubkey) => this.#writes.get(pubkey) ?? []);
    const turn = before.length > 0 ? Promise.allSettled(before).then(work) : work();
    for (const pubkey of authors) this.#writes.set(pubkey, turn);
    try {
      return await turn;
    } finally {
      for (const pubkey of authors) {
        if (this.#writes.get(pubkey) === turn) this.#writes.delete(pubkey);
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

function deletedError(list: NostrEvent, deletion: NostrEvent): EventRefusedError {
  return new EventRefusedError("deleted", list, `event ${deletion.id} took it back`);
}
