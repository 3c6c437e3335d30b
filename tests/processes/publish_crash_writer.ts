/**
 * Publishes events until it is killed. Each line of its output is the id of an event, printed once
 * `publish()` resolved for it. As `drain` it publishes nothing, and ends once nothing is pending; as
 * `wait` it publishes nothing, and stays. Runs on Deno, and bundled on Node.
 *
 * @module
 */

import process from "node:process";
import { createOutbox } from "../../src/create_outbox.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { openSqlite } from "../../src/db/sqlite.ts";
import { Signer } from "../../testing/signer.ts";

const [path, seed, mode, ...relays] = process.argv.slice(2);
const onError = (error: Error) => console.error(error);
const db = path.startsWith("postgres:") ? await openPostgres(path) : await openSqlite(path);
const outbox = createOutbox({
  store: db,
  policy: { allowLocal: true, allowInsecure: true },
  indexerRelays: [],
  relayInfo: false,
  onError,
});
const alice = new Signer(1);

if (mode === "drain") {
  for (const publication of await outbox.publications({ state: "pending" })) {
    await publication.done;
  }
  await outbox.close();
  await db.close();
  process.exit(0);
}

await outbox.store.event(alice.relayList({ both: relays }));
process.stdout.write("ready\n");
if (mode === "wait") await new Promise(() => setInterval(() => {}, 60_000));
for (let round = 0;; round++) {
  const events = Array.from(
    { length: 1 + round % 5 },
    (_, i) => alice.sign({ content: `${seed} ${round} ${i}`, created_at: 1_700_000_000 + round }),
  );
  await Promise.all(events.map(async (event) => {
    await outbox.publish(event);
    process.stdout.write(`${event.id}\n`);
  }));
}
