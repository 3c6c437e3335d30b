import { NCache } from "@nostrify/nostrify";
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../../src/db/sqlite.ts";
import { RelayListStore } from "../../src/lists/relay_list_store.ts";
import { backings } from "./backings.ts";
import { unsigned } from "./events.ts";
import { recordsContract } from "./records_contract.ts";

const A = "wss://a.example/";
const B = "wss://b.example/";

for (const backing of backings) {
  if (backing.name.startsWith("SQLite")) recordsContract(backing);
}

/** A database's file in a folder that is removed in the end. */
async function withFile(test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(`${folder}/events.sqlite3`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("EventDatabase keeps records after it is closed, with the time of writing", () =>
  withFile(async (path) => {
    const before = Math.floor(Date.now() / 1000);
    const db = await openSqlite(path);
    await db.writeRecords("relay", new Map([[A, "1"]]));
    await db.close();
    const again = await openSqlite(path);
    assert.deepEqual(await again.readRecords("relay"), new Map([[A, "1"]]));
    await again.close();
    const raw = new DatabaseSync(path);
    const row = raw.prepare("select * from outbox_records").get() as { updated_at: number };
    raw.close();
    assert.equal(typeof row.updated_at, "number");
    assert.ok(row.updated_at >= before && row.updated_at <= Date.now() / 1000);
  }));

Deno.test("EventDatabase.readRecords() returns the last written first", () =>
  withFile(async (path) => {
    const db = await openSqlite(path);
    await db.writeRecords("relay", new Map([[A, "1"], [B, "1"], ["wss://c.example/", "1"]]));
    const raw = new DatabaseSync(path);
    raw.exec(`update outbox_records set updated_at = 1000 where key <> '${A}'`);
    assert.deepEqual([...(await db.readRecords("relay")).keys()], [A, B, "wss://c.example/"]);
    raw.exec(`update outbox_records set updated_at = 1000`);
    await db.writeRecords("relay", new Map([[B, "2"]]));
    assert.deepEqual([...(await db.readRecords("relay")).keys()], [B, A, "wss://c.example/"]);
    raw.close();
    await db.close();
  }));

Deno.test("EventDatabase adds the table of records to a file of the former version, and keeps its events", () =>
  withFile(async (path) => {
    const event = unsigned({ kind: 10002, tags: [["r", "wss://relay.example"]] });
    const former = await openSqlite(path);
    await former.event(event);
    await former.close();
    const raw = new DatabaseSync(path);
    raw.exec("drop table outbox_records");
    raw.close();
    const db = await openSqlite(path);
    assert.deepEqual(await db.readRecords("relay"), new Map());
    await db.writeRecords("relay", new Map([[A, "1"]]));
    assert.deepEqual(await db.query([{}]), [event]);
    await db.close();
  }));

Deno.test("EventDatabase keeps the last write of two connections to one record, and all other records", () =>
  withFile(async (path) => {
    const dbs = [await openSqlite(path), await openSqlite(path)];
    await Promise.all(dbs.map(async (db, i) => {
      for (let n = 0; n < 20; n++) {
        await db.writeRecords(
          "relay",
          new Map([[A, `${i}: ${n}`], [`wss://r${i}.example/`, `${n}`]]),
        );
      }
    }));
    const records = await dbs[0].readRecords("relay");
    assert.match(records.get(A)!, /: 19$/);
    assert.equal(records.get("wss://r0.example/"), "19");
    assert.equal(records.get("wss://r1.example/"), "19");
    assert.deepEqual(await dbs[1].readRecords("relay"), records);
    for (const db of dbs) await db.close();
  }));

Deno.test("S3: EventDatabase.writeRecords() that fails halfway leaves all records as they were", () =>
  withFile(async (path) => {
    const db = await openSqlite(path);
    await db.writeRecords("relay", new Map([[A, "1"], [B, "1"]]));
    const raw = new DatabaseSync(path);
    raw.exec(`create trigger picky before update on outbox_records when new.record = 'bad'
      begin select raise(abort, 'too picky'); end`);
    raw.close();
    const records = new Map([[A, ""], ["wss://new.example/", "2"], [B, "bad"]]);
    await assert.rejects(db.writeRecords("relay", records), /too picky/);
    assert.deepEqual(await db.readRecords("relay"), new Map([[A, "1"], [B, "1"]]));
    await db.writeRecords("relay", new Map([[B, "2"]]));
    assert.deepEqual(await db.readRecords("relay"), new Map([[B, "2"], [A, "1"]]));
    await db.close();
  }));

Deno.test("RelayListStore.records is its database, if that keeps records", async () => {
  const db = await openSqlite(":memory:");
  const store = new RelayListStore(db);
  await store.records!.writeRecords("relay", new Map([[A, "1"]]));
  assert.deepEqual(await store.records!.readRecords("relay"), new Map([[A, "1"]]));
  await db.close();
  assert.equal(new RelayListStore(new NCache({ max: 1 })).records, undefined);
});
