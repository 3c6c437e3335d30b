/**
 * The records of relays: so many in memory, and the same in a backend.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import { type RelayRecord, UNKNOWN_RELAY } from "./relay_record.ts";
import { formatRelayRecord, parseRelayRecord } from "./relay_record_text.ts";
import type { RelayRecordStore } from "./types.ts";
import { WriteBehind } from "./write_behind.ts";

/** What records are kept by. */
export interface RelayRecordsOptions {
  readonly clock: Clock;
  /** Where they survive a restart. Absent: nowhere. */
  readonly backend?: RelayRecordStore;
  /** Told of what goes wrong with the backend. */
  readonly onError: (error: Error) => void;
  /** Most records. */
  readonly max: number;
}

/** A change of a relay's record. */
export type Change = (record: RelayRecord) => RelayRecord;

/** How long after the first change to write, in milliseconds. */
const DELAY = 5_000;
/** Most changes that are kept for records that are not read yet. */
const MOST_CHANGES = 10_000;

/**
 * Records by URL. Those that were changed least recently go when there are too many,
 * from the backend, too. Nothing is written over that was not read before.
 */
export class RelayRecords {
  readonly #options: RelayRecordsOptions;
  /** Those that were changed last at the end. */
  readonly #records = new Map<string, RelayRecord>();
  /** The URLs of those that the backend has. */
  readonly #stored = new Set<string>();
  readonly #writer: WriteBehind;
  #ready?: Promise<void>;
  /** What happened before the backend's records were there, to happen to them, too. */
  #changes?: [url: string, change: Change][];

  constructor(options: RelayRecordsOptions) {
    this.#options = options;
    if (options.backend) this.#changes = [];
    this.#writer = new WriteBehind({
      clock: options.clock,
      delay: DELAY,
      has: (url) => this.#records.has(url) || this.#stored.has(url),
      write: (urls) => this.#write(urls),
      onError: (cause) => this.#tell("Cannot write what is known of relays", cause),
    });
  }

  /** Reads the backend, once; resolves even if that fails. */
  ready(): Promise<void> {
    if (!this.#changes) return Promise.resolve();
    return this.#ready ??= this.#read().catch((cause: unknown) => {
      this.#tell("Cannot read what is known of relays", cause);
    });
  }

  /** The record of a relay. */
  get(url: string): RelayRecord | undefined {
    return this.#records.get(url);
  }

  /** All records, those that were changed last at the end. */
  entries(): Iterable<[string, RelayRecord]> {
    return this.#records;
  }

  /** Whether one more would drive another out. */
  get isFull(): boolean {
    return this.#records.size >= this.#options.max;
  }

  /** Changes a record, or begins one. */
  change(url: string, change: Change): void {
    if (!isRelayUrl(url)) return;
    this.#keep(url, change(this.#records.get(url) ?? UNKNOWN_RELAY));
    if (!this.#options.backend) return;
    if (this.#changes && this.#changes.length < MOST_CHANGES) this.#changes.push([url, change]);
    this.#writer.mark(url);
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

  #keep(url: string, record: RelayRecord): void {
    this.#records.delete(url);
    this.#records.set(url, record);
    if (this.#records.size <= this.#options.max) return;
    const oldest = this.#records.keys().next().value!;
    this.#records.delete(oldest);
    if (this.#stored.has(oldest)) this.#writer.mark(oldest);
    else this.#writer.forget(oldest);
  }

  async #write(urls: readonly string[]): Promise<void> {
    await this.ready();
    // Not read yet, since that failed: what was there is not to be lost.
    if (this.#changes) await this.#read();
    const texts = new Map<string, string>();
    for (const url of urls) {
      const record = this.#records.get(url);
      texts.set(url, record ? formatRelayRecord(record) : "");
    }
    await this.#options.backend!.writeRelays(texts);
    for (const [url, text] of texts) {
      if (text === "") this.#stored.delete(url);
      else this.#stored.add(url);
    }
    // Who was driven out meanwhile is to be taken away again.
    for (const url of urls) {
      if (this.#stored.has(url) && !this.#records.has(url)) this.#writer.mark(url);
    }
  }

  async #read(): Promise<void> {
    const texts = await this.#options.backend!.readRelays();
    const read: [string, RelayRecord][] = [];
    const ignored: string[] = [];
    for (const [url, text] of texts) {
      const record = isRelayUrl(url) ? parseRelayRecord(text) : undefined;
      if (record) read.push([url, record]);
      else if (text !== "") ignored.push(String(url).slice(0, 100));
    }
    read.sort(([, a], [, b]) => changedAt(a) - changedAt(b));
    this.#records.clear();
    for (const [url] of read) this.#stored.add(url);
    for (const [url, record] of read) this.#keep(url, record);
    const changes = this.#changes ?? [];
    this.#changes = undefined;
    for (const [url, change] of changes) {
      this.#keep(url, change(this.#records.get(url) ?? UNKNOWN_RELAY));
    }
    if (ignored.length > 0) {
      this.#tell(
        `Cannot read ${ignored.length} of ${texts.size} records of relays, among them that of ` +
          `${JSON.stringify(ignored[0])}: they are left as they are`,
      );
    }
  }

  #tell(message: string, cause?: unknown): void {
    this.#options.onError(new Error(message, { cause }));
  }
}

/** No normal form is longer, and none has other characters. */
function isRelayUrl(url: unknown): url is string {
  return typeof url === "string" && url.length <= 256 && /^wss?:\/\/[!-~]+$/.test(url);
}

function changedAt({ lastSuccess, lastFailure, infoAt, reportedAt }: RelayRecord): number {
  return Math.max(lastSuccess, lastFailure, infoAt, reportedAt);
}
