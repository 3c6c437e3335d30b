/**
 * A bounded map whose records are also kept in a backend.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import { MAX_PENDING_CHANGES, PendingChanges, type Rebase } from "./pending_changes.ts";
import { PolledRecords } from "./polled_records.ts";
import type { RecordStore, RecordTopic, SharedRecords } from "./record_store.ts";
import { WriteBehind } from "./write_behind.ts";

/** How a {@link PersistentMap} keeps records. */
export interface PersistentMapOptions<T> {
  readonly clock: Clock;
  /**
   * Where records survive a restart; if absent, they do not. Through {@link PolledRecords} other
   * processes may change them, too.
   */
  readonly backend?: RecordStore;
  /** The topic of the records in the backend. */
  readonly topic: RecordTopic;
  /** What error messages call the subjects of the records: `"relays"`. */
  readonly name: string;
  /** Called with each failure of the backend. */
  readonly onError: (error: Error) => void;
  /** Most records: an integer of at least 1. */
  readonly max: number;
  /** Whether a string is a valid key. Records of other keys are never kept. */
  readonly isKey: (key: string) => boolean;
  /** Reads a record; `undefined` if the text cannot be read. Must not throw. */
  readonly parse: (text: string) => T | undefined;
  /** Writes a record as text that is never empty. */
  readonly format: (record: T) => string;
  /** When a record last changed, as a number that grows with time. */
  readonly changedAt: (record: T) => number;
  /**
   * Whether a record stays when there are too many, as long as there are others. It should
   * hold for at most half of `max` records.
   * @default () => false
   */
  readonly stays?: (key: string) => boolean;
  /**
   * The record after a change that is made to what another process has written meanwhile, so that an
   * older view never replaces a newer one.
   * @default the changed record
   */
  readonly rebase?: Rebase<T>;
  /**
   * Milliseconds from the first change to the writing.
   * @default 5_000
   */
  readonly writeDelay?: number;
  /** Called with the keys of records that other processes changed. */
  readonly onNews?: (keys: readonly string[]) => void;
}

const WRITE_DELAY_MS = 5_000;
/** How often records are written again at once that other processes changed meanwhile. */
const MAX_UPDATE_ATTEMPTS = 10;

/**
 * Records by key. When there are too many, the least recently changed go, from the backend
 * as well. Nothing is overwritten before it has been read.
 *
 * Where other processes share the records, each change is made again to what the backend holds when
 * it is written. So all processes come to have the same record, in which each
 * change counts once; twice only if a connection breaks before it says whether it was made.
 */
export class PersistentMap<T> {
  readonly #options: PersistentMapOptions<T>;
  /** The most recently changed records come last. */
  readonly #records = new Map<string, T>();
  /** The keys of the records that the backend has. */
  readonly #stored = new Set<string>();
  readonly #writer: WriteBehind;
  /** The backend, if other processes share it. */
  readonly #polled?: PolledRecords;
  #ready?: Promise<void>;
  #isRead = false;
  /**
   * Changes that are to be made to the backend's records, too: those made before it was read, and if
   * others share it all that are not written.
   */
  #pending?: PendingChanges<T>;
  #stopListening?: () => void;

