import assert from "node:assert/strict";
import type { Assignment } from "../../src/plan/assignment.ts";
import { LostRows } from "../../src/requests/lost_rows.ts";

/** Two authors and a thread, each at relays 0 and 1; the thread at relay 2, too. */
const ASSIGNMENT: Assignment = {
  urls: ["a", "b", "c"],
  subjects: ["alice", "bob", "post"],
  roles: [{ role: "write", first: 0, end: 2 }, { role: "thread", first: 2, end: 3 }],
  relayIndexes: Int32Array.of(0, 1, -1, 0, -1, -1, 0, 1, 2),
  relaysPerSubject: 3,
  unscoped: [],
};
const never = () => false;
const among = (...indexes: number[]) => (index: number) => indexes.includes(index);

Deno.test("LostRows takes a row as an orphan once all of its relays are lost or idle, and once", () => {
  const rows = new LostRows(ASSIGNMENT);
  assert.deepEqual(rows.takeOrphans(never, never), []);
  assert.deepEqual(rows.takeOrphans(never, () => true), [], "nothing is lost");
  assert.deepEqual(rows.takeOrphans(among(0), never), [1]);
  // The second entry is Alice's other relay.
  assert.deepEqual(rows.takeOrphans(among(0), (at) => at === 1), [0]);
  assert.deepEqual(rows.takeOrphans(among(0, 1), never), []);
  assert.deepEqual([0, 1, 2].map((row) => rows.isTaken(row)), [true, true, false]);
});

Deno.test("LostRows takes a thread as short with each further relay that it lost", () => {
  const rows = new LostRows(ASSIGNMENT);
  assert.deepEqual(rows.takeShort(never), { rows: [], lost: 0 });
  assert.deepEqual(rows.takeShort(among(0)), { rows: [2], lost: 1 });
  assert.deepEqual(rows.takeShort(among(0)), { rows: [], lost: 0 });
  // A relay that works again and is lost once more was replaced before.
  assert.deepEqual(rows.takeShort(never), { rows: [], lost: 0 });
  assert.deepEqual(rows.takeShort(among(0, 1, 2)), { rows: [2], lost: 2 });
  assert.deepEqual(rows.takeOrphans(among(0, 1, 2), never), [0, 1], "the thread is replaced");
});
