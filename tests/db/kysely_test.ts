import type { NostrEvent } from "@nostrify/types";
import { CamelCasePlugin, Kysely, MysqlDialect, sql } from "kysely";
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { EventDatabase } from "../../src/db/kysely.ts";
import { NodeSqliteDialect } from "../../src/db/node_sqlite_dialect.ts";
import { NodeSqliteHandle } from "../../src/db/node_sqlite_handle.ts";
import { EventRefusedError } from "../../src/nostr/errors.ts";
import { assertConsistent } from "./consistency.ts";
import { unsigned } from "./events.ts";

/** An event database in memory that writes down its statements. */
async function open() {
  const statements: string[] = [];
  const handle = new NodeSqliteHandle(new DatabaseSync(":memory:"), 0);
  const all = handle.all.bind(handle);
  handle.all = (sql, parameters) => {
    statements.push(sql);
    return all(sql, parameters);
  };
  const dialect = new NodeSqliteDialect({ writer: handle, reader: handle });
  const kysely = new Kysely<unknown>({ dialect });
  const db = new EventDatabase(kysely);
  await db.migrate();
  const commits = () => statements.filter((sql) => sql === "commit").length;
  return { db, kysely, handle, commits };
}

/** Many events of as many authors. */
function many(length: number): NostrEvent[] {
  return Array.from({ length }, (_, i) => ({
    ...unsigned({ kind: 10002, tags: [["r", "wss://relay.example"]] }),
    id: `${i}`.padStart(64, "a"),
    pubkey: `${i}`.padStart(64, "0"),
  }));
}

Deno.test("EventDatabase.event() shares one transaction among calls of the same turn", async () => {
  const { db, commits } = await open();
  const events = many(300);
  await Promise.all(events.map((event) => db.event(event)));
  assert.equal(commits(), 1);
  assert.equal((await db.count([{}])).count, 300);
  await db.close();
});

Deno.test("EventDatabase.event() shares the next transaction among calls made during one", async () => {
  const { db, commits } = await open();
  const [first, ...others] = many(50);
  const writes = [db.event(first)];
  await Promise.resolve();
  await Promise.resolve();
  writes.push(...others.map((event) => db.event(event)));
  await Promise.all(writes);
  assert.equal(commits(), 2);
  await db.close();
});

Deno.test("EventDatabase.event() settles each call with its own result", async () => {
  const { db, kysely, commits } = await open();
  // The database itself refuses one text, as a full disk or a check would.
  await sql`create trigger picky before insert on nostr_events
    when new.content = 'bad' begin select raise(abort, 'too picky'); end`
    .execute(kysely);
  const gone = unsigned({ content: "gone" });
  await db.event(unsigned({ kind: 5, tags: [["e", gone.id]] }));
  const before = commits();
  const good = [1, 2, 3, 4, 5].map((created_at) => unsigned({ created_at }));
  const bad = [6, 7].map((created_at) => unsigned({ created_at, content: "bad" }));
  const malformed = { ...good[0], kind: -1 };
  const settled = await Promise.allSettled(
    [good[0], bad[0], good[1], gone, good[2], malformed, bad[1], good[3], good[4]]
      .map((event) => db.event(event)),
  );
  assert.deepEqual(
    settled.map((one) =>
      one.status === "fulfilled" ? "stored" : one.reason.reason ?? one.reason.message
    ),
    [
      "stored",
      "too picky",
      "stored",
      "deleted",
      "stored",
      "malformed",
      "too picky",
      "stored",
      "stored",
    ],
  );
  assert.equal((await db.count([{ kinds: [1] }])).count, 5);
  assert.equal(commits() - before, 1);
  await db.close();
});

