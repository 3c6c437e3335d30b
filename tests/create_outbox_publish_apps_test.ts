import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import type { OutboxOptions } from "../src/outbox_options.ts";
import { ScriptedNetwork } from "../testing/scripted_network.ts";
import type { Script } from "../testing/scripted_relay.ts";
import { Signer } from "../testing/signer.ts";
import { quiet, START } from "../testing/test_clock.ts";
import { CutStore } from "./support/publishing_world.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";
import { countingSigner, walled } from "./support/walled_relays.ts";

const alice = new Signer(1);
const HOME = "wss://home.example/", SECOND = "wss://second.example/";
const takes: Script = { onEvent: ({ id }, relay) => relay.say(["OK", id, true, ""]) };
const away: Script = { connect: "refuse" };
const MINUTE_MS = 60_000;

/** An outbox in which Alice writes to two relays. */
async function start(options: OutboxOptions = {}, network = new ScriptedNetwork(takes)) {
  const world = scriptedOutbox(network, options);
  await world.outbox.store.event(alice.relayList({ both: [HOME, SECOND] }));
  const { clock, scripts, relays } = network;
  /** The ids that a relay was offered, in order. */
  const offered = (url: string) =>
    relays.filter((relay) => relay.url === url).flatMap(({ offered }) => offered)
      // Her relay list goes after what she publishes.
      .filter(({ kind }) => kind !== 10002)
      .map(({ id }) => id);
  return { ...world, clock, scripts, offered };
}

const posts = (count: number) =>
  Array.from({ length: count }, (_, i) => alice.sign({ content: `${i}` }));

Deno.test("Outbox publish(): hundreds of events over one outage are served within a minute of its end, by few attempts", async () => {
  const { outbox, clock, scripts, network, offered } = await start();
  for (const url of [HOME, SECOND]) scripts.set(url, away);
  const events = posts(300);
  const sent = await Promise.all(events.map((event) => outbox.publish(event)));
  await clock.advance(60 * MINUTE_MS);
  const attempts = network.relays.length;
  assert.ok(attempts < 400, `${attempts} attempts in an hour for 600 targets`);
  for (const url of [HOME, SECOND]) scripts.delete(url);
  await clock.advance(MINUTE_MS);
  assert.ok(sent.every(({ state }) => state === "done"));
  for (const url of [HOME, SECOND]) {
    assert.deepEqual(offered(url).toSorted(), events.map(({ id }) => id).toSorted());
  }
  await outbox.close();
});

Deno.test("Outbox publish(): an app that opens, publishes and closes in a row, as in strict mode, loses and reports nothing", async () => {
  const records = new CutStore();
  const events = posts(5);
  const network = new ScriptedNetwork(takes);
  const errors: Error[] = [];
  for (const event of events) {
    const world = await start({ records }, network);
    // Whoever closes meanwhile gets an error, or has the event written down.
    const publishing = world.outbox.publish(event);
    const isFirst = event === events[0];
    if (isFirst) await publishing;
    const [result] = await Promise.allSettled([publishing, world.outbox.close()]);
    if (result.status === "rejected") assert.match(String(result.reason), /outbox is closed/);
    else assert.ok(records.texts.has(event.id));
    errors.push(...world.errors.filter(({ message }) => !/outbox is closed/.test(message)));
  }
  const last = await start({ records }, network);
  await last.clock.advance(2 * MINUTE_MS);
  for (const id of records.texts.keys()) assert.ok(last.offered(HOME).includes(id), id);
  assert.ok(last.offered(HOME).includes(events[0].id));
  assert.deepEqual([...errors, ...last.errors], []);
  await last.outbox.close();
  assert.equal(network.clock.pending, 0);
});

Deno.test("Outbox publish() rejects where the database hangs, sends nothing then, and works once it answers", async () => {
  const records = new CutStore();
  const { outbox, clock, offered } = await start({ records });
  const [first, second] = posts(2);
  await outbox.publish(first);
  await clock.advance(MINUTE_MS);
  records.hangs = true;
  const hanging = assert.rejects(outbox.publish(second), /could not be written down/);
  await clock.advance(10_000);
  await hanging;
  assert.ok(!offered(HOME).includes(second.id));
  assert.deepEqual((await outbox.publications()).map(({ event }) => event.id), [first.id]);
  records.hangs = false;
  await clock.advance(2 * MINUTE_MS);
  await (await outbox.publish(second)).safe;
  assert.ok(offered(HOME).includes(second.id));
  await outbox.close();
});