  constructor(options: PersistentMapOptions<T>) {
    this.#options = options;
    const { backend } = options;
    if (backend) this.#pending = new PendingChanges();
    if (backend instanceof PolledRecords) this.#polled = backend;
    this.#writer = new WriteBehind({
      clock: options.clock,
      delay: options.writeDelay ?? WRITE_DELAY_MS,
      has: (key) => this.#records.has(key) || this.#stored.has(key),
      write: (keys) => this.#write(keys),
      onError: (cause) => this.#report(`Cannot write the records of ${options.name}`, cause),
    });
  }

  /** Reads the backend once; resolves even if that fails. */
  ready(): Promise<void> {
    if (this.#isRead || !this.#options.backend) return Promise.resolve();
    return this.#ready ??= this.#read().catch((cause: unknown) => {
      this.#report(`Cannot read the records of ${this.#options.name}`, cause);
    });
  }

  /** The record of a key. */
  get(key: string): T | undefined {
    return this.#records.get(key);
  }

  /** All records, the most recently changed last. */
  entries(): Iterable<[string, T]> {
    return this.#records;
  }

  /** How many there are. */
  get size(): number {
    return this.#records.size;
  }

  /** Whether one more record would drop another. */
  get isFull(): boolean {
    return this.#records.size >= this.#options.max;
  }

  /**
   * Changes a record, or starts one. A change that returns its argument changes nothing.
   *
   * @param change Must be pure: if the backend is not read yet, it is called again with the
   * record that is read.
   * @param initial The record to change if there is none.
   * @returns Whether anything changed.
   */
  change(key: string, change: (record: T) => T, initial: T): boolean {
    const { backend, clock, isKey } = this.#options;
    if (!isKey(key)) return false;
    const before = this.#records.get(key) ?? initial;
    const after = change(before);
    const isChanged = after !== before;
    if (isChanged) this.#keep(key, after);
    if (!backend) return isChanged;
    // An early change may change the record that is read, though it changes nothing now.
    const isPending = (isChanged || !this.#isRead) &&
      this.#pending?.add(key, { change, initial, at: clock.now() });
    if (isChanged || isPending) this.#writer.mark(key);
    const isBusy = this.#isRead && this.#pending?.size === MAX_PENDING_CHANGES / 2;
    if (isBusy) void this.#writer.flush();
    return isChanged;
  }

  /** Writes all changes; never rejects. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /** Writes all changes for the last time, and leaves no timer and no reading behind. */
  async close(): Promise<void> {
    await this.#writer.close();
    await this.#ready;
    this.#stopListening?.();
  }

  #keep(key: string, record: T): void {
    this.#records.delete(key);
    this.#records.set(key, record);
    if (this.#records.size > this.#options.max) this.#dropOldest();
  }

  /**
   * Drops a hundredth at a time, since it takes long to find the oldest record while the map
   * still has the gaps of dropped ones. Records that stay become the newest.
   */
  #dropOldest(): void {
    const { max, stays } = this.#options;
    let staying = 0;
    for (const [key, record] of this.#records) {
      this.#records.delete(key);
      if (staying <= max && stays?.(key)) {
        staying++;
        this.#records.set(key, record);
        continue;
      }
      if (this.#stored.has(key)) this.#writer.mark(key);
      else this.#writer.forget(key);
      if (this.#records.size <= max - Math.floor(max / 100)) return;
    }
  }

  async #write(keys: readonly string[]): Promise<void> {
    await this.ready();
    // Reading failed before: the backend's records must not be lost.
    if (!this.#isRead) await this.#read();
    const texts = this.#polled
      ? await this.#polled.inTurn(() => this.#update(this.#polled!, keys))
      : await this.#replace(keys);
    for (const [key, text] of texts) {
      if (text === "") this.#stored.delete(key);
      else this.#stored.add(key);
    }
    // Records that were dropped meanwhile must be removed again.
    for (const key of keys) {
      if (this.#stored.has(key) && !this.#records.has(key)) this.#writer.mark(key);
    }
  }

  /** Writes records as they are in memory. */
  async #replace(keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { backend, format, topic } = this.#options;
    const texts = new Map<string, string>();
    for (const key of keys) {
      const record = this.#records.get(key);
      texts.set(key, record === undefined ? "" : format(record));
    }
    await backend!.writeRecords(topic, texts);
    return texts;
  }

  /** Makes the pending changes to what is stored, and takes over the result. */
  async #update(
    { shared }: PolledRecords,
    keys: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    const pending = this.#pending!;
    this.#pending = new PendingChanges();
    const own = new Map(keys.map((key) => [key, this.#records.get(key)]));
    const written = new Map<string, string>();
    let left = keys;
    try {
      for (let attempt = 0; left.length > 0 && attempt < MAX_UPDATE_ATTEMPTS; attempt++) {
        left = await this.#updateOnce(shared, left, { pending, own, written });
      }
    } finally {
      if (left.length > 0) {
        const later = this.#pending;
        this.#pending = pending.only(left);
        this.#pending.addAll(later);
        for (const key of left) this.#writer.mark(key);
      }
    }
    return written;
  }

  /** Tries to write records; returns the keys of those that others changed meanwhile. */
  async #updateOnce(
    shared: SharedRecords,
    keys: readonly string[],
    { pending, own, written }: {
      readonly pending: PendingChanges<T>;
      /** The records in memory with these changes. */
      readonly own: ReadonlyMap<string, T | undefined>;
      readonly written: Map<string, string>;
    },
  ): Promise<readonly string[]> {
    const { format, parse, rebase, topic } = this.#options;
    let records = new Map<string, T>();
    let texts = new Map<string, string>();
    const conflicts = await shared.updateRecords(topic, keys, (stored) => {
      // It may be called again.
      [records, texts] = [new Map(), new Map()];
      for (const key of keys) {
        const text = stored.get(key);
        const theirs = text === undefined ? undefined : parse(text);
        const mine = own.get(key);
        const isBoth = theirs !== undefined && mine !== undefined;
        const record = isBoth ? pending.applied(key, theirs, rebase) : mine;
        if (record !== undefined) records.set(key, record);
        if (record !== undefined) texts.set(key, format(record));
        else if (theirs === undefined || this.#isOldest(theirs)) texts.set(key, "");
      }
      return texts;
    });
    for (const [key, text] of texts) if (!conflicts.has(key)) written.set(key, text);
    for (const [key, record] of records) {
      if (!this.#records.has(key) || conflicts.has(key)) continue;
      this.#records.set(key, this.#pending!.applied(key, record, rebase) ?? record);
    }
    return [...conflicts];
  }

  /** Whether a record has not changed for longer than those that are kept. */
  #isOldest(record: T): boolean {
    const { changedAt } = this.#options;
    const [oldest] = this.#records.values();
    return oldest === undefined || changedAt(record) <= changedAt(oldest);
  }

  /** Takes over what other processes have written. */
  #hear(texts: ReadonlyMap<string, string>): void {
    const { isKey, onNews, parse, rebase } = this.#options;
    const heard: string[] = [];
    for (const [key, text] of texts) {
      const record = isKey(key) ? parse(text) : undefined;
      if (record === undefined) continue;
      this.#stored.add(key);
      this.#keep(key, this.#pending?.applied(key, record, rebase) ?? record);
      heard.push(key);
    }
    if (heard.length > 0) onNews?.(heard);
  }

  async #read(): Promise<void> {
    const polled = this.#polled;
    if (!polled) return await this.#load();
    const { topic } = this.#options;
    // Listens before it reads: nothing falls between.
    await polled.start();
    this.#stopListening ??= polled.listen(topic, (changes) => this.#hear(changes));
    await polled.inTurn(() => this.#load());
  }

  async #load(): Promise<void> {
    const { backend, changedAt, isKey, name, parse, topic } = this.#options;
    const texts = await backend!.readRecords(topic);
    const read: [key: string, record: T, changedAt: number][] = [];
    const ignored: string[] = [];
    for (const [key, text] of texts) {
      const record = isKey(key) ? parse(text) : undefined;
      if (record !== undefined) read.push([key, record, changedAt(record)]);
      else if (text !== "") ignored.push(String(key).slice(0, 100));
    }
    // The backend gives the last written first.
    read.reverse().sort(([, , a], [, , b]) => a - b);
    this.#records.clear();
    for (const [key] of read) this.#stored.add(key);
    for (const [key, record] of read) this.#keep(key, record);
    const pending = this.#pending!;
    for (const key of pending.keys()) {
      const before = this.#records.get(key);
      const after = pending.applied(key, before);
      if (after !== undefined && after !== before) this.#keep(key, after);
    }
    this.#isRead = true;
    if (!this.#polled) this.#pending = undefined;
    if (ignored.length > 0) {
      this.#report(
        `Cannot read ${ignored.length} of ${texts.size} records of ${name}, among them that of ` +
          `${JSON.stringify(ignored[0])}: they are left as they are`,
      );
    }
  }

  #report(message: string, cause?: unknown): void {
    this.#options.onError(new Error(message, { cause }));
  }
}