Deno.test("EventDatabase.event() says that the disk is full, for one event and for many of a turn", async () => {
  const { db, kysely } = await open();
  const stored = unsigned({ content: "before" });
  await db.event(stored);
  const { rows: [pages] } = await sql<{ page_count: number }>`pragma page_count`.execute(kysely);
  await sql.raw(`pragma max_page_count = ${pages.page_count + 1}`).execute(kysely);
  const big = (i: number) => unsigned({ created_at: i, content: "x".repeat(10_000) });
  for (const count of [2, 5, 1]) {
    const events = Array.from({ length: count }, (_, i) => big(10 * count + i));
    const settled = await Promise.allSettled(events.map((event) => db.event(event)));
    const messages = settled.map((one) => one.status === "rejected" && one.reason.message);
    assert.ok(messages.every((message) => message === "database or disk is full"), `${messages}`);
  }
  await assert.rejects(db.events([1, 2, 3].map(big)), /^Error: database or disk is full$/);
  const records = new Map([["wss://relay.example/", "x".repeat(30_000)]]);
  await assert.rejects(db.writeRecords("relay", records), /^Error: database or disk is full$/);
  assert.deepEqual(await db.query([{}]), [stored]);

  await sql.raw("pragma max_page_count = 100000").execute(kysely);
  await Promise.all([big(1), big(2)].map((event) => db.event(event)));
  assert.equal((await db.count([{}])).count, 3);
  await db.close();
});

Deno.test("EventDatabase throws the first error where the roll-back of a dialect fails as well", async () => {
  const { db, handle } = await open();
  // A full disk ends SQLite's transaction; other dialects than ours then have none to undo.
  handle.rollback = () => {
    handle.all("rollback");
    throw new Error("cannot rollback - no transaction is active");
  };
  const { all } = handle;
  handle.all = (sql, parameters) => {
    if (sql.includes("insert into")) throw new Error("database or disk is full");
    return all(sql, parameters);
  };
  await assert.rejects(db.event(unsigned()), { message: "database or disk is full" });
  await assert.rejects(db.events([unsigned()]), { message: "database or disk is full" });
  await db.close();
});

Deno.test("EventDatabase.event() leaves nothing behind of an event that the database refused", async () => {
  const { db, kysely } = await open();
  await sql`create trigger picky before update on nostr_events
    when new.content = 'bad' begin select raise(abort, 'too picky'); end`
    .execute(kysely);
  const list = { kind: 10002, tags: [["r", "wss://relay.example"]] };
  const old = unsigned({ ...list, created_at: 1 });
  await db.event(old);
  const bad = unsigned({ ...list, created_at: 2, content: "bad" });
  const other = unsigned({ author: 2 });
  const settled = await Promise.allSettled([db.event(bad), db.event(other)]);
  assert.deepEqual(settled.map(({ status }) => status), ["rejected", "fulfilled"]);
  assert.deepEqual(await db.query([{ "#r": ["wss://relay.example"] }]), [old]);
  await db.close();
});

Deno.test("EventDatabase removes tags with their event, even if the database does not do so itself", async () => {
  const { db, kysely } = await open();
  await sql`pragma foreign_keys = off`.execute(kysely);
  const tags = [["r", "wss://relay.example"], ["d", "x"]];
  for (const kind of [1, 10002, 30000]) {
    for (const created_at of [1, 2]) {
      await db.event(unsigned({ kind, created_at, tags }));
    }
  }
  await db.remove([{ kinds: [1], until: 1 }]);
  const rows = async (table: string) =>
    (await sql<Record<string, unknown>>`select * from ${sql.table(table)}`
      .execute(kysely)).rows;
  assertConsistent(await rows("nostr_events"), await rows("nostr_tags"));
  assert.equal((await rows("nostr_tags")).length, 6);
  await db.close();
});

Deno.test("EventDatabase.event() rejects for every caller if the commit fails", async () => {
  const { db, handle } = await open();
  const all = handle.all;
  handle.all = (sql, parameters) => {
    if (sql === "commit") throw new Error("disk full");
    return all(sql, parameters);
  };
  const settled = await Promise.allSettled(many(3).map((e) => db.event(e)));
  for (const one of settled) {
    assert.equal(one.status === "rejected" && one.reason.message, "disk full");
  }
  handle.all = all;
  assert.deepEqual(await db.query([{}]), []);
  await db.event(many(1)[0]);
  await db.close();
});

