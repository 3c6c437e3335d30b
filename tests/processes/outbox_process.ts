/**
 * A program with an outbox on a PostgreSQL. Each line of its input is a command, and each line of
 * its output the answer to one, as JSON; see {@link ProcessCommand}.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import { createOutbox } from "../../src/create_outbox.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import type { ProcessCommand, ProcessTask } from "./outbox_processes.ts";

const task: ProcessTask = JSON.parse(Deno.args[0]);
const report = (error: Error) => console.error(error.message);
const db = await openPostgres(task.url, { onError: report, max: 4 });
const outbox = createOutbox({
  store: db,
  indexerRelays: task.indexers,
  fallbackRelays: [],
  policy: { allowLocal: true, allowInsecure: true },
  relayInfo: false,
  onError: report,
});
const pool = new NPool(outbox);

async function run(command: ProcessCommand): Promise<unknown> {
  switch (command.do) {
    case "peek": {
      await outbox.store.get(command.pubkeys);
      return command.pubkeys.filter((pubkey) => outbox.store.peek(pubkey)).length;
    }
    case "discover":
      return await outbox.discover(command.pubkeys);
    case "query":
      return (await pool.query([command.filter])).length;
    case "close":
      await pool.close();
      await outbox.close();
      await db.close();
      return "closed";
  }
}

console.log(JSON.stringify("ready"));
let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop()!;
  for (const line of lines) {
    const command: ProcessCommand = JSON.parse(line);
    console.log(JSON.stringify(await run(command)));
    if (command.do === "close") Deno.exit();
  }
}
