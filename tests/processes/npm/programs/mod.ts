/**
 * A program of an app on npm: it finds Alice's list, reads her post, and publishes one.
 *
 * Arguments: the URL of an indexer, Alice's pubkey, the id of her post. Ends by itself, which
 * shows that a closed outbox leaves nothing behind.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import { createOutbox, type Outbox, RoutingError } from "@npool/outbox";
import { openSqlite } from "@npool/outbox/sqlite";
import { finalizeEvent, generateSecretKey, getPublicKey } from "nostr-tools";
import assert from "node:assert/strict";
import process from "node:process";

const [indexer, alice, id] = process.argv.slice(2);
const store = await openSqlite(":memory:");
const outbox: Outbox = createOutbox({
  store,
  indexerRelays: [indexer],
  policy: { allowLocal: true, allowInsecure: true },
});
const pool = new NPool(outbox);

const posts = await pool.query([{ kinds: [1], authors: [alice] }]);
assert.deepEqual(posts.map((post) => post.id), [id]);

const key = generateSecretKey();
const created_at = Math.floor(Date.now() / 1000);
const sign = (kind: number, tags: string[][]) =>
  finalizeEvent({ kind, created_at, tags, content: "" }, key);
await pool.event(sign(10002, [["r", indexer]]));
const sent = await outbox.publish(sign(1, []));
await sent.safe;
const found = await pool.query([{ kinds: [1], authors: [getPublicKey(key)] }]);
assert.deepEqual(found.map((post) => post.id), [sent.event.id]);

await assert.rejects(outbox.eventRouter(sign(1059, [["p", alice]])), RoutingError);
const { routes } = (await outbox.explain([{ kinds: [1], authors: [alice] }])).plan;
assert.equal(routes.size, 1);

await pool.close();
await outbox.close();
await store.close();
