import assert from "node:assert/strict";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { nextTurn } from "../../src/base/clock.ts";
import { anyKysely } from "../../src/db/any_kysely.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { sqlFlavour } from "../../src/db/sql_flavour.ts";
import { unsigned } from "../db/events.ts";
import { LineProcess } from "../../testing/line_process.ts";
import { testUnless } from "../support/test_unless.ts";
import { bundle, whyNoNode } from "./node.ts";
import { postgres, testPostgres } from "./postgres.ts";
import type { LoadReport } from "./postgres_load.ts";

const PROGRAM = new URL("postgres_load.ts", import.meta.url).pathname;
const RESTARTS = ["INT", "QUIT", "INT"] as const;

/** Runs the program while its server restarts, and returns what it says in the end. */
async function underRestarts(command: string, args: readonly string[]): Promise<LoadReport> {
  if (typeof postgres === "string") throw new Error(postgres);
  const { url } = await postgres.schema();
  const child = new LineProcess([...args, url], command);
  const { lines } = child;
  const progress = async () => {
    for (let line = 0; line < 3; line++) {
      const { value } = await lines.next();
      assert.match(value ?? "the program ended", /^stored \d+$/);
    }
  };
  for (const signal of RESTARTS) {
    await progress();
    await postgres.restart(signal);
  }
  await progress();
  await child.endInput();
  let last = "";
  for await (const line of lines) last = line;
  assert.ok((await child.status).success);
  return JSON.parse(last);
}

function assertWhole({ stored, lost, failed, reported }: LoadReport): void {
  assert.equal(lost, 0);
  assert.ok(stored > 100, `${stored} stored`);
  assert.ok(failed >= RESTARTS.length, `${failed} calls failed`);
  assert.ok(reported >= RESTARTS.length, `${reported} errors reported`);
}

testPostgres("openPostgres() survives three restarts of its server under load", async () => {
  assertWhole(await underRestarts(Deno.execPath(), ["run", "-A", "--no-check", PROGRAM]));
});

