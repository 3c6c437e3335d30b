/**
 * Records that other processes change, too: reads every two seconds what is new.
 *
 * Polling needs no connection of its own, works behind every proxy, and takes no lock, unlike
 * LISTEN and NOTIFY of PostgreSQL, of which a NOTIFY waits for all others at commit.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import type { RecordStore, RecordTopic, SharedRecords } from "./record_store.ts";

/** What {@link PolledRecords} need. */
export interface PolledRecordsOptions {
  readonly clock: Clock;
  /** Called with each failure to read. */
  readonly onError: (error: Error) => void;
}

/** Called with the records that other processes have changed, by key. */
export type RecordListener = (changes: ReadonlyMap<string, string>) => void;

/** Milliseconds from one reading to the next. */
const POLL_INTERVAL_MS = 2_000;

/** See the module. */
export class PolledRecords implements RecordStore {
  readonly #records: RecordStore;
  /** What the database offers for several processes. */
  readonly shared: SharedRecords;
  /** See {@link RecordStore.claim}. */
  readonly claim?: RecordStore["claim"];
  readonly #options: PolledRecordsOptions;
  readonly #listeners = new Map<RecordTopic | "stored", Set<RecordListener>>();
  /** Where the last reading ended; absent before the first. */
  #since?: number;
  #cancel?: () => void;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(records: RecordStore, shared: SharedRecords, options: PolledRecordsOptions) {
    this.#records = records;
    this.shared = shared;
    this.claim = records.claim && ((...args) => records.claim!(...args));
    this.#options = options;
  }

  /** Begins to read changes. Call it before reading what they change. */
  async start(): Promise<void> {
    await this.inTurn(async () => {
      if (this.#since !== undefined || this.#isClosed) return;
      this.#since = (await this.shared.readChanges()).until;
      this.#schedule();
    });
  }

  /** Calls `listener` with changes of a topic, until the returned function is called. */
  listen(topic: RecordTopic | "stored", listener: RecordListener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /**
   * Runs work while no changes are read and no other work runs: a listener never hears of a change
   * that is older than what work has written.
   */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = Promise.allSettled([result]);
    return result;
  }

  /** Reads all records of a topic. */
  readRecords(topic: RecordTopic): Promise<ReadonlyMap<string, string>> {
    return this.#records.readRecords(topic);
  }

  /** Replaces records, whatever others made of them. */
  writeRecords(topic: RecordTopic, records: ReadonlyMap<string, string>): Promise<void> {
    return this.#records.writeRecords(topic, records);
  }

  /** Reads no further changes, and leaves no reading behind. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#last;
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#cancel = this.#options.clock.after(POLL_INTERVAL_MS, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    try {
      await this.inTurn(() => this.#read());
    } catch (cause) {
      if (this.#isClosed) return;
      this.#options.onError(
        new Error("Cannot read what other processes have learned", { cause }),
      );
    }
    this.#schedule();
  }

  async #read(): Promise<void> {
    for (let hasMore = true; hasMore && !this.#isClosed;) {
      const read = await this.shared.readChanges(this.#since);
      ({ hasMore } = read);
      this.#since = read.until;
      for (const [topic, changes] of read.changes) {
        for (const listener of this.#listeners.get(topic) ?? []) listener(changes);
      }
    }
  }
}
