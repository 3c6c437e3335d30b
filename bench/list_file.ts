/**
 * A SQLite file full of relay lists, as an app has after some weeks.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../src/db/sqlite.ts";
import type { RelayList } from "../src/nostr/relay_knowledge.ts";
import { createRandom, hex64 } from "../testing/random.ts";
import { progress } from "./report.ts";

/**
 * Writes the lists as kind 10002 events into a new file, passes its path on, and removes
 * it afterwards. The lists are drawn here, so that nothing holds them once they are written.
 *
 * The library makes the tables; the rows are inserted directly, because the ids and
 * signatures are random: nothing that is timed here reads them.
 */
export async function withListFile<T>(
  draw: () => Iterable<RelayList>,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const directory = await Deno.makeTempDir({ prefix: "outbox-bench-" });
  const path = `${directory}/lists.sqlite3`;
  try {
    progress("writing lists to SQLite");
    await (await openSqlite(path)).close();
    insert(path, draw());
    return await use(path);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function insert(path: string, lists: Iterable<RelayList>): void {
  const random = createRandom(10002);
  using db = new DatabaseSync(path);
  const statement = db.prepare(
    `insert into nostr_events (id, kind, pubkey, content, created_at, tags, sig)
    values (?, 10002, ?, '', ?, ?, ?)`,
  );
  db.exec("begin");
  for (const { pubkey, created_at, write } of lists) {
    const tags = JSON.stringify(write.map((url) => ["r", url]));
    const sig = hex64(random) + hex64(random);
    statement.run(hex64(random), pubkey, created_at, tags, sig);
  }
  db.exec("commit");
}
