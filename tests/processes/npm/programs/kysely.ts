/**
 * A program with a Kysely of its own: its `SqliteDialect` over the runtime's SQLite.
 *
 * @module
 */

import { EventDatabase } from "@npool/outbox/kysely";
import { Kysely, SqliteDialect } from "kysely";
import { finalizeEvent, generateSecretKey } from "nostr-tools";
import assert from "node:assert/strict";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

const sqlite = new DatabaseSync(":memory:");
const database = {
  close: () => sqlite.close(),
  prepare(sql: string) {
    const statement = sqlite.prepare(sql);
    return {
      reader: /^\s*(?:select|pragma|with)|\breturning\b/i.test(sql),
      all: (values: readonly unknown[]) => statement.all(...values as SQLInputValue[]),
      run: (values: readonly unknown[]) => statement.run(...values as SQLInputValue[]),
      iterate: () => {
        throw new Error("Nothing here iterates");
      },
    };
  },
};
const db = new EventDatabase(
  new Kysely<unknown>({ dialect: new SqliteDialect({ database: database as never }) }),
);
await db.migrate();
const event = finalizeEvent(
  { kind: 1, created_at: 1_700_000_000, tags: [], content: "" },
  generateSecretKey(),
);
await db.event(event);
assert.equal((await db.query([{ ids: [event.id] }])).length, 1);
await db.close();
