/**
 * Changes of records that are to be made again to another version of these records.
 *
 * @module
 */

/** A change of one record. */
export interface RecordChange<T> {
  /** Changes a record. Must be pure. */
  readonly change: (record: T) => T;
  /** The record to change if there is none. */
  readonly initial: T;
  /** When the change was made, in milliseconds since 1970. */
  readonly at: number;
}

/** How a change that was made at a time is made again to a record that changed since. */
export type Rebase<T> = (before: T, after: T, at: number) => T;

/** Most changes that are kept: further ones are in memory alone. */
export const MAX_PENDING_CHANGES = 10_000;

/** Keeps changes by key, those of the key that changed last at the end. */
export class PendingChanges<T> {
  readonly #changes = new Map<string, RecordChange<T>[]>();
  #size = 0;

  /** How many changes there are. */
  get size(): number {
    return this.#size;
  }

  /** Keeps a change, unless there are too many; returns whether it is kept. */
  add(key: string, change: RecordChange<T>): boolean {
    if (this.#size >= MAX_PENDING_CHANGES) return false;
    const changes = this.#changes.get(key) ?? [];
    this.#changes.delete(key);
    this.#changes.set(key, changes);
    changes.push(change);
    this.#size++;
    return true;
  }

  /** Adds all changes of others that are later. */
  addAll(later: PendingChanges<T>): void {
    for (const [key, changes] of later.#changes) {
      for (const change of changes) this.add(key, change);
    }
  }

  /** The changes of these keys alone. */
  only(keys: Iterable<string>): PendingChanges<T> {
    const some = new PendingChanges<T>();
    for (const key of keys) {
      for (const change of this.#changes.get(key) ?? []) some.add(key, change);
    }
    return some;
  }

  /** The keys of all records that change. */
  keys(): Iterable<string> {
    return this.#changes.keys();
  }

  /** Makes all changes of a key to a record, or to none. */
  applied(
    key: string,
    record: T | undefined,
    rebase: Rebase<T> = (_, after) => after,
  ): T | undefined {
    for (const { change, initial, at } of this.#changes.get(key) ?? []) {
      const before = record ?? initial;
      const after = change(before);
      if (after !== before) record = rebase(before, after, at);
    }
    return record;
  }
}
