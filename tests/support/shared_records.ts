/**
 * Records that several processes share, in the memory of a test, which decides what happens when.
 *
 * @module
 */

import { PolledRecords } from "../../src/base/polled_records.ts";
import type { RecordChanges, RecordStore, RecordTopic } from "../../src/base/record_store.ts";
import type { TestClock } from "../../testing/test_clock.ts";

interface Row {
  readonly text: string;
  readonly writer: number;
  readonly version: number;
}

/** Stands in for a database; see the module. Has one topic. */
export class SharedRecordMap {
  readonly rows = new Map<string, Row>();
  /** How often records were written. */
  writes = 0;
  #version = 0;
  #writers = 0;
  readonly #claims = new Map<string, { readonly owner: string; readonly until: number }>();

  /** The stored texts. */
  texts(): Map<string, string> {
    return new Map([...this.rows].map(([key, { text }]) => [key, text]));
  }

  /** The records as one process has them. */
  process(clock: TestClock, onError: (error: Error) => void): SharedProcess {
    return new SharedProcess(this, ++this.#writers, clock, onError);
  }

  write(writer: number, texts: ReadonlyMap<string, string>): void {
    this.writes++;
    for (const [key, text] of texts) {
      if (text === "") this.rows.delete(key);
      else this.rows.set(key, { text, writer, version: ++this.#version });
    }
  }

  changes(writer: number, topic: RecordTopic, since?: number): RecordChanges {
    const until = this.#version;
    const changed = [...this.rows].filter(([, row]) =>
      since !== undefined && row.version > since && row.writer !== writer
    ).sort(([, a], [, b]) => a.version - b.version);
    const texts = new Map(changed.map(([key, { text }]) => [key, text]));
    return {
      until,
      hasMore: false,
      changes: texts.size > 0 ? new Map([[topic, texts]]) : new Map(),
    };
  }

  claim(owner: string, keys: readonly string[], now: number, ms: number): ReadonlySet<string> {
    const claimed = keys.filter((key) => {
      const claim = this.#claims.get(key);
      return !claim || claim.until < now || claim.owner === owner;
    });
    for (const key of claimed) this.#claims.set(key, { owner, until: now + ms });
    return new Set(claimed);
  }
}

/** One process on a {@link SharedRecordMap}. */
export class SharedProcess {
  /** What a `PersistentMap` takes. */
  readonly backend: PolledRecords;
  /** Whether the process was killed: nothing of it reaches the database any longer. */
  isKilled = false;
  /** The error of the next write, which is undone. */
  broken?: Error;
  /** Keys that other processes change during the next writes, write by write. */
  readonly conflicts: (readonly string[])[] = [];
  /** What answers to writes wait for. */
  hold: Promise<void> = Promise.resolve();

  constructor(
    db: SharedRecordMap,
    writer: number,
    clock: TestClock,
    onError: (error: Error) => void,
  ) {
    let topic: RecordTopic = "relay";
    const alive = async <T>(call: () => T | Promise<T>): Promise<T> => {
      if (this.isKilled) await new Promise(() => {});
      return call();
    };
    const records: RecordStore = {
      readRecords(of) {
        topic = of;
        return alive(() => new Map([...db.texts()].reverse()));
      },
      writeRecords: (_, texts) => alive(() => db.write(writer, texts)),
      shared: {
        updateRecords: (_, keys, change) =>
          alive(() => {
            const texts = db.texts();
            const stored = new Map([...texts].filter(([key]) => keys.includes(key)));
            // As a transaction that is tried again.
            change(new Map(stored));
            const changed = change(stored);
            const { broken } = this;
            this.broken = undefined;
            if (broken) throw broken;
            const conflicts = new Set(this.conflicts.shift()?.filter((key) => changed.has(key)));
            const written = [...changed].filter(([key, text]) =>
              texts.get(key) !== text && !conflicts.has(key)
            );
            db.write(writer, new Map(written));
            return this.hold.then(() => conflicts);
          }),
        readChanges: (since) => alive(() => db.changes(writer, topic, since)),
      },
      claim: (keys, ms, owner = `${writer}`) => alive(() => db.claim(owner, keys, clock.now(), ms)),
    };
    this.backend = new PolledRecords(records, records.shared!, { clock, onError });
  }
}
