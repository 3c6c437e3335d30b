import assert from "node:assert/strict";
import type { AnyExecutor } from "../../src/db/any_kysely.ts";
import { GroupCommit } from "../../src/db/group_commit.ts";
import { SQL_SAVEPOINT } from "../../src/db/sql_savepoint.ts";

/** A transaction that the database ends by itself when a full disk refuses a text. */
function openFull(full: string) {
  const statements: string[] = [];
  let isOpen = true;
  const db: AnyExecutor = {
    executeQuery(query: { readonly sql: string }) {
      statements.push(query.sql);
      if (isOpen) return Promise.resolve({ rows: [] });
      return Promise.reject(new Error("no such savepoint: nostr_group"));
    },
  };
  const writes = new GroupCommit<AnyExecutor, string, string>(
    (work) => work(db),
    (_, texts) => {
      if (!texts.includes(full)) return Promise.resolve([...texts]);
      isOpen = false;
      return Promise.reject(new Error("database or disk is full"));
    },
    SQL_SAVEPOINT,
  );
  return { writes, statements };
}

Deno.test("GroupCommit write() rejects with the real error where the transaction ended with it", async () => {
  const { writes, statements } = openFull("b");
  const settled = await Promise.allSettled(["a", "b", "c"].map((text) => writes.write(text)));
  assert.deepEqual(
    settled.map((result) => result.status === "rejected" && result.reason.message),
    Array(3).fill("database or disk is full"),
  );
  assert.deepEqual(statements, ["savepoint nostr_group", "rollback to savepoint nostr_group"]);
});

Deno.test("GroupCommit write() goes on with the next group after one that failed", async () => {
  const { writes } = openFull("b");
  await assert.rejects(writes.write("b"), /disk is full/);
  assert.equal(await writes.write("c"), "c");
  await writes.idle();
});
