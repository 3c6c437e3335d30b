import { NCache } from "@nostrify/nostrify";
import fc from "fast-check";
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { EventDatabase } from "../../src/db/kysely.ts";
import { openSqlite } from "../../src/db/sqlite.ts";
import { RelayListStore } from "../../src/lists/relay_list_store.ts";
import { backings } from "./backings.ts";
import { unsigned } from "./events.ts";
import { startPostgres } from "./postgres.ts";

const A = "wss://a.example/";
const B = "wss://b.example/";

/** What a store of records promises. */
const CLAIMS: Record<string, (db: EventDatabase, runs: number) => Promise<void>> = {
  async "readRecords() of a new database has nothing"(db) {
    assert.deepEqual(await db.readRecords("relay"), new Map());
  },

  async "writeRecords() puts records in place of those of the same keys"(db) {
    await db.writeRecords("relay", new Map([[A, "1"], [B, "2"]]));
    await db.writeRecords("relay", new Map([[B, "3"]]));
    assert.deepEqual(await db.readRecords("relay"), new Map([[A, "1"], [B, "3"]]));
    await db.writeRecords("relay", new Map());
    assert.equal((await db.readRecords("relay")).size, 2);
  },

  async "writeRecords() of an empty text takes a record away"(db) {
    await db.writeRecords("relay", new Map([[A, "1"], [B, "2"]]));
    await db.writeRecords("relay", new Map([[A, ""], ["wss://none.example/", ""]]));
    assert.deepEqual(await db.readRecords("relay"), new Map([[B, "2"]]));
    await db.writeRecords("relay", new Map([[A, "3"], [B, ""]]));
    assert.deepEqual(await db.readRecords("relay"), new Map([[A, "3"]]));
  },

  async "records come back as the text they were"(db, runs) {
    const text = fc.string({ unit: "binary", minLength: 1 }).filter((text) => !text.includes("\0"));
    const records = fc.uniqueArray(fc.tuple(text, text), { selector: ([url]) => url });
    await fc.assert(
      fc.asyncProperty(records, async (records) => {
        const known = await db.readRecords("relay");
        await db.writeRecords("relay", new Map(records));
        assert.deepEqual(await db.readRecords("relay"), new Map([...known, ...records]));
      }),
      { numRuns: runs },
    );
  },

  async "each topic has its own records"(db) {
    const relays = new Map([[A, "1"], [B, "2"]]);
    await db.writeRecords("relay", relays);
    await db.writeRecords("hint", new Map([[A, "3"]]));
    assert.deepEqual(await db.readRecords("relay"), relays);
    assert.deepEqual(await db.readRecords("hint"), new Map([[A, "3"]]));
    assert.deepEqual(await db.readRecords("list"), new Map());
    await db.writeRecords("relay", new Map([[A, ""]]));
    assert.deepEqual(await db.readRecords("relay"), new Map([[B, "2"]]));
    assert.deepEqual(await db.readRecords("hint"), new Map([[A, "3"]]));
  },

  async "five thousand records are written and read at once"(db) {
    const records = new Map(
      Array.from({ length: 5_000 }, (_, i) => [`wss://r${i}.example/`, "x".repeat(300)]),
    );
    await db.writeRecords("relay", records);
    assert.deepEqual(await db.readRecords("relay"), records);
    await db.writeRecords("relay", new Map([...records.keys()].map((url) => [url, ""])));
    assert.equal((await db.readRecords("relay")).size, 0);
  },

  async "writeRecords() takes what was given, whatever becomes of the map"(db) {
    const records = new Map([[A, "1"]]);
    const written = db.writeRecords("relay", records);
    records.set(A, "2").set(B, "2");
    await written;
    assert.deepEqual(await db.readRecords("relay"), new Map([[A, "1"]]));
  },

  async "writeRecords() refuses what would come back changed, and then writes nothing"(db) {
    for (const bad of ["a\0b", "\ud83d", 7 as unknown as string]) {
      const expected = {
        name: "TypeError",
        message: 'Cannot keep the record "wss://b.example/" of topic "relay": key and record ' +
          "must be text without NUL or half characters",
      };
      await assert.rejects(db.writeRecords("relay", new Map([[A, "1"], [B, bad]])), expected);
    }
    await assert.rejects(db.writeRecords("relay", new Map([["\0", "1"]])), /record "\\u0000"/);
    assert.equal((await db.readRecords("relay")).size, 0);
  },

  async "records and events are written beside each other, in turn"(db) {
    const events = Array.from({ length: 20 }, (_, i) => unsigned({ created_at: i + 1 }));
    await Promise.all(events.flatMap((event, i) => [
      db.event(event),
      db.writeRecords("relay", new Map([[A, `${i}`]])),
    ]));
    assert.deepEqual(await db.readRecords("relay"), new Map([[A, "19"]]));
    assert.equal((await db.query([{}])).length, 20);
    await db.remove([{}]);
    assert.equal(
      (await db.readRecords("relay")).size,
      1,
      "no event, so nothing that removes events",
    );
  },
};

for (const { name, open, skip, runs = 100 } of backings) {
  if (name === "NCache" || name === "MockRelay") continue;
  for (const [claim, test] of Object.entries(CLAIMS)) {
    Deno.test({
      name: `${name}: ${claim}`,
      ignore: skip !== undefined,
      async fn() {
        const { db, close } = await open();
        assert.ok(db instanceof EventDatabase);
        await test(db, runs);
        await close();
      },
    });
  }
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

Deno.test("records are there after the database was closed, and say when they were written", () =>
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

Deno.test("readRecords() has the last written first", () =>
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

Deno.test("a file of the former version gains the table, and keeps its events", () =>
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

Deno.test("of two connections that write the same record the last one wins, and others stay", () =>
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

Deno.test("S3: a write that fails halfway leaves all records as they were", () =>
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

const postgres = await startPostgres();

Deno.test({
  name: "PostgreSQL: processes that write the same records at once do not fail each other",
  ignore: typeof postgres === "string",
  async fn() {
    if (typeof postgres === "string") return;
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
});

Deno.test("RelayListStore passes on where its database keeps records, if it does", async () => {
  const db = await openSqlite(":memory:");
  const store = new RelayListStore(db);
  await store.records!.writeRecords("relay", new Map([[A, "1"]]));
  assert.deepEqual(await store.records!.readRecords("relay"), new Map([[A, "1"]]));
  await db.close();
  assert.equal(new RelayListStore(new NCache({ max: 1 })).records, undefined);
});