testUnless(
  typeof postgres === "string" ? postgres : await whyNoNode(20),
  "openPostgres() survives three restarts of its server under load on Node",
  async () => {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/load.mjs`;
    await bundle(PROGRAM, file);
    try {
      assertWhole(await underRestarts("node", [file]));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testPostgres("openPostgres() closes its own pool, and leaves the app's open", async (server) => {
  const schema = await server.schema();
  const pool = schema.pool();
  const { listenerCount } = pool as unknown as { listenerCount(name: string): number };
  {
    await using db = await openPostgres(pool);
    await db.event(unsigned());
  }
  assert.equal(listenerCount.call(pool, "error"), 0);
  const { rows } = await pool.query("select count(*)::integer as n from nostr_events");
  assert.equal(rows[0].n, 1);
  await pool.end();

  const db = await openPostgres(schema.url);
  assert.equal((await db.query([{}])).length, 1);
  await db.close();
  await assert.rejects(db.query([{}]));
});

testPostgres(
  "openPostgres() leaves no listener on an app's pool or its connections",
  async (server) => {
    const pool = (await server.schema()).pool();
    const client = await pool.connect();
    client.release();
    const counts = () => [
      pool.listenerCount("error"),
      pool.listenerCount("acquire"),
      client.listenerCount("error"),
    ];
    const before = counts();
    for (let i = 0; i < 3; i++) {
      await using db = await openPostgres(pool, { onError: () => {} });
      await db.event(unsigned({ created_at: i }));
    }
    assert.deepEqual(counts(), before);
    await assert.rejects(openPostgres(pool, { relayUrls: ["here"] }), /relayUrls.*"here"/);
    assert.deepEqual(counts(), before);
    await pool.end();
  },
);

testPostgres(
  "NIP-40, NIP-62: openPostgres() takes the time and the URLs of a relay, as openSqlite() does",
  async (server) => {
    const { url } = await server.schema();
    const relayUrls = ["wss://here.example"];
    await using db = await openPostgres(url, { relayUrls, now: () => 1_000_000 });
    await assert.rejects(db.event(unsigned({ tags: [["expiration", "1000"]] })), {
      reason: "expired",
    });
    await db.event(unsigned({ tags: [["expiration", "1001"]], created_at: 10 }));
    const tags = [["relay", "wss://here.example/"]];
    await db.event(unsigned({ kind: 62, created_at: 20, tags }));
    assert.deepEqual(await db.query([{ kinds: [1] }]), []);
  },
);

testPostgres(
  "openPostgres() reports each broken connection once, and opens another",
  async (server) => {
    const { url } = await server.schema();
    const errors: Error[] = [];
    const db = await openPostgres(`${url}&application_name=broken`, {
      max: 1,
      onError: (error) => errors.push(error),
    });
    await db.event(unsigned());
    const other = new pg.Pool({ connectionString: url });
    const kill = `select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'broken'`;
    await other.query(kill);
    while (errors.length === 0) await nextTurn();
    assert.equal((await db.query([{}])).length, 1);
    assert.equal(errors.length, 1);
    assert.match(errors[0].message, /terminating connection/);
    await other.end();
    await db.close();
  },
);

testPostgres("openPostgres() ends a statement that waits too long for a lock", async (server) => {
  const { url } = await server.schema();
  const db = await openPostgres(url, { statementTimeout: 200 });
  const other = new pg.Pool({ connectionString: url });
  const client = await other.connect();
  await client.query("begin; lock table nostr_events in access exclusive mode");
  await assert.rejects(db.query([{}]), /statement timeout/);
  await assert.rejects(db.event(unsigned()), /statement timeout/);
  await client.query("commit");
  client.release();
  await db.event(unsigned());
  await other.end();
  await db.close();
});

Deno.test("openPostgres() refuses what is neither a URL nor a pool, and options out of range", async () => {
  for (const database of ["", "mysql://host/name", 7, undefined, {}]) {
    await assert.rejects(openPostgres(database as string), {
      name: "TypeError",
      message: /must be a URL that begins with postgres:\/\/, or a pg.Pool, got \w+$/,
    });
  }
  const url = "postgres://nobody:secret@127.0.0.1:1/none";
  for (const options of [{ max: 0 }, { connectTimeout: 0 }, { statementTimeout: 0.5 }]) {
    await assert.rejects(openPostgres(url, options), RangeError);
  }
  await assert.rejects(openPostgres(url, { onError: 1 as never }), TypeError);
  await assert.rejects(openPostgres(url, { statementTimout: 9 } as object), /"statementTimeout"$/);
});

Deno.test("openPostgres() rejects if the server cannot be reached, and says why", async () => {
  await assert.rejects(
    openPostgres("postgres://nobody:secret@127.0.0.1:1/none"),
    (error: Error) => {
      assert.match(error.message, /^Cannot open PostgreSQL as an event database: .*ECONNREFUSED/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    },
  );
});

/** Resolves once `count` statements of the server wait for a lock. */
async function untilWaiting(pool: pg.Pool, count: number): Promise<void> {
  const waiting = "select 1 from pg_locks where not granted";
  while ((await pool.query(waiting)).rows.length < count) await nextTurn();
}

testPostgres("openPostgres() and a process that writes records wait in turn", async (server) => {
  const schema = await server.schema();
  const pool = schema.pool();
  const deadlocks = async (): Promise<number> => {
    const { rows } = await pool.query(
      "select deadlocks::integer as n from pg_stat_database where datname = current_database()",
    );
    return rows[0].n;
  };
  const writer = await openPostgres(schema.url);
  const before = await deadlocks();
  const third = await pool.connect();
  await third.query("begin");
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  await third.query(sqlFlavour(anyKysely(kysely)).lock);
  const opening = openPostgres(schema.url);
  await untilWaiting(pool, 1);
  // It holds its table when it waits.
  const writing = writer.writeRecords("relay", new Map([["wss://r.example/", "{}"]]));
  await untilWaiting(pool, 2);
  await third.query("commit");
  third.release();
  const [opened] = await Promise.all([opening, writing]);
  assert.equal((await opened.readRecords("relay")).size, 1);
  // What a session counted is known once it ends.
  await Promise.all([opened.close(), writer.close()]);
  assert.equal(await deadlocks(), before);
  await pool.end();
});

testPostgres("openPostgres() gives way to a program that takes no lock of ours", async (server) => {
  const schema = await server.schema();
  const pool = schema.pool();
  await (await openPostgres(schema.url)).close();
  // As in a database of NDatabase's.
  await pool.query("drop index nostr_events_author_idx, nostr_tags_event_id_idx");
  const other = await pool.connect();
  await other.query("begin");
  // So PostgreSQL ends the transaction of the two that waits longer.
  await other.query("set local deadlock_timeout = '1min'");
  await other.query("lock table nostr_tags in row exclusive mode");
  const opening = openPostgres(schema.url);
  await untilWaiting(pool, 1);
  await other.query("lock table nostr_events in row exclusive mode");
  await other.query("commit");
  other.release();
  await (await opening).close();
  const { rows } = await pool.query("select to_regclass('nostr_tags_event_id_idx') as name");
  assert.equal(rows[0].name, "nostr_tags_event_id_idx");
  await pool.end();
});
