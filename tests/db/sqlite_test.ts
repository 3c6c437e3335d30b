import assert from "node:assert/strict";
import { EventDatabase, type KyselyInstance } from "../../src/db/kysely.ts";
import { NodeSqliteHandle } from "../../src/db/node_sqlite_handle.ts";
import { openSqlite } from "../../src/db/sqlite.ts";
import { unsigned } from "./events.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("openSqlite() names the file that it could not open, and the reason", () =>
  inFolder(async (folder) => {
    const junk = `${folder}/junk.sqlite3`;
    await Deno.writeTextFile(junk, "no database ".repeat(100));
    for (
      const [path, why] of [
        [`${folder}/none/a.sqlite3`, /unable to open database file/],
        [folder, /unable to open database file/],
        [junk, /file is not a database/],
      ] as const
    ) {
      await assert.rejects(openSqlite(path), (error) => {
        assert.ok(error instanceof Error);
        assert.ok(error.message.startsWith(`Cannot open ${path} as an event data`));
        assert.match(error.message, why);
        assert.ok(error.cause instanceof Error);
        return true;
      });
    }
  }));

Deno.test("openSqlite() and EventDatabase refuse an option that does not exist, and name the nearest", async () => {
  await assert.rejects(openSqlite(":memory:", { busyTimeut: 9 } as object), {
    name: "TypeError",
    message: /"busyTimeut": .* the nearest is "busyTimeout"$/,
  });
  await using db = await openSqlite(":memory:");
  const kysely = db as unknown as KyselyInstance;
  assert.throws(() => new EventDatabase(kysely, { relayUrl: [] } as object), /"relayUrls"$/);
});

Deno.test("openSqlite() refuses a busyTimeout that is no integer of at least 0", async () => {
  for (const busyTimeout of [-1, 1.5, NaN, Infinity]) {
    await assert.rejects(
      openSqlite(":memory:", { busyTimeout }),
      new RangeError(
        `Cannot open :memory:: "busyTimeout" must be an integer >= 0, got ${busyTimeout}`,
      ),
    );
  }
});

Deno.test("openSqlite() uses a write-ahead log, and syncs to the disk before a commit ends", () =>
  inFolder(async (folder) => {
    const handles = new Set<NodeSqliteHandle>();
    const { all } = NodeSqliteHandle.prototype;
    NodeSqliteHandle.prototype.all = function (sql, parameters) {
      handles.add(this);
      return all.call(this, sql, parameters);
    };
    try {
      await using _db = await openSqlite(`${folder}/events.sqlite3`);
      assert.equal(handles.size, 2);
      for (const handle of handles) {
        const [row] = handle.all(
          `select (select * from pragma_journal_mode) as journal,
            (select * from pragma_synchronous) as synchronous,
            (select * from pragma_foreign_keys) as keys`,
        );
        assert.deepEqual({ ...row as object }, {
          journal: "wal",
          synchronous: 2,
          keys: 1,
        });
      }
    } finally {
      NodeSqliteHandle.prototype.all = all;
    }
  }));

Deno.test("openSqlite() opens one new file many times at once", () =>
  inFolder(async (folder) => {
    const path = `${folder}/events.sqlite3`;
    const dbs = await Promise.all(
      Array.from({ length: 8 }, () => openSqlite(path)),
    );
    await Promise.all(dbs.map((db, i) => db.event(unsigned({ author: i }))));
    for (const db of dbs) assert.equal((await db.query([{}])).length, 8);
    for (const db of dbs) await db.close();
  }));

Deno.test("EventDatabase.event() waits for a bulk write of another connection in this process", () =>
  inFolder(async (folder) => {
    const path = `${folder}/events.sqlite3`;
    await using a = await openSqlite(path);
    await using b = await openSqlite(path);
    const events = Array.from(
      { length: 3_000 },
      (_, i) => unsigned({ created_at: i }),
    );
    let write: Promise<void> | undefined;
    await a.events(events, {
      onProgress: () => write ??= b.event(unsigned({ author: 2 })),
    });
    await write;
    assert.equal((await b.count([{}])).count, 3_001);
  }));

