/**
 * The records of an IndexedDB, which all tabs share.
 *
 * @module
 */

import type { RecordChanges, RecordTopic, SharedRecords } from "../base/record_store.ts";
import { checkRecords } from "./check_records.ts";
import { startingWith } from "./idb_deletions.ts";
import { type IdbRecord, type IdbTransaction, readState } from "./idb_schema.ts";

/** Runs work in a transaction; commits if it resolves. */
export type IdbTransact = <T>(
  work: (db: IdbTransaction) => Promise<T>,
  durability?: "strict" | "relaxed",
) => Promise<T>;

/** Most changes that are read at once. */
const MAX_CHANGES = 5_000;

/** The records of a topic, the last written first. */
export async function readIdbRecords(
  db: IdbTransaction<"readonly">,
  topic: RecordTopic,
): Promise<Map<string, string>> {
  const rows = await db.objectStore("records").getAll(startingWith([topic]));
  rows.sort((a, b) => b.version - a.version);
  return new Map(rows.flatMap(textsOf));
}

/** The texts of a row, by key. */
function textsOf(row: IdbRecord): (readonly [string, string])[] {
  return row.topic === "stored" ? [...row.notes] : [[row.key, row.record]];
}

/** How many transactions' notes are kept: tabs that read them every two seconds miss none. */
const MAX_NOTES = 1_000;

/** Notes which lists a transaction stores, for other tabs. */
export async function putNotes(
  db: IdbTransaction,
  notes: ReadonlyMap<string, string>,
  writer: string,
): Promise<void> {
  if (notes.size === 0) return;
  const state = await readState(db);
  const version = state.version + 1;
  const key = `${version % MAX_NOTES}`;
  await Promise.all([
    db.objectStore("records").put({ topic: "stored", key, notes, version, writer }),
    db.objectStore("state").put({ ...state, version }, 0),
  ]);
}

/** Replaces records of a topic, inside a transaction. An empty text removes a record. */
export async function putRecords(
  db: IdbTransaction,
  topic: RecordTopic,
  records: ReadonlyMap<string, string>,
  writer: string,
): Promise<void> {
  if (records.size === 0) return;
  const state = await readState(db);
  let { version } = state;
  const store = db.objectStore("records");
  const writes: Promise<unknown>[] = [];
  for (const [key, record] of records) {
    writes.push(
      record === ""
        ? store.delete([topic, key])
        : store.put({ topic, key, record, version: ++version, writer }),
    );
  }
  await Promise.all([...writes, db.objectStore("state").put({ ...state, version }, 0)]);
}

/** How long a transaction must be able to survive, by what it writes: what was promised, a crash. */
export function durabilityOf(topic: RecordTopic): "strict" | "relaxed" {
  return topic === "publication" ? "strict" : "relaxed";
}

/**
 * What several tabs need that share the records. Transactions of all tabs take turns, so none
 * changes a record meanwhile.
 */
export function sharedIdbRecords(transact: IdbTransact, writer: string): SharedRecords {
  return {
    updateRecords: (topic, keys, change) =>
      transact(async (db) => {
        const store = db.objectStore("records");
        const rows = await Promise.all([...new Set(keys)].map((key) => store.get([topic, key])));
        const stored = new Map(rows.flatMap((row) => row ? textsOf(row) : []));
        const changed = [...change(stored)]
          .filter(([key, text]) => text !== (stored.get(key) ?? ""));
        checkRecords(topic, new Map(changed));
        await putRecords(db, topic, new Map(changed), writer);
        return new Set<string>();
      }, durabilityOf(topic)),
    readChanges: (since) => transact((db) => readChanges(db, writer, since)),
  };
}

async function readChanges(
  db: IdbTransaction,
  writer: string,
  since?: number,
): Promise<RecordChanges> {
  const { version } = await readState(db);
  if (since === undefined || since >= version) {
    return { until: version, hasMore: false, changes: new Map() };
  }
  const range = IDBKeyRange.lowerBound(since, true);
  const rows = await db.objectStore("records").index("version").getAll(range, MAX_CHANGES);
  const changes = new Map<RecordTopic | "stored", Map<string, string>>();
  for (const row of rows) {
    if (row.writer === writer) continue;
    if (!changes.has(row.topic)) changes.set(row.topic, new Map());
    for (const [key, text] of textsOf(row)) changes.get(row.topic)!.set(key, text);
  }
  const hasMore = rows.length === MAX_CHANGES;
  return { until: hasMore ? lastOf(rows).version : version, hasMore, changes };
}

function lastOf(rows: readonly IdbRecord[]): IdbRecord {
  return rows[rows.length - 1];
}
