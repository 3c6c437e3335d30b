import assert from "node:assert/strict";
import type { Outbox } from "../src/outbox.ts";
import type { OutboxOptions } from "../src/outbox_options.ts";
import { holding, ScriptedNetwork } from "../testing/scripted_network.ts";
import { Signer } from "../testing/signer.ts";
import { quiet } from "../testing/test_clock.ts";
import { scriptedOutbox } from "./support/scripted_outbox.ts";

const [alice, bob, carol] = [1, 2, 3].map((seed) => new Signer(seed));
const HOME = "wss://home.example/", HUB = "wss://hub.example/", OTHER = "wss://other.example/";
const INDEXER = "wss://indexer.example/";
const post = alice.sign({ content: "hello" });
const postsOf = (...people: Signer[]) => [{ kinds: [1], authors: people.map((p) => p.pubkey) }];
const relays = (...urls: string[]) => urls.map((url) => ["relay", url]);
/** A signer for whose lists the plain text stands in the content. */
const openSigner = (calls: string[] = []) => ({
  nip44: {
    decrypt: (pubkey: string, text: string) => (calls.push(pubkey), Promise.resolve(text)),
  },
});

/** An outbox in which Alice's list names one relay. */
async function start(options: OutboxOptions = {}) {
  const network = new ScriptedNetwork(holding([post]));
  const world = scriptedOutbox(network, { fallbackRelays: [HUB], ...options });
  await world.outbox.store.event(alice.relayList({ both: [HOME] }));
  return world;
}

const routed = async (
  outbox: Outbox,
  ...people: Signer[]
) => [...(await outbox.reqRouter(postsOf(...people))).keys()];

Deno.test("Outbox use() changes what new requests and explanations go by, and what events do", async () => {
  const { outbox } = await start();
  assert.deepEqual(await routed(outbox, bob), [HUB]);
  outbox.use({ fallbackRelays: ["wss://OTHER.example"] });
  assert.deepEqual(await routed(outbox, bob), [OTHER]);
  assert.deepEqual([...(await outbox.explain(postsOf(bob))).plan.routes.keys()], [OTHER]);
  assert.deepEqual(await outbox.eventRouter(bob.sign()), [OTHER]);
  outbox.use({ maxRelays: 1 });
  assert.deepEqual((await routed(outbox, alice, bob)).length, 1);
  outbox.use({ fallbackRelays: undefined, maxRelays: undefined });
  await assert.rejects(outbox.reqRouter(postsOf(bob)), { name: "RoutingError" });
  assert.deepEqual(await routed(outbox, alice), [HOME]);
  await outbox.close();
});

Deno.test("Outbox use() keeps connections, and requests that are open go on", async () => {
  const { network, outbox, pool } = await start();
  const seen: string[] = [];
  const controller = new AbortController();
  const reading = (async () => {
    for await (const [verb] of pool.req(postsOf(alice), controller)) seen.push(verb);
  })();
  await quiet();
  await network.clock.advance(1_000);
  const open = network.relays.length;
  outbox.use({ user: carol.pubkey, fallbackRelays: [OTHER], maxRelays: 5 });
  await quiet();
  assert.equal(network.relays.some(({ isClosed }) => isClosed), false);
  assert.deepEqual(seen, ["EVENT", "EOSE"]);
  const live = network.live.filter(({ filters }) => filters[0].authors?.includes(alice.pubkey));
  for (const req of live) req.send(alice.sign({ content: "later", created_at: 1_700_000_100 }));
  await quiet();
  assert.deepEqual(seen, ["EVENT", "EOSE", "EVENT"]);
  assert.deepEqual(await pool.query(postsOf(alice)), [post]);
  assert.equal(network.relays.length, open);
  controller.abort();
  await assert.rejects(reading, { name: "AbortError" });
  await outbox.close();
});

Deno.test("Outbox use({ user, signer }) logs a user in: their blocked relays are left and never connected to, private ones too", async () => {
  const { network, outbox, pool } = await start();
  await outbox.store.event(bob.relayList({ both: [OTHER] }));
  await outbox.store.event(
    carol.sign({ kind: 10006, tags: relays(HOME), content: JSON.stringify(relays(OTHER)) }),
  );
  assert.deepEqual(await pool.query(postsOf(alice)), [post]);
  assert.deepEqual(await routed(outbox, alice, bob), [HOME, OTHER]);
  const calls: string[] = [];
  outbox.use({ user: carol.pubkey, signer: openSigner(calls) });
  assert.deepEqual(await routed(outbox, alice, bob), [HUB]);
  assert.deepEqual(calls, [carol.pubkey]);
  await quiet();
  assert.ok(network.relays.filter(({ url }) => url === HOME).every(({ isClosed }) => isClosed));

  // A new signer for the same user, and then nobody.
  outbox.use({ signer: { nip44: { decrypt: () => Promise.resolve("[]") } } });
  assert.deepEqual(await routed(outbox, alice, bob), [HUB, OTHER]);
  outbox.use({ user: undefined });
  assert.deepEqual(await routed(outbox, alice, bob), [HOME, OTHER]);
  await outbox.close();
});