Deno.test("EventDatabase.event() rejects with a reason after it waited busyTimeout for another connection", () =>
  inFolder(async (folder) => {
    const path = `${folder}/events.sqlite3`;
    await using a = await openSqlite(path);
    await using b = await openSqlite(path, { busyTimeout: 0 });
    const events = [1, 2, 3].map((created_at) => unsigned({ created_at }));
    let failure: Promise<void> | undefined;
    await a.events(events, {
      onProgress() {
        failure = assert.rejects(
          b.event(unsigned({ author: 2 })),
          /another connection to this SQLite database has been writing for more than 0 ms/,
        );
      },
    });
    await failure;
    await b.event(unsigned({ author: 2 }));
    assert.equal((await a.count([{}])).count, 4);
  }));

Deno.test("NIP-62: openSqlite() lets a request to vanish count that names the place of the database", async () => {
  const path = await Deno.makeTempFile();
  const post = unsigned({ created_at: 10 });
  const names = (url: string) => unsigned({ kind: 62, created_at: 20, tags: [["relay", url]] });
  const here = ["wss://Here.example/it's", "wss://second.example:8080"];
  for (const url of ["wss://here.example/it's/", "wss://second.example:8080/"]) {
    await using db = await openSqlite(":memory:", { relayUrls: here });
    await db.event(post);
    await db.event(names("wss://third.example"));
    assert.equal((await db.query([{ kinds: [1] }])).length, 1);
    await db.event(names(url));
    assert.deepEqual(await db.query([{ kinds: [1] }]), [], url);
    await assert.rejects(db.event(post), { reason: "deleted" });
  }
  // It is the option that counts, not what it was when the request came.
  {
    await using db = await openSqlite(path);
    await db.event(names(here[0]));
    await db.event(post);
  }
  await using db = await openSqlite(path, { relayUrls: here });
  await assert.rejects(db.event(unsigned({ created_at: 11 })), { reason: "deleted" });
  await assert.rejects(openSqlite(":memory:", { relayUrls: ["here"] }), /relayUrls.*"here"/);
  await Deno.remove(path);
});

Deno.test("NIP-40: openSqlite() returns and counts no event that has expired since, and removes it", async () => {
  let now = 1_000_000;
  await using db = await openSqlite(":memory:", { now: () => now });
  const [soon, later, never, odd] = [
    [["expiration", "1005"]],
    [["expiration", "2000"], ["expiration", "x"]],
    [],
    [["expiration", "1e3"], ["t", 'is "expiration" a tag?']],
  ].map((tags, i) => unsigned({ created_at: 10 - i, tags }));
  const { stored } = await db.events([soon, later, never, odd]);
  assert.equal(stored, 4);
  const found = async (limit?: number) =>
    (await db.query([{ kinds: [1], limit }])).map(({ id }) => id);
  now = 1_004_999;
  assert.deepEqual(await found(1), [soon.id]);
  now = 1_005_000;
  assert.deepEqual(await found(), [later, never, odd].map(({ id }) => id));
  assert.deepEqual(await found(1), [later.id], "a limit counts those that are left");
  assert.deepEqual(await db.query([{ ids: [soon.id] }, { ids: [never.id] }]), [never]);
  assert.equal((await db.count([{}])).count, 3);
  assert.equal((await db.count([{ kinds: [1] }, { ids: [soon.id] }])).count, 3);
  await db.remove([{ ids: [soon.id] }]);
  now = 1_000_000;
  assert.equal((await db.count([{}])).count, 3);
  const { refused } = await db.events([unsigned({ tags: [["expiration", "1000"]] })]);
  assert.deepEqual(refused.map(({ reason }) => reason), ["expired"]);
  await assert.rejects(openSqlite(":memory:", { now: 7 as never }), /"now".* a function/);
});
