/**
 * Records of one topic: so many in memory, and the same in a backend.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import type { RecordStore, RecordTopic } from "./record_store.ts";
import { WriteBehind } from "./write_behind.ts";

/** What records are kept by. */
export interface PersistentMapOptions<T> {
  readonly clock: Clock;
  /** Where they survive a restart. Absent: nowhere. */
  readonly backend?: RecordStore;
  /** What they are about. */
  readonly topic: RecordTopic;
  /** What messages call that they are about: `"relays"`. */
  readonly name: string;
  /** Told of what goes wrong with the backend. */
  readonly onError: (error: Error) => void;
  /** Most records; an integer >= 1. */
  readonly max: number;
  /** Whether a record can be about this. What is not is never kept. */
  readonly isKey: (key: string) => boolean;
  /** A record from its text; `undefined` where it cannot be read. Must not throw. */
  readonly parse: (text: string) => T | undefined;
  /** The text of a record, never empty. */
  readonly format: (record: T) => string;
  /** When a record was changed last, as a number that grows with time. */
  readonly changedAt: (record: T) => number;
  /**
   * Whether a record stays when there are too many, as long as there are others. Say so
   * of at most half of `max`.
   * @default () => false
   */
  readonly stays?: (key: string) => boolean;
}

/** How long after the first change to write, in milliseconds. */
const DELAY = 5_000;
/** Most changes that are kept for records that are not read yet. */
const MOST_CHANGES = 10_000;

/**
 * Records by key. Those that were changed least recently go when there are too many,
 * from the backend, too. Nothing is written over that was not read before.
 */
export class PersistentMap<T> {
  readonly #options: PersistentMapOptions<T>;
  /** Those that were changed last at the end. */
  readonly #records = new Map<string, T>();
  /** The keys of those that the backend has. */
  readonly #stored = new Set<string>();
  readonly #writer: WriteBehind;
  #ready?: Promise<void>;
  /** What happened before the backend's records were there, to happen to them, too. */
  #changes?: [key: string, change: (record: T) => T, initial: T][];

  constructor(options: PersistentMapOptions<T>) {
    this.#options = options;
    if (options.backend) this.#changes = [];
    this.#writer = new WriteBehind({
      clock: options.clock,
      delay: DELAY,
      has: (key) => this.#records.has(key) || this.#stored.has(key),
      write: (keys) => this.#write(keys),
      onError: (cause) => this.#tell(`Cannot write the records of ${options.name}`, cause),
    });
  }

  /** Reads the backend, once; resolves even if that fails. */
  ready(): Promise<void> {
    if (!this.#changes) return Promise.resolve();
    return this.#ready ??= this.#read().catch((cause: unknown) => {
      this.#tell(`Cannot read the records of ${this.#options.name}`, cause);
    });
  }

  /** The record of a key. */
  get(key: string): T | undefined {
    return this.#records.get(key);
  }

  /** All records, those that were changed last at the end. */
  entries(): Iterable<[string, T]> {
    return this.#records;
  }

  /** How many there are. */
  get size(): number {
    return this.#records.size;
  }

  /** Whether one more would drive another out. */
  get isFull(): boolean {
    return this.#records.size >= this.#options.max;
  }

  /**
   * Changes a record, or begins one. A change that gives back what it is given is none.
   *
   * @param change Pure: where the backend is not read yet it is made again, to what is
   * read.
   * @param initial What is changed where there is no record.
   * @returns Whether anything changed.
   */
  change(key: string, change: (record: T) => T, initial: T): boolean {
    if (!this.#options.isKey(key)) return false;
    const isChanged = this.#apply(key, change, initial);
    if (!this.#options.backend) return isChanged;
    if (this.#changes && this.#changes.length < MOST_CHANGES) {
      this.#changes.push([key, change, initial]);
    }
    if (isChanged) this.#writer.mark(key);
    return isChanged;
  }

  /** Writes what changed; never rejects. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /** Writes what changed, for the last time; no timer and no reading is left. */
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
   * A hundredth at a time, as finding the oldest takes long where many are gone. Those
   * that stay are the newest from then on.
   */
  #dropOldest(): void {
    const { max, stays } = this.#options;
    let passed = 0;
    for (const [key, record] of this.#records) {
      this.#records.delete(key);
      if (passed <= max && stays?.(key)) {
        passed++;
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
    // Not read yet, since that failed: what was there is not to be lost.
    if (this.#changes) await this.#read();
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
    // Who was driven out meanwhile is to be taken away again.
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
    // The last written came first.
    read.reverse().sort(([, , a], [, , b]) => a - b);
    this.#records.clear();
    for (const [key] of read) this.#stored.add(key);
    for (const [key, record] of read) this.#keep(key, record);
    const changes = this.#changes ?? [];
    this.#changes = undefined;
    for (const change of changes) this.#apply(...change);
    if (ignored.length > 0) {
      this.#tell(
        `Cannot read ${ignored.length} of ${texts.size} records of ${name}, among them that of ` +
          `${JSON.stringify(ignored[0])}: they are left as they are`,
      );
    }
  }

  #tell(message: string, cause?: unknown): void {
    this.#options.onError(new Error(message, { cause }));
  }
}
