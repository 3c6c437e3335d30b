/**
 * One of several processes that share users and a database: a program of its own.
 *
 * It gets a {@link ProcessTask} as its argument, prints a line when it is ready, begins when it
 * gets a line, and prints a {@link ProcessResult} in the end.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import { createOutbox } from "../src/create_outbox.ts";
import { openPostgres } from "../src/db/postgres.ts";
import { loadWasm, verify } from "./wasm_signatures.ts";
import type { ProcessResult, ProcessTask } from "./processes_run.ts";

const { url, indexers, fallbacks, users, since, queries, shared }: ProcessTask = JSON.parse(
  await Deno.readTextFile(Deno.args[0]),
);
await loadWasm();
const db = await openPostgres(url, { shared });
const outbox = createOutbox({
  store: db,
  indexerRelays: indexers,
  fallbackRelays: fallbacks,
  policy: { allowLocal: true, allowInsecure: true },
  verifyEvent: verify,
  onError: (error) => console.error(error.message, error.cause),
});
const pool = new NPool(outbox);

console.log("ready");
const input = Deno.stdin.readable.getReader();
await input.read();
const events: number[] = [];
const times: number[] = [];
await Promise.all(users.map(async ({ authors, startsAt }) => {
  await new Promise((resolve) => setTimeout(resolve, startsAt));
  for (let i = 0; i < queries; i++) {
    const start = performance.now();
    const found = await pool.query([{ kinds: [1], authors: [...authors], since }]);
    times.push(performance.now() - start);
    if (i === 0) events.push(found.length);
  }
}));
const result: ProcessResult = { events, times };
console.log(JSON.stringify(result));
await input.read();
await pool.close();
await outbox.close();
await db.close();
Deno.exit();
