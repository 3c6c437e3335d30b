import assert from "node:assert/strict";
import { nextTurn } from "../../src/base/clock.ts";
import type { RecordTopic } from "../../src/base/record_store.ts";
import type { EventDatabase } from "../../src/db/kysely.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { unsigned } from "../db/events.ts";
import { type PostgresServer, testPostgres } from "./postgres.ts";

const A = "wss://a.example/";
const B = "wss://b.example/";

/** Several databases, as several processes have them, on one schema. */
async function openSome(server: PostgresServer, count: number): Promise<EventDatabase[]> {
  const { url } = await server.schema();
  const open = () => openPostgres(url, { max: 3 });
  return await Promise.all(Array.from({ length: count }, open));
}

async function closeAll(dbs: readonly EventDatabase[]): Promise<void> {
  await Promise.all(dbs.map((db) => db.close()));
}

testPostgres("updateRecords() of several processes at once loses no change", async (server) => {
  const dbs = await openSome(server, 3);
  const increment = (stored: ReadonlyMap<string, string>) =>
    new Map([[A, String(Number(stored.get(A) ?? 0) + 1)]]);
  await Promise.all(
    dbs.map(async (db) => {
      for (let i = 0; i < 30; i++) {
        while ((await db.shared!.updateRecords("relay", [A, B], increment)).has(A));
      }
    }),
  );
  assert.deepEqual(await dbs[0].readRecords("relay"), new Map([[A, "90"]]));
  await closeAll(dbs);
});

testPostgres("updateRecords() writes all of its records or none", async (server) => {
  const dbs = await openSome(server, 1);
  const { shared } = dbs[0];
  await assert.rejects(
    shared!.updateRecords("relay", [A, B], () => new Map([[A, "1"], [B, "a\0b"]])),
    TypeError,
  );
  assert.equal((await dbs[0].readRecords("relay")).size, 0);
  await shared!.updateRecords("relay", [A, B], () => new Map([[A, "1"], [B, ""]]));
  const { until } = await shared!.readChanges();
  await shared!.updateRecords("relay", [A], () => new Map([[A, "1"]]));
  assert.equal((await shared!.readChanges()).until, until, "the same again is not written");
  await closeAll(dbs);
});

testPostgres(
  "readChanges() misses none of the changes that others make meanwhile",
  async (server) => {
    const [reader, ...writers] = await openSome(server, 4);
    let { until } = await reader.shared!.readChanges();
    const heard = new Set<string>();
    const total = 40;
    let areWriting = true;
    const written = Promise.all(writers.map(async (db, w) => {
      for (let i = 0; i < total; i++) {
        const topic: RecordTopic = i % 2 ? "relay" : "hint";
        const records = new Map([[`${w}:${i}`, "x"]]);
        if (i % 3 > 0) await db.writeRecords(topic, records);
        else await db.shared!.updateRecords(topic, [...records.keys()], () => records);
      }
    })).finally(() => areWriting = false);
    while (areWriting || heard.size < writers.length * total) {
      const isLast = !areWriting;
      const read = await reader.shared!.readChanges(until);
      ({ until } = read);
      for (const texts of read.changes.values()) {
        for (const key of texts.keys()) {
          assert.ok(!heard.has(key), "each change is read once");
          heard.add(key);
        }
      }
      if (isLast) break;
    }
    await written;
    assert.equal(heard.size, writers.length * total);
    await closeAll([reader, ...writers]);
  },
);

testPostgres(
  "readChanges() leaves out what this process wrote, and moves on behind it",
  async (server) => {
    const [one, two] = await openSome(server, 2);
    const { until } = await one.shared!.readChanges();
    await one.writeRecords("relay", new Map([[A, "1"]]));
    const own = await one.shared!.readChanges(until);
    assert.ok(own.until > until);
    assert.equal(own.changes.size, 0);
    const { changes } = await two.shared!.readChanges(until);
    assert.deepEqual(changes, new Map([["relay", new Map([[A, "1"]])]]));
    await closeAll([one, two]);
  },
);

testPostgres(
  "readChanges() tells of each list that is stored, once it can be read",
  async (server) => {
    const [one, two] = await openSome(server, 2);
    const { until } = await two.shared!.readChanges();
    const list = unsigned({ kind: 10002, created_at: 10 });
    await one.event(list);
    await one.event(unsigned({ kind: 1 }));
    const { changes } = await two.shared!.readChanges(until);
    assert.deepEqual([...changes.get("stored")!.keys()], [`10002:${list.pubkey}`]);
    const later = (await two.shared!.readChanges(until)).until;
    await one.event(unsigned({ kind: 10002, created_at: 5 }));
    await one.event(list);
    assert.equal((await two.shared!.readChanges(later)).changes.size, 0, "nothing was stored");
    await closeAll([one, two]);
  },
);

testPostgres("claim() gives each key to one process, until its time is over", async (server) => {
  const dbs = await openSome(server, 3);
  const keys = Array.from({ length: 50 }, (_, i) => `10002:${i}`);
  const claims = await Promise.all(
    dbs.map((db, i) => db.claim!(i % 2 ? keys : keys.toReversed(), 60_000)),
  );
  assert.equal(claims.reduce((sum, { size }) => sum + size, 0), keys.length);
  assert.equal(new Set(claims.flatMap((claimed) => [...claimed])).size, keys.length);
  const [one, two] = dbs;
  assert.equal((await one.claim!(["new"], 50)).size, 1);
  assert.equal((await one.claim!(["new"], 50)).size, 1, "its own again");
  while ((await two.claim!(["new"], 60_000)).size === 0) await nextTurn();
  assert.equal((await one.claim!(["new"], 50)).size, 0);
  await closeAll(dbs);
});

testPostgres("claim() of the same keys by many at once never fails", async (server) => {
  const { url } = await server.schema();
  const isolation = encodeURIComponent("-c default_transaction_isolation=read\\ committed ");
  const usual = url.replace("options=", `options=${isolation}`);
  const dbs = await Promise.all([1, 2, 3, 4].map(() => openPostgres(usual, { max: 4 })));
  const keys = Array.from({ length: 300 }, (_, i) => `10002:${i * 7919 % 300}`);
  await Promise.all(dbs.map(async (db, i) => {
    for (let round = 0; round < 60; round++) {
      const from = (round * 37 + i * 71) % 200;
      await Promise.all([
        db.claim!(keys.slice(from, from + 100), round % 3),
        db.claim!(keys.slice(from / 2, from / 2 + 50).toReversed(), 1),
      ]);
    }
  }));
  await closeAll(dbs);
});

testPostgres(
  "migrate() adds to a table of records of the former version, and keeps its records",
  async (server) => {
    const schema = await server.schema();
    const pool = schema.pool();
    await pool.query(`create table outbox_records (topic text not null, key text not null,
    record text not null, updated_at integer not null, primary key (topic, key))`);
    await pool.query(`insert into outbox_records values ('relay', '${A}', '1', 5)`);
    const dbs = await Promise.all([openPostgres(schema.url), openPostgres(schema.url)]);
    assert.deepEqual(await dbs[0].readRecords("relay"), new Map([[A, "1"]]));
    const { until } = await dbs[1].shared!.readChanges();
    await dbs[0].writeRecords("relay", new Map([[A, "2"]]));
    assert.equal((await dbs[1].shared!.readChanges(until)).changes.size, 1);
    await closeAll(dbs);
    await pool.end();
  },
);

testPostgres("openPostgres() with `shared: false` tells of no other process", async (server) => {
  const db = await openPostgres((await server.schema()).url, { shared: false });
  assert.equal(db.shared, undefined);
  await db.close();
});
