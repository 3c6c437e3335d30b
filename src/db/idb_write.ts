/**
 * Writes events to an IndexedDB, many in one transaction.
 *
 * @module
 */

import { unwrap } from "idb";
import { isAddressableKind, isReplaceableKind } from "nostr-tools/kinds";
import { isNewer } from "../nostr/versions.ts";
import type { Outcome } from "./event_runs.ts";
import { deletedAmong, deletedBy, storedVersions } from "./idb_deletions.ts";
import { idbEvent } from "./idb_event.ts";
import { putNotes } from "./idb_records.ts";
import { type IdbEvent, type IdbTransaction, readState } from "./idb_schema.ts";
import type { PreparedEvent } from "./prepared_event.ts";
import { storedNotes } from "./stored_notes.ts";

/** What all writing of events needs. */
export interface IdbWriting {
  /** What a request to vanish must name to count, besides all relays. */
  readonly places: readonly string[];
  /** Most events. */
  readonly maxEvents: number;
  /** Stands for this object, among all that write to the database. */
  readonly writer: string;
}

/**
 * Writes one run of events, as `runsOf` makes them.
 *
 * @returns The outcome of each, in order.
 */
export async function writeIdbRun(
  db: IdbTransaction,
  events: readonly PreparedEvent[],
  { places, maxEvents, writer }: IdbWriting,
): Promise<Outcome[]> {
  const store = db.objectStore("events");
  const [deleted, older] = await Promise.all([
    deletedAmong(db, events, places),
    Promise.all(events.map((event) => sameOrVersions(db, event))),
  ]);
  const outcomes = events.map(({ row }, i): Outcome => {
    // What is stored is not deleted, or it would be gone.
    if (older[i].some(({ event }) => event.id === row.id)) return "ignored";
    if (deleted.has(row.id)) return "deleted";
    return older[i].every(({ event }) => isNewer(row, event)) ? "stored" : "ignored";
  });
  const done = events.filter((_, i) => outcomes[i] === "stored");
  const gone = older.flatMap((rows, i) => outcomes[i] === "stored" ? rows : []);
  for (const event of done) gone.push(...await deletedBy(db, event, places));
  const added = done.length - await removeRows(db, gone);
  // Without a promise for each: what fails here fails the transaction.
  const plain = unwrap(store);
  for (const event of done) plain.put(idbEvent(event));
  await putNotes(db, storedNotes(done), writer);
  await countEvents(db, added, maxEvents);
  return outcomes;
}

/** The stored event of the same id; of a kind with versions the stored version. */
async function sameOrVersions(
  db: IdbTransaction,
  { row: { id, kind, pubkey }, d }: PreparedEvent,
): Promise<readonly IdbEvent[]> {
  if (isReplaceableKind(kind) || isAddressableKind(kind)) {
    return await storedVersions(db, kind, pubkey, d);
  }
  const row = await db.objectStore("events").get(id);
  return row ? [row] : [];
}

/** Removes rows; returns how many these were, each counted once. */
export async function removeRows(
  db: IdbTransaction,
  rows: readonly IdbEvent[],
): Promise<number> {
  const ids = new Set(rows.map(({ event }) => event.id));
  const store = db.objectStore("events");
  await Promise.all([...ids].map((id) => store.delete(id)));
  return ids.size;
}

/** Notes how many events there are now. If there are too many, a fiftieth and what is over goes. */
export async function countEvents(
  db: IdbTransaction,
  added: number,
  maxEvents: number,
): Promise<void> {
  if (added === 0) return;
  const state = await readState(db);
  const events = state.events + added;
  await db.objectStore("state").put({ ...state, events }, 0);
  if (events > maxEvents) await makeRoom(db, events - maxEvents + Math.floor(maxEvents / 50));
}

/**
 * Removes some events: the oldest posts, and lasting kinds only if there are no posts left, the
 * oldest first.
 */
async function makeRoom(db: IdbTransaction, count: number): Promise<void> {
  const store = db.objectStore("events");
  let until = -Infinity;
  let removed = 0;
  let cursor = await store.index("rank").openKeyCursor(null, "prev");
  const deletions: Promise<void>[] = [];
  while (cursor && removed < count) {
    const [, age] = cursor.key;
    until = Math.max(until, -age);
    deletions.push(store.delete(cursor.primaryKey));
    removed++;
    cursor = await cursor.continue();
  }
  await Promise.all(deletions);
  const state = await readState(db);
  const forgottenUntil = Math.max(until, state.forgottenUntil ?? -Infinity);
  const events = state.events - removed;
  if (removed > 0) await db.objectStore("state").put({ ...state, events, forgottenUntil }, 0);
}