Deno.test("EventDatabase.event() does not write an event that is aborted while it waits", async () => {
  const { db } = await open();
  const [first, second] = many(2);
  const controller = new AbortController();
  const writes = [
    db.event(first),
    db.event(second, { signal: controller.signal }),
  ];
  controller.abort(new Error("too late"));
  const settled = await Promise.allSettled(writes);
  assert.deepEqual(settled.map(({ status }) => status), ["fulfilled", "rejected"]);
  assert.deepEqual(await db.query([{}]), [first]);
  await db.close();
});

Deno.test("EventDatabase.event() refuses what is not shaped like an event, or would come back changed", async () => {
  const { db } = await open();
  const event = unsigned({});
  for (
    const [change, detail] of [
      [{ kind: 65536 }, `"kind" must be an integer from 0 to 65535, got 65536`],
      [{ kind: 1.5 }, `"kind" must be an integer from 0 to 65535, got 1.5`],
      [{ created_at: -1 }, `"created_at" must be an integer >= 0, got -1`],
      [{ created_at: NaN }, `"created_at" must be an integer >= 0, got NaN`],
      [{ sig: undefined }, `"sig" must be text, got undefined`],
      [{ content: "a\0b" }, `"content" holds a NUL or half a character`],
      [{ content: "\ud83d" }, `"content" holds a NUL or half a character`],
      [{ tags: [["e", 1]] }, `"tags" must be lists of strings`],
      [{ tags: "e" }, `"tags" must be lists of strings`],
    ] as [object, string][]
  ) {
    const malformed = { ...event, ...change } as NostrEvent;
    await assert.rejects(db.event(malformed), (error) => {
      assert.ok(error instanceof EventRefusedError);
      assert.equal(error.reason, "malformed");
      assert.ok(error.message.endsWith(detail), error.message);
      return true;
    });
  }
  // In a tag either is kept, but cannot be asked for.
  const odd = unsigned({ tags: [["t", "a\0b"], ["x", "\ud83d"]] });
  await db.event(odd);
  assert.deepEqual(await db.query([{}]), [odd]);
  assert.deepEqual(await db.query([{ "#t": ["a\0b"] }, { "#t": ["a"] }]), []);
  await db.close();
});

Deno.test("EventDatabase.query() matches nothing for a search, and odd numbers are no error", async () => {
  const { db } = await open();
  const event = unsigned({ created_at: 10 });
  await db.event(event);
  for (
    const filter of [
      { search: "hello" },
      { since: Infinity },
      { since: 10.5 },
      { until: -Infinity },
      { until: 9.5 },
      { kinds: [1.5, NaN, 1e30] },
      { limit: -1 },
      { authors: ["\0"] },
    ]
  ) assert.deepEqual(await db.query([filter]), [], JSON.stringify(filter));
  for (
    const filter of [
      { search: "" },
      { since: 9.5 },
      { until: Date.now() * 1000 },
      { until: Infinity },
      { since: NaN },
      { limit: 1e300 },
      { limit: 1.5 },
      { authors: undefined },
    ]
  ) assert.deepEqual(await db.query([filter]), [event], JSON.stringify(filter));
  await db.close();
});

Deno.test("EventDatabase keeps its columns' names in spite of a Kysely instance's plugins", async () => {
  const { kysely } = await open();
  const db = new EventDatabase(kysely.withPlugin(new CamelCasePlugin()));
  const event = unsigned({ tags: [["t", "x"]] });
  await db.event(event);
  assert.deepEqual(await db.query([{ "#t": ["x"] }]), [event]);
  await db.close();
});

Deno.test("EventDatabase refuses a dialect it cannot speak", () => {
  const dialect = new MysqlDialect({ pool: () => Promise.reject() });
  assert.throws(
    () => new EventDatabase(new Kysely({ dialect })),
    new TypeError(
      "Cannot use this Kysely instance: its dialect must be SQLite or " +
        "PostgreSQL, but it writes a column and a parameter as `a` ?",
    ),
  );
});
