/**
 * An app that reads its user's messages behind a wall, publishes there, and delivers a gift wrap to
 * a friend; prints what came of it as a line of JSON. Runs on Deno, and bundled on Node.
 *
 * @module
 */

import process from "node:process";
import { NPool } from "@nostrify/nostrify";
import { createOutbox } from "../../src/create_outbox.ts";
import { openSqlite } from "../../src/db/sqlite.ts";
import { Signer } from "../../testing/signer.ts";

const [home, friends] = process.argv.slice(2);
const [alice, bob, once] = [1, 2, 3].map((seed) => new Signer(seed));
const db = await openSqlite(":memory:");
const errors: string[] = [];
const outbox = createOutbox({
  store: db,
  user: alice.pubkey,
  signer: { signEvent: (template) => Promise.resolve(alice.sign(template)) },
  policy: { allowLocal: true, allowInsecure: true },
  indexerRelays: [],
  relayInfo: false,
  onError: (error) => errors.push(error.message),
});
const pool = new NPool(outbox);
for (
  const list of [
    alice.relayList({ both: [home] }),
    alice.sign({ kind: 10050, tags: [["relay", home]] }),
    alice.sign({ kind: 3, tags: [["p", bob.pubkey]] }),
    bob.sign({ kind: 10050, tags: [["relay", friends]] }),
  ]
) await outbox.store.event(list);

const read = await pool.query([{ kinds: [1059], "#p": [alice.pubkey] }]);
const note = await outbox.publish(alice.sign({ content: "hello" }));
const wrap = await outbox.publish(once.sign({ kind: 1059, tags: [["p", bob.pubkey]] }));
await Promise.all([note.done, wrap.done]);
process.stdout.write(`${
  JSON.stringify({
    read: read.length,
    states: [...note.targets, ...wrap.targets].map(({ state }) => state),
    errors,
  })
}\n`);
await pool.close();
await outbox.close();
await db.close();
process.exit(0);
