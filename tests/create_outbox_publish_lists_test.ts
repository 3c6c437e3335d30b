import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import type { OutboxOptions } from "../src/outbox_options.ts";
import { ScriptedNetwork } from "../testing/scripted_network.ts";
import type { Script } from "../testing/scripted_relay.ts";
import { Signer } from "../testing/signer.ts";
import { START } from "../testing/test_clock.ts";
import { CutStore } from "./support/publishing_world.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";
import { countingSigner } from "./support/walled_relays.ts";

const [alice, bob, carol] = [1, 2, 3].map((seed) => new Signer(seed));
const HOME = "wss://home.example/",
  SECOND = "wss://second.example/",
  THIRD = "wss://third.example/";
const takes: Script = {
  onReq: (req) => req.eose(),
  onEvent: ({ id }, relay) => relay.say(["OK", id, true, ""]),
};
const HOUR_MS = 3_600_000, DAY_MS = 24 * HOUR_MS;
const relays = (...urls: string[]) => urls.map((url) => ["relay", url]);

/** An outbox in which Alice writes to two relays, of which some relays are away. */
async function start(away: readonly string[], options: OutboxOptions = {}, start = true) {
  const network = new ScriptedNetwork(takes);
  const goAway = (...urls: string[]) => {
    for (const url of urls) network.scripts.set(url, { connect: "refuse" });
  };
  goAway(...away);
  const world = scriptedOutbox(network, options);
  if (start) await world.outbox.store.event(alice.relayList({ both: [HOME, SECOND] }));
  const store = async (list: NostrEvent) => {
    await world.outbox.store.event(list);
    await network.clock.advance(2_000);
  };
  return { ...world, clock: network.clock, scripts: network.scripts, store };
}

type World = Awaited<ReturnType<typeof start>>;

/** The states of an event, by relay, without those of the relays that took it. */
async function open({ outbox }: World, { id }: NostrEvent): Promise<string[][]> {
  const publication = (await outbox.publications()).find(({ event }) => event.id === id)!;
  return publication.targets.filter(({ state }) => state !== "taken")
    .map(({ relay, why, state }) => [relay, why, state]);
}

const moved = (created_at = START + 10) => alice.relayList({ both: [HOME, THIRD] }, { created_at });

Deno.test("Outbox publish(): a relay that no list names any longer is gone whenever that is learned, days later and after a restart", async () => {
  const records = new CutStore();
  const world = await start([SECOND], { records });
  const post = alice.sign();
  await world.outbox.publish(post);
  await world.clock.advance(2 * DAY_MS);
  await world.outbox.close();
  const later = await start([SECOND], { records }, false);
  await later.clock.advance(3 * DAY_MS);
  assert.deepEqual(await open(later, post), [[SECOND, "own", "pending"]]);
  await later.outbox.store.event(alice.relayList({ both: [HOME, SECOND] }));
  await later.store(moved());
  assert.deepEqual(await open(later, post), [[SECOND, "own", "gone"]]);
  // It is too late for new relays.
  assert.deepEqual((await later.outbox.publications())[0].targets.length, 2);
  await later.outbox.close();
});

Deno.test("Outbox publish(): all events are gone that wait for a relay, though only one of them was offered there", async () => {
  const world = await start([SECOND]);
  const posts = Array.from({ length: 30 }, (_, i) => alice.sign({ content: `${i}` }));
  for (const post of posts) await world.outbox.publish(post);
  await world.clock.advance(10_000);
  await world.store(moved());
  for (const post of posts) assert.deepEqual(await open(world, post), [[SECOND, "own", "gone"]]);
  await world.outbox.close();
});

Deno.test("Outbox publish(): a relay that was not tried yet when its list changed is tried once", async () => {
  const world = await start([]);
  world.scripts.set(SECOND, { connect: "wait" });
  const post = alice.sign();
  await world.outbox.publish(post);
  await world.store(moved());
  assert.deepEqual(await open(world, post), [[SECOND, "own", "pending"]]);
  await world.clock.advance(2 * 60_000);
  assert.deepEqual(await open(world, post), [[SECOND, "own", "gone"]]);
  await world.outbox.close();
});

Deno.test("Outbox publish(): a relay that returns to its list is tried again", async () => {
  const world = await start([SECOND]);
  const post = alice.sign();
  await world.outbox.publish(post);
  await world.clock.advance(60_000);
  await world.store(moved());
  assert.deepEqual(await open(world, post), [[SECOND, "own", "gone"]]);
  world.scripts.delete(SECOND);
  await world.store(alice.relayList({ both: [HOME, SECOND] }, { created_at: START + 20 }));
  await world.clock.advance(60_000);
  assert.deepEqual(await open(world, post), []);
  await world.outbox.close();
});