Deno.test("Outbox use() takes the signer of one user for no other", async () => {
  const calls: string[] = [];
  const { outbox, errors } = await start({ user: alice.pubkey, signer: openSigner(calls) });
  for (const person of [alice, carol]) {
    await outbox.store.event(person.sign({ kind: 10006, content: "[]" }));
  }
  await routed(outbox, alice);
  assert.deepEqual(calls, [alice.pubkey]);
  outbox.use({ user: carol.pubkey });
  await routed(outbox, alice);
  outbox.use({ user: carol.pubkey, maxRelays: 3 });
  await routed(outbox, alice);
  assert.deepEqual([calls, errors], [[alice.pubkey], []]);
  outbox.use({ signer: openSigner(calls) });
  await routed(outbox, alice);
  assert.deepEqual(calls, [alice.pubkey, carol.pubkey]);
  outbox.use({ maxRelays: 4 });
  await routed(outbox, alice);
  assert.equal(calls.length, 2, "nobody changed, so nobody is asked again");
  await outbox.close();
});

Deno.test("Outbox use() searches for the lists of the user who logs in, and the fallback relays of the moment", async () => {
  const { network, outbox, pool } = await start({ indexerRelays: [INDEXER] });
  const list = carol.sign({ kind: 10006, tags: relays(HOME) });
  network.scripts.set(INDEXER, holding([list]));
  network.scripts.set(OTHER, holding([bob.relayList({ both: [HOME] })]));
  const query = async (person: Signer) => {
    const found = pool.query(postsOf(person));
    for (let i = 0; i < 5; i++) {
      await quiet();
      await network.clock.advance(1_000);
    }
    return await found;
  };
  outbox.use({ user: alice.pubkey });
  await query(alice);
  outbox.use({ user: carol.pubkey, fallbackRelays: [OTHER] });
  await query(alice);
  assert.deepEqual([...(await outbox.explain(postsOf(alice))).plan.routes.keys()], [OTHER]);
  await query(bob);
  assert.equal((await outbox.store.get([bob.pubkey])).get(bob.pubkey)?.write[0], HOME);
  await outbox.close();
});

Deno.test("Outbox use() refuses what is wrong as createOutbox() does, and changes nothing then", async () => {
  const { outbox } = await start();
  for (
    const [changes, message] of [
      [{ fallbackRelay: [] }, /"fallbackRelay": .* the nearest is "fallbackRelays"$/],
      [{ timeout: 5 }, /^Cannot change option "timeout" of an outbox that is open: create another/],
      [{ indexerRelays: [] }, /^Cannot change option "indexerRelays"/],
      [{ maxRelays: 0 }, /"maxRelays".* must be an integer >= 1, got 0$/],
      [{ fallbackRelays: ["ws://a.example"] }, /refused \(insecure\)/],
      [{ fallbackRelays: [OTHER], user: "npub1x" }, /"user".* must be a pubkey/],
      [{ fallbackRelays: [OTHER], signer: {} }, /"signer".* needs option "user"/],
      [null, /^Cannot change options: they must be an object, got null$/],
    ] as [object, RegExp][]
  ) {
    assert.throws(() => outbox.use(changes), { message });
    assert.deepEqual(await routed(outbox, bob), [HUB]);
  }
  await outbox.close();
  assert.throws(() => outbox.use({ maxRelays: 3 }), { message: /the outbox is closed/ });
});

Deno.test("Outbox use() twice at once goes by the last, and a request that is being planned by either", async () => {
  const { outbox } = await start();
  const planning = routed(outbox, bob);
  outbox.use({ fallbackRelays: [HOME] });
  outbox.use({ fallbackRelays: [OTHER] });
  assert.ok([HUB, OTHER].includes((await planning)[0]));
  assert.deepEqual(await routed(outbox, bob), [OTHER]);
  await outbox.close();
});

Deno.test("Outbox use() keeps what was checked: an array that the app changes later has no influence", async () => {
  const fallbackRelays = [HUB];
  const { outbox } = await start({ fallbackRelays });
  fallbackRelays[0] = "junk";
  outbox.use({ maxRelays: 3 });
  assert.deepEqual(await routed(outbox, bob), [HUB]);
  await outbox.close();
});

Deno.test("Outbox use({ user }) leaves relays that the user blocks at once, though nothing new is requested", async () => {
  const { network, outbox, pool } = await start();
  await outbox.store.event(carol.sign({ kind: 10006, tags: relays(HOME) }));
  const controller = new AbortController();
  const reading = (async () => {
    for await (const _ of pool.req(postsOf(alice), controller));
  })();
  const feed = outbox.feed(postsOf(alice), { pageSize: 1 });
  await feed.next();
  await quiet();
  const atHome = () => network.relays.filter(({ url, isClosed }) => url === HOME && !isClosed);
  assert.equal(atHome().length, 1);
  const { reqs } = atHome()[0];
  const before = reqs.length;
  outbox.use({ user: carol.pubkey });
  await quiet();
  assert.equal(atHome().length, 0);
  void feed.next();
  await quiet();
  await network.clock.advance(60_000);
  assert.equal(reqs.length, before);
  assert.equal(atHome().length, 0);
  controller.abort();
  await Promise.allSettled([reading]);
  await outbox.close();
  assert.equal(network.clock.pending, 0);
});
