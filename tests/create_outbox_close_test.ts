import { NPool } from "@nostrify/nostrify";
import assert from "node:assert/strict";
import type { OutboxOptions } from "../src/outbox_options.ts";
import { holding, ScriptedNetwork } from "../testing/scripted_network.ts";
import { Signer } from "../testing/signer.ts";
import { quiet } from "../testing/test_clock.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";

const alice = new Signer(1);
const HOME = "wss://home.example/";
const post = alice.sign({ content: "hello" });
const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];
const CLOSED = { message: /^Cannot .*: the outbox is closed\. Create another one$/ };

/** An outbox on a network of its own, in which Alice's list names one relay. */
async function start(options: OutboxOptions = {}) {
  const world = scriptedOutbox(new ScriptedNetwork(holding([post])), options);
  await world.outbox.store.event(alice.relayList({ both: [HOME] }));
  return world;
}

/** The verbs of a request up to its end or CLOSED, as an app reads it. */
async function read(pool: NPool): Promise<string[]> {
  const verbs: string[] = [];
  for await (const [verb] of pool.req(FILTERS)) {
    verbs.push(verb);
    if (verb === "CLOSED") break;
  }
  return verbs;
}

Deno.test("Outbox close(): requests and events through its pool throw, and onError hears it once", async () => {
  const { outbox, errors } = await start();
  const pool = new NPool(outbox);
  assert.equal((await pool.query(FILTERS)).length, 1);
  await outbox.close();
  assert.deepEqual(errors, []);
  await assert.rejects(pool.query(FILTERS), CLOSED);
  await assert.rejects(read(pool), CLOSED);
  await assert.rejects(pool.event(post), CLOSED);
  await assert.rejects(pool.event(post, { relays: [HOME] }), ({ errors: [error] }) => {
    assert.match(error.message, /^Cannot publish an event: the outbox is closed/);
    return true;
  });
  await assert.rejects(pool.query(FILTERS, { relays: ["wss://new.example/"] }), CLOSED);
  assert.deepEqual(errors.map(({ message }) => message), [
    "Cannot send a request: the outbox is closed. Create another one",
  ]);
});

Deno.test("Outbox close(): through a spread outbox NPool swallows the error of query() alone, and onError hears it", async () => {
  const { outbox, errors } = await start();
  const pool = new NPool({ ...outbox });
  await pool.query(FILTERS);
  await outbox.close();
  assert.deepEqual(await pool.query(FILTERS), []);
  assert.equal(errors.length, 1);
  await assert.rejects(read(pool), CLOSED);
  await assert.rejects(pool.event(post), CLOSED);
  assert.throws(() => ({ ...outbox }), CLOSED);
  assert.equal(errors.length, 1);
});

Deno.test("Outbox close(): an app that opens, closes and opens again, as React's strict mode does, sees posts in the second pool", async () => {
  const first = await start();
  const second = await start();
  const firstPool = new NPool(first.outbox);
  const early = firstPool.query(FILTERS);
  await firstPool.close();
  await first.outbox.close();
  const pool = new NPool(second.outbox);
  assert.deepEqual(await early, []);
  assert.equal(first.errors.length, 1, "the request that was cut off says so");
  assert.match(first.errors[0].message, /closed/);
  assert.deepEqual(await pool.query(FILTERS), [post]);
  assert.deepEqual(second.errors, []);
  await second.outbox.close();
});

Deno.test("Outbox close(): a router that is waiting for the store throws", async () => {
  const { outbox } = await start();
  const waiting = [outbox.reqRouter(FILTERS), outbox.eventRouter(post)];
  const closed = outbox.close();
  for (const routes of waiting) await assert.rejects(routes, CLOSED);
  await closed;
});

Deno.test("Outbox close(): a request that is open says CLOSED, and its loop ends", async () => {
  const { outbox, errors, network } = await start();
  const reading = read(new NPool(outbox));
  await quiet();
  await outbox.close();
  assert.deepEqual(await reading, ["EVENT", "EOSE", "CLOSED"]);
  assert.deepEqual([network.live, errors, network.clock.pending], [[], [], 0]);
});

Deno.test("Outbox close(): a request of a relay of its own ends by itself", async () => {
  const { outbox } = await start();
  const relay = outbox.open(HOME);
  const messages: unknown[][] = [];
  const reading = (async () => {
    for await (const message of relay.req(FILTERS)) messages.push(message);
  })();
  await quiet();
  await outbox.close();
  await reading;
  assert.deepEqual(messages.map(([verb]) => verb), ["EVENT", "EOSE", "CLOSED"]);
  assert.equal(messages.at(-1)![2], "error: the pool or the outbox was closed");
  await assert.rejects(relay.query(FILTERS), CLOSED);
  await assert.rejects(relay.event(post), CLOSED);
});

Deno.test("Outbox close() twice at once closes once, and both calls wait for the end", async () => {
  let writes = 0;
  const records = {
    readRecords: () => Promise.resolve(new Map<string, string>()),
    writeRecords: () => Promise.resolve(void writes++),
  };
  const { outbox } = await start({ records });
  await new NPool(outbox).query(FILTERS);
  const [first, second] = [outbox.close(), outbox.close()];
  assert.equal(first, second);
  await second;
  const after = writes;
  await first;
  await outbox.close();
  await outbox[Symbol.asyncDispose]();
  assert.ok(after > 0);
  assert.equal(writes, after);
});

Deno.test("Outbox close(): everything that needs relays or the store says that it is closed", async () => {
  const { outbox } = await start();
  await outbox.close();
  for (
    const call of [
      () => outbox.reqRouter(FILTERS),
      () => outbox.eventRouter(post),
      () => outbox.find(alice.pubkey),
      () => outbox.discover([alice.pubkey]),
      () => outbox.explain(FILTERS),
      () => outbox.coverage(FILTERS),
      () => outbox.publish(post),
      () => outbox.publications(),
      () => outbox.hintFor(alice.pubkey),
      () => outbox.seenOn(post.id),
    ]
  ) await assert.rejects(call, CLOSED);
  assert.throws(() => outbox.hint(alice.pubkey, [HOME]), CLOSED);
  assert.throws(() => outbox.open(HOME), CLOSED);
  assert.deepEqual(await outbox.relays(), []);
});

Deno.test("Outbox close(): after pool.close() alone a request says CLOSED, and onError hears that the pool is closed", async () => {
  const { outbox, errors } = await start();
  const pool = new NPool(outbox);
  await pool.query(FILTERS);
  await pool.close();
  assert.deepEqual(await read(pool), ["CLOSED"]);
  assert.deepEqual(await pool.query(FILTERS), []);
  await assert.rejects(pool.event(post), AggregateError);
  assert.deepEqual(errors.map(({ message }) => message), [
    "Cannot send a request: the pool is closed. Create another one",
  ]);
  assert.deepEqual(await new NPool(outbox).query(FILTERS), [post]);
  await outbox.close();
});
