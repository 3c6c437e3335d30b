import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../../src/db/sqlite.ts";
import { assertConsistent } from "../db/consistency.ts";
import { Oracle } from "../db/oracle.ts";
import { envNumber } from "../support/env_number.ts";

/** How often a writer is killed. */
const ROUNDS = envNumber("OUTBOX_CRASH_ROUNDS", 30);

/**
 * Lets a process write until it has acknowledged `count` events, and kills it.
 *
 * @returns All it acknowledged, which is more: it did not stop to be killed.
 */
async function writeAndKill(
  path: string,
  seed: number,
  count: number,
): Promise<NostrEvent[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--cached-only",
      "--quiet",
      new URL("crash_writer.ts", import.meta.url).pathname,
      path,
      `${seed}`,
    ],
    stdout: "piped",
  }).spawn();
  let text = "";
  let lines = 0;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    const before = lines;
    lines += part.split("\n").length - 1;
    if (before < count && lines >= count) child.kill("SIGKILL");
  }
  const { signal } = await child.status;
  assert.equal(signal, "SIGKILL", "the writer ended by itself");
  // The last line may be cut short.
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** What must hold of the file, given what was acknowledged. */
async function check(path: string, acknowledged: NostrEvent[]): Promise<void> {
  const raw = new DatabaseSync(path);
  const rows = (sql: string) => raw.prepare(sql).all().map((row) => ({ ...row }));
  assert.deepEqual(rows("pragma integrity_check"), [{ integrity_check: "ok" }]);
  assert.deepEqual(rows("pragma foreign_key_check"), []);
  assertConsistent(
    rows("select * from nostr_events"),
    rows("select * from nostr_tags"),
  );
  raw.close();

  await using db = await openSqlite(path);
  const stored = await db.query([{}]);
  // Storing again what was acknowledged changes nothing: it is there, or a newer
  // version is, or a deletion. What was not acknowledged may be there as well.
  const oracle = new Oracle();
  for (const event of stored) assert.ok(oracle.event(event));
  for (const event of acknowledged) oracle.event(event);
  assert.deepEqual(oracle.query([{}]), stored);
}

Deno.test("S3: EventDatabase loses no event whose event() resolved, whenever its process is killed", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/events.sqlite3`;
  const counts = fc.sample(fc.integer({ min: 1, max: 600 }), {
    numRuns: ROUNDS,
    seed: 1,
  });
  const acknowledged: NostrEvent[] = [];
  for (const [round, count] of counts.entries()) {
    const events = await writeAndKill(path, round + 1, count);
    await check(path, events);
    acknowledged.push(...events);
  }
  await check(path, acknowledged);
  assert.ok(acknowledged.length > ROUNDS);
  await Deno.remove(folder, { recursive: true });
});
