/**
 * Publishes events until it is killed. Each line of its output is the id of an event, printed once
 * `publish()` resolved for it. With `drain` it publishes nothing, and ends once nothing is pending.
 *
 * @module
 */

import { createOutbox } from "../../src/create_outbox.ts";
import { openSqlite } from "../../src/db/sqlite.ts";
import { Signer } from "../../testing/signer.ts";

const [path, seed, mode, ...relays] = Deno.args;
const db = await openSqlite(path);
const outbox = createOutbox({
  store: db,
  policy: { allowLocal: true, allowInsecure: true },
  indexerRelays: [],
  relayInfo: false,
});
const alice = new Signer(1);
const encoder = new TextEncoder();

if (mode === "drain") {
  for (const publication of await outbox.publications({ state: "pending" })) {
    await publication.done;
  }
  await outbox.close();
  await db.close();
  Deno.exit(0);
}

await outbox.store.event(alice.relayList({ both: relays }));
for (let round = 0;; round++) {
  const events = Array.from(
    { length: 1 + round % 5 },
    (_, i) => alice.sign({ content: `${seed} ${round} ${i}`, created_at: 1_700_000_000 + round }),
  );
  await Promise.all(events.map(async (event) => {
    await outbox.publish(event);
    Deno.stdout.writeSync(encoder.encode(`${event.id}\n`));
  }));
}
