import assert from "node:assert/strict";
import type { OutboxOptions } from "../src/outbox_options.ts";
import { ScriptedNetwork } from "../testing/scripted_network.ts";
import type { Script } from "../testing/scripted_relay.ts";
import { Signer } from "../testing/signer.ts";
import { settled, START } from "../testing/test_clock.ts";
import { CutStore } from "./support/publishing_world.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";

const alice = new Signer(1);
const bob = new Signer(2);
const HOME = "wss://home.example/";
const SECOND = "wss://second.example/";
const INBOX = "wss://inbox.example/";
const LATER = "wss://later.example/";

/** A relay that answers each event with these words; none if it takes it. */
const saying = (words = ""): Script => ({
  onEvent: ({ id }, relay) => relay.say(["OK", id, words === "", words]),
});
const takes = saying();

/** An outbox in which Alice writes to two relays. */
async function start(options: OutboxOptions = {}, network = new ScriptedNetwork(takes)) {
  const world = scriptedOutbox(network, options);
  await world.outbox.store.event(alice.relayList({ both: [HOME, SECOND] }));
  return { ...world, clock: network.clock, scripts: network.scripts };
}

/** The relays that were offered an event, with one entry for each offer. */
const offered = (network: ScriptedNetwork, id: string) =>
  network.relays.flatMap(({ url, offered }) =>
    offered.filter((event) => event.id === id).map(() => url)
  )
    .sort();

Deno.test("Outbox publish() sends to the relays of the plan, says why each counts, and when all is done", async () => {
  const { outbox, network } = await start();
  await outbox.store.event(bob.relayList({ read: [INBOX] }));
  const post = alice.sign({ tags: [["p", bob.pubkey]] });
  const sent = await outbox.publish(post);
  await sent.safe;
  assert.deepEqual(
    (await sent.done).map(({ relay, why, state }) => [relay, why, state]),
    [[HOME, "own", "taken"], [SECOND, "own", "taken"], [INBOX, "inbox", "taken"]],
  );
  assert.deepEqual(offered(network, post.id), [HOME, INBOX, SECOND]);
  assert.deepEqual(await outbox.publications({ state: "pending" }), []);
  assert.equal((await outbox.publications()).length, 1);
  await outbox.close();
});

Deno.test("Outbox publish() throws as the router does: not signed, or nowhere to go", async () => {
  const { outbox } = await start();
  await assert.rejects(outbox.publish({ ...alice.sign(), sig: "" }), /not signed/);
  await assert.rejects(outbox.publish(bob.sign()), { name: "RoutingError" });
  await outbox.close();
  await assert.rejects(outbox.publish(alice.sign()), /the outbox is closed/);
});

Deno.test("NPool event() through an outbox resolves with the first OK, and the ledger goes on where it failed", async () => {
  const { clock, network, outbox, pool, scripts } = await start();
  scripts.set(SECOND, { connect: "refuse" });
  const post = alice.sign();
  await pool.event(post);
  await clock.advance(1_000);
  const [publication] = await outbox.publications({ state: "pending" });
  assert.equal(publication.event.id, post.id);
  scripts.set(SECOND, takes);
  await clock.advance(60_000);
  assert.deepEqual(publication.targets.map(({ state }) => state), ["taken", "taken"]);
  assert.equal(offered(network, post.id).filter((url) => url === HOME).length, 1);
  await outbox.close();
});

Deno.test("NPool event() that rejects is over: the outbox does not publish later what it called failed", async () => {
  const records = new CutStore();
  const { clock, network, outbox, pool, scripts } = await start({ records });
  for (const url of [HOME, SECOND]) scripts.set(url, saying("error: busy"));
  const post = alice.sign();
  await assert.rejects(pool.event(post), { name: "AggregateError" });
  assert.deepEqual(await outbox.publications(), []);
  for (const url of [HOME, SECOND]) scripts.set(url, takes);
  await clock.advance(3_600_000);
  assert.equal(offered(network, post.id).length, 2);
  assert.deepEqual([...records.texts.keys()].filter((key) => key === post.id), []);
  await outbox.close();
});

Deno.test("NPool event() writes the event down before it leaves, and waits for a database that hangs a quarter of a second", async () => {
  const records = new CutStore();
  const scripts: Script = {
    onEvent({ id }, relay) {
      assert.ok(records.texts.has(id));
      relay.say(["OK", id, true, ""]);
    },
  };
  const { outbox, pool } = await start({ records }, new ScriptedNetwork(scripts));
  await pool.event(alice.sign());
  await outbox.close();

  const silent = new CutStore();
  const world = await start({ records: silent });
  await world.pool.event(alice.sign({ content: "first" }));
  silent.hangs = true;
  const before = world.clock.now();
  const second = alice.sign({ content: "second" });
  const sending = world.pool.event(second);
  await world.clock.advance(249);
  assert.deepEqual(offered(world.network, second.id), []);
  await world.clock.advance(10);
  await sending;
  assert.deepEqual(offered(world.network, second.id), [HOME, SECOND]);
  assert.ok(world.clock.now() - before <= 260);
  const closing = world.outbox.close();
  await world.clock.advance(120_000);
  await closing;
});

Deno.test("Outbox eventRouter() alone publishes nothing", async () => {
  const records = new CutStore();
  const { clock, network, outbox } = await start({ records });
  await outbox.eventRouter(alice.sign());
  await clock.advance(60_000);
  assert.deepEqual(network.relays, []);
  assert.equal(records.texts.size, 0);
  await outbox.close();
});

