import fc from "fast-check";
import assert from "node:assert/strict";
import { openSqlite } from "../../src/db/sqlite.ts";
import { histories } from "./arbitraries.ts";
import { unsigned } from "./events.ts";
import { Oracle } from "./oracle.ts";

/** As many events as asked for, by as many authors. */
function many(length: number) {
  return Array.from({ length }, (_, i) => ({
    ...unsigned({ kind: 10002, created_at: i }),
    id: `${i}`.padStart(64, "a"),
    pubkey: `${i}`.padStart(64, "0"),
  }));
}

Deno.test("EventDatabase.events() leaves what event() leaves one by one, and reports it", async () => {
  await fc.assert(
    fc.asyncProperty(histories(unsigned), async (events) => {
      await using db = await openSqlite(":memory:");
      const oracle = new Oracle();
      const refused = events.filter((event) => !oracle.event(event));
      const result = await db.events(events);
      assert.deepEqual(await db.query([{}]), oracle.query([{}]));
      assert.deepEqual(result.refused.map(({ event }) => event), refused);
      const { stored, ignored } = result;
      assert.equal(stored + ignored + refused.length, events.length);
    }),
    { numRuns: 100 },
  );
});

Deno.test("EventDatabase.events() leaves out what is malformed, and reports it", async () => {
  await using db = await openSqlite(":memory:");
  const [a, b, c] = many(3);
  const bad = { ...b, kind: -1 };
  const { stored, refused } = await db.events([a, bad, c]);
  assert.equal(stored, 2);
  assert.equal(refused[0].event, bad);
  assert.equal(refused[0].reason, "malformed");
});

Deno.test("EventDatabase.events() stores all or nothing", async () => {
  await using db = await openSqlite(":memory:");
  const events = many(2_000);
  const controller = new AbortController();
  const progress: [number, number][] = [];
  await assert.rejects(
    db.events(events, {
      signal: controller.signal,
      onProgress(done, total) {
        progress.push([done, total]);
        if (done > 500) controller.abort(new Error("enough"));
      },
    }),
    new Error("enough"),
  );
  assert.deepEqual(progress, [[500, 2_000], [1_000, 2_000]]);
  assert.equal((await db.count([{}])).count, 0);
  await assert.rejects(
    db.events(events, {
      onProgress() {
        throw new Error("cannot draw the bar");
      },
    }),
    new Error("cannot draw the bar"),
  );
  assert.equal((await db.count([{}])).count, 0);
  assert.equal((await db.events(events)).stored, 2_000);
});

Deno.test("EventDatabase.events() lets others read the file meanwhile", async () => {
  const folder = await Deno.makeTempDir();
  const db = await openSqlite(`${folder}/events.sqlite3`);
  const [first, ...others] = many(2_501);
  await db.event(first);
  const seen: number[] = [];
  const bulk = db.events(others, {
    onProgress: () => db.count([{}]).then(({ count }) => seen.push(count)),
  });
  await bulk;
  // All read what was there before, while the rest was being written.
  assert.deepEqual(seen, [1, 1, 1, 1, 1]);
  assert.equal((await db.count([{}])).count, 2_501);
  await db.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("EventDatabase.events() in memory shows nobody half of the events", async () => {
  await using db = await openSqlite(":memory:");
  const reads: Promise<{ count: number }>[] = [];
  await db.events(many(2_000), {
    onProgress: () => reads.push(db.count([{}])),
  });
  for (const { count } of await Promise.all(reads)) assert.equal(count, 2_000);
});

Deno.test("EventDatabase.close() waits for what is being written", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/events.sqlite3`;
  const [first, ...others] = many(1_000);
  const db = await openSqlite(path);
  const writes = [db.events(others), db.event(first)];
  await db.close();
  await Promise.all(writes);
  await using again = await openSqlite(path);
  assert.equal((await again.count([{}])).count, 1_000);
  await Deno.remove(folder, { recursive: true });
});