Deno.test("NIP-09: Outbox publish(): a deletion of the author's relay list reaches the relays of that list, as does a request to vanish (NIP-62)", async () => {
  const deletion = alice.sign({
    kind: 5,
    tags: [["a", `10002:${alice.pubkey}:`]],
    created_at: START + 10,
  });
  const vanish = alice.sign({
    kind: 62,
    tags: [["relay", "ALL_RELAYS"]],
    created_at: START + 10,
  });
  for (const event of [deletion, vanish]) {
    const world = await start([SECOND], { fallbackRelays: [THIRD] });
    await world.outbox.publish(event);
    await world.clock.advance(HOUR_MS);
    assert.deepEqual((await world.outbox.store.query([{ kinds: [10002] }])).length, 0);
    assert.deepEqual(await open(world, event), [[SECOND, "own", "pending"]]);
    world.scripts.delete(SECOND);
    await world.clock.advance(60_000);
    assert.deepEqual(await open(world, event), []);
    await world.outbox.close();
  }
});

Deno.test("NIP-17: Outbox publish(): a wrap leaves the relay that its recipient gave up, and goes to the new one", async () => {
  const world = await start([SECOND]);
  await world.store(bob.sign({ kind: 10050, tags: relays(SECOND) }));
  const wrap = carol.sign({ kind: 1059, tags: [["p", bob.pubkey]] });
  const sent = await world.outbox.publish(wrap);
  await world.clock.advance(HOUR_MS);
  await world.store(bob.sign({ kind: 10050, tags: relays(THIRD), created_at: START + 10 }));
  assert.deepEqual(sent.targets.map(({ relay, why, state }) => [relay, why, state]), [
    [SECOND, "dm", "gone"],
    [THIRD, "dm", "taken"],
  ]);
  await world.outbox.close();
});

Deno.test("Outbox use(): what waits for a fallback relay that the app drops is gone, and no other", async () => {
  const world = await start([SECOND, THIRD], { fallbackRelays: [THIRD] }, false);
  const post = bob.sign();
  await world.outbox.publish(post);
  await world.store(alice.relayList({ both: [HOME, SECOND] }));
  const other = alice.sign();
  await world.outbox.publish(other);
  await world.clock.advance(60_000);
  assert.deepEqual(await open(world, post), [[THIRD, "fallback", "pending"]]);
  world.outbox.use({ fallbackRelays: [THIRD, HOME] });
  assert.deepEqual(await open(world, post), [[THIRD, "fallback", "pending"]]);
  world.outbox.use({ fallbackRelays: [HOME] });
  assert.deepEqual(await open(world, post), [[THIRD, "fallback", "gone"]]);
  assert.deepEqual(await open(world, other), [[SECOND, "own", "pending"]]);
  await world.outbox.close();
});

Deno.test("NIP-51: Outbox publish(): what waits for a relay that the user blocks is gone at once, also where it waits an hour", async () => {
  const world = await start([], { user: alice.pubkey });
  world.scripts.set(SECOND, {
    onEvent: ({ id }, relay) => relay.say(["OK", id, false, "rate-limited: retry in 3000 s"]),
  });
  const post = alice.sign();
  const sent = await world.outbox.publish(post);
  await world.clock.advance(60_000);
  assert.deepEqual(await open(world, post), [[SECOND, "own", "pending"]]);
  await world.store(alice.sign({ kind: 10006, tags: relays(SECOND) }));
  assert.deepEqual(await open(world, post), [[SECOND, "own", "gone"]]);
  assert.match(sent.targets[1].reason!, /blocks/);
  await world.outbox.close();
});

Deno.test("NIP-37: Outbox publish(): a draft leaves the private relay that the user dropped, and not if the list cannot be decrypted", async () => {
  const { signer } = countingSigner(alice);
  const list = (created_at: number, ...urls: string[]) =>
    alice.sign({ kind: 10013, content: JSON.stringify(relays(...urls)), created_at });
  const world = await start([SECOND], { user: alice.pubkey, signer });
  await world.store(list(START, SECOND));
  const draft = alice.sign({ kind: 31234, tags: [["d", "x"]], content: "secret" });
  await world.outbox.publish(draft);
  await world.clock.advance(60_000);
  world.outbox.use({ signer: undefined });
  await world.clock.advance(60_000);
  assert.deepEqual(await open(world, draft), [[SECOND, "private", "pending"]]);
  world.outbox.use({ signer });
  await world.store(list(START + 10, THIRD));
  assert.deepEqual(await open(world, draft), [[SECOND, "private", "gone"]]);
  await world.outbox.close();
});

Deno.test("Outbox publish(): what waits for an indexer that the user dropped (kind 10086) is gone", async () => {
  const options = { user: alice.pubkey, indexerRelays: [HOME] };
  const world = await start([SECOND, THIRD], options);
  await world.store(alice.sign({ kind: 10086, tags: relays(THIRD) }));
  const profile = alice.sign({ kind: 0, content: "{}" });
  const publishing = world.outbox.publish(profile);
  await world.clock.advance(10_000);
  await publishing;
  await world.clock.advance(60_000);
  assert.deepEqual(await open(world, profile), [
    [SECOND, "own", "pending"],
    [THIRD, "indexer", "pending"],
  ]);
  await world.store(alice.sign({ kind: 10086, created_at: START + 10 }));
  assert.deepEqual(await open(world, profile), [
    [SECOND, "own", "pending"],
    [THIRD, "indexer", "gone"],
  ]);
  await world.outbox.close();
});
