/**
 * Undoes a part of a transaction in SQL.
 *
 * @module
 */

import { type AnyExecutor, run } from "./any_kysely.ts";
import type { Savepoint } from "./group_commit.ts";

/**
 * A savepoint of SQLite and PostgreSQL. Undoing it throws the cause if the transaction is gone with
 * it: SQLite ends it by itself where a disk is full, and a connection that broke takes it along.
 */
export const SQL_SAVEPOINT: Savepoint<AnyExecutor> = {
  begin: (db) => run(db, "savepoint nostr_group"),
  release: (db) => run(db, "release savepoint nostr_group"),
  async undo(db, cause) {
    const statements = ["rollback to savepoint nostr_group", "release savepoint nostr_group"];
    for (const sql of statements) await run(db, sql).catch(() => Promise.reject(cause));
  },
};