Deno.test("Outbox publish(): a signer that is slow or throws holds up its walled relay alone, which gets the event later", async () => {
  const never = new Promise<NostrEvent>(() => {});
  for (const failing of [() => never, () => Promise.reject(new Error("no"))]) {
    let sign: (event: NostrEvent) => Promise<NostrEvent> = failing;
    const { signer, signed } = countingSigner(alice, (event) => sign(event));
    const { outbox, clock, scripts } = await start({ user: alice.pubkey, signer });
    scripts.set(SECOND, walled({ guardsEvents: true, guards: () => false }));
    const sent = await outbox.publish(alice.sign());
    const before = clock.now();
    const safe = sent.safe;
    for (let i = 0; i < 30; i++) {
      await clock.advance(1_000);
      await quiet();
    }
    await safe;
    assert.deepEqual(sent.targets.map(({ state }) => state), ["taken", "sign-in"]);
    assert.equal(signed.length, 1, "it is not asked again at once");
    sign = (event) => Promise.resolve(event);
    await clock.advance(30 * MINUTE_MS);
    assert.deepEqual(sent.targets.map(({ state }) => state), ["taken", "taken"]);
    assert.ok(clock.now() > before);
    await outbox.close();
  }
});

Deno.test("Outbox publish() takes an event of a megabyte to the relays that want it, and hears those that do not", async () => {
  const records = new CutStore();
  const { outbox, clock, scripts, offered } = await start({ records });
  scripts.set(SECOND, {
    onEvent: ({ id }, relay) => relay.say(["OK", id, false, "invalid: event too large"]),
  });
  const event = alice.sign({ content: "x".repeat(1_000_000) });
  const sent = await outbox.publish(event);
  await clock.advance(MINUTE_MS);
  assert.deepEqual(sent.targets.map(({ state, reason }) => [state, reason]), [
    ["taken", undefined],
    ["refused", "invalid: event too large"],
  ]);
  assert.deepEqual(offered(SECOND), [event.id]);
  await outbox.close();
});

Deno.test("Outbox publish(): of a burst of versions the newest arrives last, and those between are not sent where the relay is away", async () => {
  const { outbox, clock, scripts, offered } = await start();
  scripts.set(SECOND, away);
  const versions = Array.from(
    { length: 50 },
    (_, i) => alice.sign({ kind: 0, content: `${i}`, created_at: START + i }),
  );
  const sent = await Promise.all(versions.map((event) => outbox.publish(event)));
  await clock.advance(5 * MINUTE_MS);
  scripts.delete(SECOND);
  await clock.advance(5 * MINUTE_MS);
  const newest = versions.at(-1)!.id;
  assert.equal(offered(HOME).at(-1), newest);
  assert.deepEqual(offered(SECOND), [newest]);
  assert.ok(sent.every(({ state }) => state === "done"));
  assert.match(sent[0].targets[1].reason!, /version .* of it was published/);
  await outbox.close();
});

Deno.test("NIP-09: Outbox publish(): a deletion takes what is pending out of the queue, and goes before all else", async () => {
  const { outbox, clock, scripts, offered } = await start();
  scripts.set(SECOND, away);
  const [first, second] = posts(2);
  const sent = await outbox.publish(first);
  await outbox.publish(second);
  await clock.advance(MINUTE_MS);
  const deletion = alice.sign({ kind: 5, tags: [["e", first.id]] });
  await outbox.publish(deletion);
  assert.equal(sent.targets[1].state, "given-up");
  scripts.delete(SECOND);
  await clock.advance(2 * MINUTE_MS);
  assert.deepEqual(offered(SECOND), [deletion.id, second.id]);
  await outbox.close();
});

Deno.test("NIP-40, NIP-01: Outbox publish() refuses what has expired, and forgets what is ephemeral", async () => {
  const records = new CutStore();
  const { outbox, clock, offered } = await start({ records });
  const expired = alice.sign({ tags: [["expiration", `${START - 1}`]] });
  await assert.rejects(outbox.publish(expired), /expired/);
  const typing = alice.sign({ kind: 20_001 });
  await (await outbox.publish(typing)).done;
  await clock.advance(MINUTE_MS);
  assert.deepEqual(offered(HOME), [typing.id]);
  assert.equal(records.texts.size, 0);
  await outbox.close();
});

Deno.test("Outbox publish(): a hundred relays that hang keep no request from connecting", async () => {
  const network = new ScriptedNetwork({
    connect: "wait",
    onReq: (req) => req.eose(),
  });
  const { outbox, pool, clock, scripts } = await start({}, network);
  const authors = [2, 3, 4].map((seed) => new Signer(seed));
  for (const [n, author] of authors.entries()) {
    const own = Array.from({ length: 40 }, (_, i) => `wss://r${n}-${i}.example/`);
    await outbox.store.event(author.relayList({ both: own }));
    await outbox.publish(author.sign());
  }
  await clock.advance(5 * MINUTE_MS);
  scripts.set(HOME, { onReq: (req) => req.send(alice.sign()).eose() });
  const before = clock.now();
  const reading = pool.query([{ kinds: [1], authors: [alice.pubkey] }]);
  await clock.advance(1_000);
  const connected = network.relays.some(({ url, reqs }) => url === HOME && reqs.length > 0);
  assert.ok(connected, "the request waits for relays that hang");
  await clock.advance(40_000);
  assert.equal((await reading).length, 1);
  assert.ok(clock.now() > before);
  await outbox.close();
});
