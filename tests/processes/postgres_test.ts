import assert from "node:assert/strict";
import { assertConsistent } from "../db/consistency.ts";
import { unsigned } from "../db/events.ts";
import { testPostgres } from "./postgres.ts";

testPostgres("an NDatabase that writes the same list at once causes no error", async (postgres) => {
  const schema = await postgres.schema();
  const db = await schema.open();
  const [older, newer] = [1, 2].map((created_at) =>
    unsigned({ kind: 10002, created_at, tags: [["r", `wss://${created_at}`]] })
  );
  // What NDatabase does, halfway through its transaction: it knows no lock.
  const pool = schema.pool();
  const other = await pool.connect();
  await other.query("begin");
  await other.query(
    "insert into nostr_events values ($1, $2, $3, $4, $5, $6, $7)",
    [
      older.id,
      older.kind,
      older.pubkey,
      older.content,
      older.created_at,
      JSON.stringify(older.tags),
      older.sig,
    ],
  );
  await other.query("insert into nostr_tags values ($1, 'r', 'wss://1')", [
    older.id,
  ]);
  let settled = false;
  const write = db.event(newer).finally(() => settled = true);
  // Only once ours waits for theirs do they commit.
  const waiting = "select 1 from pg_locks where not granted";
  while (!settled && (await pool.query(waiting)).rows.length === 0);
  assert.ok(!settled);
  await other.query("commit");
  await write;
  assert.deepEqual(await db.query([{}]), [newer]);
  assertConsistent(
    (await pool.query("select * from nostr_events")).rows,
    (await pool.query("select * from nostr_tags")).rows,
  );
  other.release();
  await pool.end();
  await db.close();
});

testPostgres("migrate() runs many times at once", async (postgres) => {
  const schema = await postgres.schema();
  const dbs = await Promise.all(Array.from({ length: 6 }, schema.open));
  await dbs[0].event(unsigned({}));
  assert.equal((await dbs[5].query([{}])).length, 1);
  await Promise.all(dbs.map((db) => db.close()));
});

testPostgres("an event of after 2038 is refused, and others with it are not", async (postgres) => {
  const db = await (await postgres.schema()).open();
  const good = unsigned({ created_at: 2 ** 31 - 1 });
  const settled = await Promise.allSettled([
    db.event(unsigned({ created_at: 2 ** 31 })),
    db.event(good),
  ]);
  assert.equal(
    settled[0].status === "rejected" && settled[0].reason.reason,
    "future",
  );
  assert.deepEqual(await db.query([{ until: 2 ** 40 }]), [good]);
  await db.close();
});

testPostgres(
  "connections that write the same records at once cause each other no error",
  async (postgres) => {
    const schema = await postgres.schema();
    const dbs = await Promise.all([schema.open(), schema.open(), schema.open()]);
    const urls = Array.from({ length: 40 }, (_, i) => `wss://r${i}.example/`);
    await Promise.all(dbs.map(async (db, i) => {
      for (let n = 0; n < 10; n++) {
        // Each in its own order, as no two processes have the same.
        const own = urls.toSorted(() => ((n + i) % 2) - 0.5);
        await db.writeRecords("relay", new Map(own.map((url) => [url, `${i}: ${n}`])));
      }
    }));
    const records = await dbs[0].readRecords("relay");
    assert.equal(records.size, urls.length);
    assert.equal(new Set(records.values()).size, 1, "one transaction after the other");
    await Promise.all(dbs.map((db) => db.close()));
  },
);
