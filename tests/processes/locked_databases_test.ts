import { NPool } from "@nostrify/nostrify";
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { createOutbox } from "../../src/create_outbox.ts";
import type { EventDatabase } from "../../src/db/kysely.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { openSqlite } from "../../src/db/sqlite.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { testPostgres } from "./postgres.ts";

const alice = new Signer(1);
const me = new Signer(2);
const post = alice.sign({ content: "hello" });
const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];
const TABLES = "nostr_events, nostr_tags, outbox_records";

/** The last number of somebody whose list is not stored yet. */
let strangers = 2;

/**
 * Uses an outbox while its database is unusable, and once it is well again.
 *
 * @param recover Makes the database well again; absent if nothing can.
 */
async function useOutbox(store: EventDatabase, recover?: () => Promise<unknown>): Promise<Error[]> {
  await using relay = RelayServer.start();
  relay.seed([post, me.relayList({ both: [relay.url] })]);
  const errors: Error[] = [];
  const outbox = createOutbox({
    store,
    // Far longer than an answer takes on a machine with other work: only the lock is an outage.
    storeTimeout: 1_500,
    fallbackRelays: [relay.url],
    indexerRelays: [],
    policy: { allowLocal: true, allowInsecure: true },
    relayInfo: false,
    onError: (error) => errors.push(error),
  });
  const pool = new NPool(outbox);
  for (let request = 0; request < 5; request++) {
    assert.deepEqual((await pool.query(FILTERS)).map(({ id }) => id), [post.id]);
  }
  await pool.event(me.sign({ content: "hi" }));
  await outbox.explain(FILTERS);
  assert.ok((await outbox.relays()).length > 0);
  await assert.rejects(
    outbox.store.event(new Signer(++strangers).relayList({ both: [relay.url] })),
  );
  if (recover) {
    await recover();
    // A trial comes after a second or two.
    const list = alice.relayList({ both: [relay.url] });
    while (!await outbox.store.event(list).then(() => true, () => false)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const filter = { kinds: [10002], authors: [alice.pubkey] };
    assert.equal((await outbox.store.query([filter])).length, 1);
  }
  await pool.close();
  await outbox.close();
  return errors;
}

testPostgres(
  "D1: createOutbox() goes on while another session locks its tables, and reports it once",
  async (server) => {
    const { url } = await server.schema();
    const other = new pg.Pool({ connectionString: url });
    const db = await openPostgres(url);
    const session = await other.connect();
    await session.query(`begin; lock table ${TABLES} in access exclusive mode`);
    const errors = await useOutbox(db, () => session.query("commit"));
    assert.equal(errors.length, 1, `${errors.map(String)}`);
    session.release();

    const again = await other.connect();
    await again.query(`begin; lock table ${TABLES} in access exclusive mode`);
    const lasting = await useOutbox(db);
    assert.equal(lasting.length, 1, `${lasting.map(String)}`);
    await again.query("commit");
    again.release();
    await other.end();
    await db.close();
  },
);

testPostgres(
  "D1: createOutbox() goes on while all connections of its pool are in use",
  async (server) => {
    const pool = (await server.schema()).pool();
    const db = await openPostgres(pool);
    const taken: pg.PoolClient[] = [];
    while (taken.length < 10) taken.push(await pool.connect());
    const errors = await useOutbox(db, () => {
      for (const client of taken) client.release();
      return Promise.resolve();
    });
    assert.equal(errors.length, 1, `${errors.map(String)}`);
    await db.close();
    await pool.end();
  },
);

Deno.test("D1: createOutbox() goes on while another program writes to its SQLite file", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/outbox.sqlite3`;
  const db = await openSqlite(path);
  const other = new DatabaseSync(path);
  other.exec("begin immediate");
  await useOutbox(db, () => Promise.resolve(other.exec("commit")));
  assert.ok((await db.readRecords("relay")).size > 0, "what was learned is written");
  other.exec("begin immediate");
  const errors = await useOutbox(db);
  assert.equal(errors.length, 1, `${errors.map(String)}`);
  other.exec("commit");
  other.close();
  await db.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("D1: createOutbox() goes on over a damaged SQLite file, and reports it once", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/outbox.sqlite3`;
  await (await openSqlite(path)).close();
  const file = await Deno.open(path, { write: true });
  const { size } = await file.stat();
  await file.seek(4096, Deno.SeekMode.Start);
  await file.write(new Uint8Array(size - 4096).fill(0x5a));
  file.close();
  const db = await openSqlite(path);
  const errors = await useOutbox(db);
  assert.equal(errors.length, 1, `${errors.map(String)}`);
  assert.match(String(errors[0].cause), /malformed/);
  await db.close();
  await Deno.remove(folder, { recursive: true });
});
