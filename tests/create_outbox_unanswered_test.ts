import assert from "node:assert/strict";
import { createOutbox } from "../src/create_outbox.ts";
import "./support/loaded_parts.ts";
import type { RoutingError } from "../src/nostr/errors.ts";
import { holding, ScriptedNetwork } from "../testing/scripted_network.ts";
import type { Script } from "../testing/scripted_relay.ts";
import { Signer } from "../testing/signer.ts";
import { quiet } from "../testing/test_clock.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";

const alice = new Signer(1);
const post = alice.sign({ content: "hello" });
const FILTERS = [{ kinds: [1], authors: [alice.pubkey] }];
const HOME = "wss://home.example/", OTHER = "wss://other.example/", HUB = "wss://hub.example/";

/** An outbox in which Alice's list names two relays, with these scripts by URL. */
async function start(scripts: Record<string, Script>) {
  const network = new ScriptedNetwork({ connect: "fail" });
  for (const [url, script] of Object.entries(scripts)) network.scripts.set(url, script);
  const world = scriptedOutbox(network, { fallbackRelays: [HUB] });
  const { outbox, pool } = world;
  await outbox.store.event(alice.relayList({ both: [HOME, OTHER] }));
  /** The result of a query, once so much time has passed. */
  const query = async () => {
    const found = pool.query(FILTERS);
    for (let i = 0; i < 40; i++) {
      await quiet();
      await network.clock.advance(1_000);
    }
    return await found;
  };
  return { ...world, query };
}

Deno.test("Outbox calls onError once, with reasons, if no relay answered a request, replacements included", async () => {
  const { query, errors, outbox } = await start({
    [OTHER]: { onReq: (req) => req.closed("auth-required: sign in first") },
  });
  assert.deepEqual(await query(), []);
  const [error, ...others] = errors;
  assert.deepEqual(others, []);
  assert.match(error.message, /^No relay answered a request: /);
  assert.match(error.message, /2 x unreachable \(wss:\/\/(?:home|hub).example\/ wss:/);
  assert.match(error.message, /1 x auth-required \(wss:\/\/other.example\/; see option "auth"\)/);
  await outbox.close();
  assert.equal(errors.length, 1);
});

Deno.test("Outbox does not call onError if a replacement answers, or a relay that has nothing", async () => {
  for (const [url, found] of [[HUB, [post]], [OTHER, [post]], [OTHER, []]] as const) {
    const { query, errors, outbox } = await start({ [url]: holding(found) });
    assert.deepEqual(await query(), found);
    assert.deepEqual(errors, [], url);
    await outbox.close();
  }
});

Deno.test("Outbox does not call onError if a relay sends events and no EOSE, or one of several that an app names answers", async () => {
  const { query, errors, outbox, pool, network } = await start({
    [OTHER]: { onReq: (req) => req.send(post) },
  });
  assert.deepEqual(await query(), [post]);
  network.scripts.set(HUB, holding([post]));
  const found = pool.query(FILTERS, { relays: ["wss://dead.example/", HUB] });
  await quiet();
  await network.clock.advance(30_000);
  assert.deepEqual([await found, errors], [[post], []]);
  await outbox.close();
});

Deno.test("Outbox does not call onError for a request that is given up, or closed with its outbox", async () => {
  const { pool, outbox, errors } = await start({ [HOME]: {}, [OTHER]: {} });
  const controller = new AbortController();
  const query = pool.query(FILTERS, { signal: controller.signal });
  await quiet();
  controller.abort();
  assert.deepEqual(await query, []);
  const other = pool.query(FILTERS);
  await quiet();
  await outbox.close();
  assert.deepEqual(await other, []);
  assert.deepEqual(errors, []);
});

Deno.test("Outbox sends relays that the app names no value that no event can match, and calls onError", async () => {
  const { pool, network, errors, outbox } = await start({ [HUB]: holding([post]) });
  const npub = "npub1junk";
  const relays = [HUB];
  assert.deepEqual(await pool.query([{ authors: [npub], limit: 1 }], { relays }), []);
  assert.equal(network.relays.length, 0);
  assert.match(errors[0].message, /^Cannot send a request: "authors" must be .* nip19.decode/);
  const authors = [npub, alice.pubkey];
  assert.deepEqual(await pool.query([{ authors, limit: 1 }, { ids: ["x"] }], { relays }), [post]);
  assert.deepEqual(network.last.reqs.map(({ filters }) => filters), [[
    { authors: [alice.pubkey], limit: 1 },
  ]]);
  assert.equal(errors.length, 2);
  assert.match(errors[1].message, /^Cannot request some of .*"npub1junk".*"ids" must be .*"x"$/);
  await outbox.close();
});

Deno.test("Outbox prints a few lines for a request for 300 people that cannot be sent anywhere", async () => {
  const errors: Error[] = [];
  const outbox = createOutbox({ indexerRelays: [], onError: (error) => errors.push(error) });
  const authors = Array.from({ length: 300 }, (_, i) => `${i}`.padStart(64, "0"));
  await assert.rejects(outbox.reqRouter([{ kinds: [1], authors }]), (error: RoutingError) => {
    assert.equal(
      error.message,
      "Cannot send a request anywhere: 300 x no-list " +
        "(no usable relay list is known, and no fallbackRelays are set)",
    );
    assert.equal(error.unrouted.length, 300);
    return true;
  });
  assert.ok(Deno.inspect(errors[0]).split("\n").length < 12, Deno.inspect(errors[0]));
  await outbox.close();
});
