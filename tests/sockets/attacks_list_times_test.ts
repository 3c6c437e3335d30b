import assert from "node:assert/strict";
import { openSqlite } from "../../src/db/sqlite.ts";
import { Signer } from "../../testing/signer.ts";
import { HUB, INDEXER, postsOf, publicUrl, PublicWorld } from "../support/public_world.ts";

/** Lists from the past or the future, and lists that change every second. */

const [alice, bob] = [1, 2].map((seed) => new Signer(seed));
const NOW = 1_700_000_000;
const HOUR_MS = 3_600_000;
const GOOD = publicUrl("good"), EVIL = publicUrl("evil");
const many = (count: number) => Array.from({ length: count }, (_, i) => publicUrl(`many${i}`));

Deno.test("Outbox refuses a list from the future, however often it comes, and ignores an old one", async () => {
  await using db = await openSqlite(":memory:");
  await using net = new PublicWorld(["good", "evil"], { store: db, refreshAfter: HOUR_MS });
  const { world: { outbox, clock } } = net;
  const list = net.list(alice, [GOOD]);
  const post = net.post("good", alice);
  assert.deepEqual(await net.find(postsOf(alice)), [post.id]);
  const others = [
    1,
    1_000,
    NOW - 1,
    NOW + 7_200,
    NOW + 31_536_000,
    2 ** 40,
    Number.MAX_SAFE_INTEGER,
  ]
    .map((created_at) => alice.relayList({ both: [EVIL] }, { created_at }));
  // The relays may keep one version alone: each gets its own, the newest last.
  for (const other of others) {
    for (const name of [INDEXER, HUB, "good"]) net.relay(name).publish(other);
    await net.find({ kinds: [1, 10002], authors: [alice.pubkey] });
    await net.find({ kinds: [10002], since: 1 });
    await outbox.store.event(other).catch((error: Error) => {
      assert.match(error.message, /latest accepted now/);
    });
  }
  assert.ok(clock.now() < (NOW + 6_000) * 1_000);
  assert.deepEqual((await db.query([{}])).map(({ id }) => id), [list.id]);
  assert.deepEqual(await net.find(postsOf(alice)), [post.id]);
  assert.equal(net.relay("evil").stats.connections, 0);
});

Deno.test("Outbox bounds the relays and connections of a feed whose people change their lists every second", async () => {
  const MAX_RELAYS = 6, SECONDS = 20;
  await using db = await openSqlite(":memory:");
  await using net = new PublicWorld(["good"], {
    store: db,
    maxRelays: MAX_RELAYS,
    relayInfo: false,
    idleTimeout: 1_000,
  });
  const { opened, world, world: { outbox, clock } } = net;
  const restless = Array.from({ length: 6 }, (_, i) => new Signer(10 + i));
  for (const person of restless) net.list(person, [publicUrl("many0")]);
  net.list(bob, [GOOD]);
  const urls = many(100);
  await using feed = world.req([postsOf(bob, ...restless)]);
  await feed.end();
  const before = opened.length;
  let most = 0;
  for (let n = 1; n <= SECONDS; n++) {
    const lists = restless.map((person, i) => {
      const both = [urls[(n + 16 * i) % 100], urls[(7 * n + 31 * i) % 100]];
      return person.relayList({ both }, { created_at: NOW + n });
    });
    await outbox.store.events(lists);
    await net.wait(1_000);
    most = Math.max(most, net.connected.size);
  }
  assert.ok(clock.now() >= (NOW + SECONDS) * 1_000);
  // Changes are gathered, the longer the more there are: after 0.25, 0.75, 1.75 … 15.75 seconds.
  assert.ok(opened.length - before <= 6 * MAX_RELAYS, `${opened.length - before} connections`);
  // Those that were left are closed a second later.
  assert.ok(most <= 3 * MAX_RELAYS, `${most} at once`);
  const lists = await db.query([{ kinds: [10002], authors: restless.map((p) => p.pubkey) }]);
  assert.deepEqual(lists.map(({ created_at }) => created_at), restless.map(() => NOW + SECONDS));
  await net.wait(60_000);
  assert.ok(net.connected.size <= MAX_RELAYS, [...net.connected].join());
  const posts = [bob, ...restless].map((person) => person.sign({ content: "heard" }));
  for (const post of posts) {
    for (const relay of [net.relay("good"), net.relay(HUB), net.elsewhere]) relay.publish(post);
    await feed.event(post.id);
  }
});
