/**
 * The outbox model over Nostrify's former `NDatabase` and `@db/sqlite`, which Deno programs
 * used before Deno had a SQLite of its own. For programs that have such a file already; a
 * new program should use `openSqlite`.
 *
 *     deno run -A examples/deno_sqlite.ts <public key in hex>
 *
 * It needs JSR, and the SQLite library that `@db/sqlite` downloads or that the environment
 * variable `DENO_SQLITE_PATH` names.
 *
 * @module
 */

import { Database } from "@db/sqlite";
import { NPool } from "@nostrify/nostrify";
import type { NStore } from "@nostrify/types";
import { createOutbox, type Outbox } from "@npool/outbox";
import { EventDatabase } from "@npool/outbox/kysely";
import { DenoSqlite3Dialect } from "@soapbox/kysely-deno-sqlite";
import { NDatabase } from "jsr:@nostrify/db@0.39.4";
// The release that both of these packages depend on.
import { Kysely } from "npm:kysely@^0.27.3";

/** Connects to a file; either database takes the connection. */
function connect(path: string): Kysely<unknown> {
  const database = new Database(path);
  database.exec("pragma journal_mode = wal");
  database.exec("pragma synchronous = full");
  // Some builds of SQLite leave this off. NDatabase relies on it: tags go with their event.
  database.exec("pragma foreign_keys = on");
  return new Kysely({ dialect: new DenoSqlite3Dialect({ database }) });
}

/** Opens Nostrify's former database. */
export async function openNDatabase(path: string): Promise<NDatabase> {
  const db = new NDatabase(connect(path));
  await db.migrate();
  return db;
}

/**
 * Opens the same file with the database of this library. In it no older list wins, whoever
 * writes at the same time, and it stores many events in one transaction.
 */
export async function openEventDatabase(path: string): Promise<EventDatabase> {
  const db = new EventDatabase(connect(path));
  await db.migrate();
  return db;
}

/**
 * Creates an outbox that routes by the relay lists in a database. It keeps what it learns
 * about relays in an `EventDatabase`, too; with an `NDatabase` it keeps that in memory.
 */
export function createOutboxOver(store: NStore): Outbox {
  return createOutbox({ store, fallbackRelays: ["wss://relay1.mostr.pub"], maxRelays: 20 });
}

if (import.meta.main) {
  const [pubkey] = Deno.args;
  if (!/^[0-9a-f]{64}$/.test(pubkey ?? "")) {
    throw new TypeError(`Whose posts? Give a public key in hex, not ${pubkey}`);
  }
  await using db = await openNDatabase("./outbox.sqlite3");
  await using outbox = createOutboxOver(db);
  await using pool = new NPool(outbox);

  // The author's relay list, if the fallback relays have it.
  const lists = await pool.query([{ kinds: [10002], authors: [pubkey], limit: 1 }]);
  for (const list of lists) await outbox.store.event(list);

  const posts = await pool.query([{ kinds: [1], authors: [pubkey], limit: 10 }]);
  for (const { created_at, content } of posts) {
    console.log(new Date(created_at * 1000).toISOString(), content);
  }
}
