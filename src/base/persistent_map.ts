/**
 * A bounded map whose records are also kept in a backend.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import type { RecordStore, RecordTopic } from "./record_store.ts";
import { WriteBehind } from "./write_behind.ts";

/** How a {@link PersistentMap} keeps records. */
export interface PersistentMapOptions<T> {
  readonly clock: Clock;
  /** Where records survive a restart; if absent, they do not. */
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
}

/** Milliseconds from the first change to the writing. */
const WRITE_DELAY_MS = 5_000;
/** Most changes that are kept until the backend is read. */
const MAX_EARLY_CHANGES = 10_000;

/**
 * Records by key. When there are too many, the least recently changed go, from the backend
 * as well. Nothing is overwritten before it has been read.
 */
export class PersistentMap<T> {
  readonly #options: PersistentMapOptions<T>;
  /** The most recently changed records come last. */
  readonly #records = new Map<string, T>();
  /** The keys of the records that the backend has. */
  readonly #stored = new Set<string>();
  readonly #writer: WriteBehind;
  #ready?: Promise<void>;
  /** The changes made before the backend was read, to be made to its records, too. */
  #earlyChanges?: [key: string, change: (record: T) => T, initial: T][];

  constructor(options: PersistentMapOptions<T>) {
    this.#options = options;
    if (options.backend) this.#earlyChanges = [];
    this.#writer = new WriteBehind({
      clock: options.clock,
      delay: WRITE_DELAY_MS,
      has: (key) => this.#records.has(key) || this.#stored.has(key),
      write: (keys) => this.#write(keys),
      onError: (cause) => this.#report(`Cannot write the records of ${options.name}`, cause),
    });
  }

  /** Reads the backend once; resolves even if that fails. */
  ready(): Promise<void> {
    if (!this.#earlyChanges) return Promise.resolve();
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
    if (!this.#options.isKey(key)) return false;
    const isChanged = this.#apply(key, change, initial);
    if (!this.#options.backend) return isChanged;
    const isEarly = this.#earlyChanges && this.#earlyChanges.length < MAX_EARLY_CHANGES;
    if (isEarly) this.#earlyChanges!.push([key, change, initial]);
    // An early change may change the record that is read, though it changes nothing now.
    if (isChanged || isEarly) this.#writer.mark(key);
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
  }

  #apply(key: string, change: (record: T) => T, initial: T): boolean {
    const before = this.#records.get(key) ?? initial;
    const after = change(before);
    if (after === before) return false;
    this.#keep(key, after);
    return true;
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
    if (this.#earlyChanges) await this.#read();
    const { backend, format, topic } = this.#options;
    const texts = new Map<string, string>();
    for (const key of keys) {
      const record = this.#records.get(key);
      texts.set(key, record === undefined ? "" : format(record));
    }
    await backend!.writeRecords(topic, texts);
    for (const [key, text] of texts) {
      if (text === "") this.#stored.delete(key);
      else this.#stored.add(key);
    }
    // Records that were dropped meanwhile must be removed again.
    for (const key of keys) {
      if (this.#stored.has(key) && !this.#records.has(key)) this.#writer.mark(key);
    }
  }

  async #read(): Promise<void> {
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
    const changes = this.#earlyChanges ?? [];
    this.#earlyChanges = undefined;
    for (const change of changes) this.#apply(...change);
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