Deno.test("createOutbox() goes on with what an earlier run left pending, without a call of the app", async () => {
  const records = new CutStore();
  const first = await start({ records });
  for (const url of [HOME, SECOND]) first.scripts.set(url, { connect: "refuse" });
  const post = alice.sign();
  await first.outbox.publish(post);
  await first.clock.advance(1_000);
  await first.outbox.close();

  const network = new ScriptedNetwork(takes);
  const { outbox } = scriptedOutbox(network, { records });
  await network.clock.advance(60_000);
  assert.deepEqual(offered(network, post.id), [HOME, SECOND]);
  await outbox.close();
});

Deno.test("Outbox publish(): an inbox that is found within a day becomes a target, and later ones do not", async () => {
  const { clock, outbox } = await start();
  const carol = new Signer(3);
  const post = alice.sign({ tags: [["p", bob.pubkey], ["p", carol.pubkey]] });
  const sent = await outbox.publish(post);
  await sent.done;
  await clock.advance(3_600_000);
  await outbox.store.event(bob.relayList({ read: [INBOX] }));
  await clock.advance(10_000);
  assert.deepEqual(
    sent.targets.map(({ relay, why, state }) => [relay, why, state]),
    [[HOME, "own", "taken"], [SECOND, "own", "taken"], [INBOX, "inbox", "taken"]],
  );
  await clock.advance(86_400_000);
  await outbox.store.event(carol.relayList({ read: [LATER] }));
  await clock.advance(10_000);
  assert.equal(sent.targets.length, 3);
  await outbox.close();
});

Deno.test("NIP-70: Outbox publish() offers a protected event to its author's relays alone, also when inboxes are found", async () => {
  const { clock, outbox } = await start();
  const post = alice.sign({ tags: [["-"], ["p", bob.pubkey]] });
  const sent = await outbox.publish(post);
  await outbox.store.event(bob.relayList({ read: [INBOX] }));
  await clock.advance(10_000);
  assert.deepEqual(sent.targets.map(({ relay }) => relay), [HOME, SECOND]);
  await outbox.close();
});

Deno.test("Outbox publish(): a relay that its author no longer lists is gone, once it has failed", async () => {
  const { clock, outbox, scripts } = await start();
  scripts.set(SECOND, { connect: "refuse" });
  const sent = await outbox.publish(alice.sign());
  await clock.advance(1_000);
  await outbox.store.event(alice.relayList({ both: [HOME] }, { created_at: START + 10 }));
  await clock.advance(10_000);
  const [, { relay, state, reason }] = await sent.done;
  assert.deepEqual([relay, state], [SECOND, "gone"]);
  assert.match(reason!, /no relay list/);
  await outbox.close();
});

Deno.test("createOutbox() with publishFor: 0 offers each event once", async () => {
  const { clock, network, outbox, pool, scripts } = await start({ publishFor: 0 });
  scripts.set(SECOND, { connect: "refuse" });
  const post = alice.sign();
  const sent = await outbox.publish(post);
  assert.deepEqual((await sent.done).map(({ state }) => state), ["taken", "given-up"]);
  await pool.event(alice.sign({ content: "by the pool" }));
  await clock.advance(86_400_000);
  assert.equal((await outbox.publications()).length, 1);
  assert.equal(offered(network, post.id).length, 1);
  await outbox.close();
});

Deno.test("Outbox hintFor() gives a person's best write relay, and for an event one where it was seen; seenOn() says where", async () => {
  const { clock, outbox } = await start({ weight: (url) => url === HOME ? 0.5 : 1 });
  assert.equal(await outbox.hintFor(alice.pubkey), SECOND);
  assert.equal(await outbox.hintFor(bob.pubkey), undefined);
  const post = alice.sign();
  assert.equal(await outbox.hintFor(post), SECOND);
  await (await outbox.publish(post)).done;
  await clock.advance(0);
  assert.deepEqual((await outbox.seenOn(post.id)).sort(), [HOME, SECOND]);
  assert.equal(await outbox.hintFor(post), SECOND);
  await assert.rejects(outbox.hintFor("npub1"), /Cannot give a hint/);
  await assert.rejects(outbox.seenOn("x"), /Cannot say where an event was seen/);
  await outbox.close();
  await settled();
});

Deno.test("Outbox publish(): a relay list goes on to the relays of the former list, whatever is planned later", async () => {
  const { clock, outbox, scripts } = await start();
  scripts.set(SECOND, { connect: "refuse" });
  const list = alice.relayList({ both: [HOME] }, { created_at: START + 10 });
  const sent = await outbox.publish(list);
  await clock.advance(10_000);
  assert.deepEqual(
    sent.targets.map(({ relay, why, state }) => [relay, why, state]),
    [[HOME, "own", "taken"], [SECOND, "spread", "pending"]],
  );
  await outbox.close();
});

Deno.test("Outbox publish(): what is found later adds inboxes and own relays, and no fallback relays", async () => {
  const { clock, outbox } = await start({ fallbackRelays: [LATER] });
  const sent = await outbox.publish(alice.sign({ tags: [["p", bob.pubkey]] }));
  const before = sent.targets.length;
  await outbox.store.event(alice.relayList({ both: [HOME, INBOX] }, { created_at: START + 10 }));
  await clock.advance(10_000);
  assert.deepEqual(sent.targets.slice(before).map(({ relay, why }) => [relay, why]), [
    [INBOX, "own"],
  ]);
  await outbox.close();
});
