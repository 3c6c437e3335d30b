import assert from "node:assert/strict";
import { openSqlite } from "../../src/db/sqlite.ts";
import { Signer } from "../../testing/signer.ts";
import { onlyUserOf } from "../support/only_user.ts";
import { HUB, INDEXER, postsOf, publicUrl, PublicWorld } from "../support/public_world.ts";

/** Lists that are far too long, and events that pretend to delete lists. */

const [alice, bob, carol] = [1, 2, 3].map((seed) => new Signer(seed));
const NOW = 1_700_000_000;
const HOUR_MS = 3_600_000;
const GOOD = publicUrl("good"), EVIL = publicUrl("evil");
const many = (count: number) => Array.from({ length: count }, (_, i) => publicUrl(`many${i}`));

Deno.test("Outbox stores no list of 10,000 entries, wherever it comes from, and asks no crowd of relays", async () => {
  await using db = await openSqlite(":memory:");
  await using net = new PublicWorld(["good"], {
    store: db,
    records: onlyUserOf(db),
    maxRelays: 8,
    maxInboxes: 4,
  });
  const { world } = net;
  const urls = many(10_000);
  for (const name of [INDEXER, HUB]) {
    net.relay(name).seed([
      alice.relayList({ both: urls }),
      bob.relayList({ both: urls }),
      bob.sign({ kind: 10050, tags: urls.map((url) => ["relay", url]) }),
      carol.relayList({ both: [GOOD] }),
    ]);
  }
  const posts = [net.post(HUB, alice), net.post("good", carol)];
  const found = () => net.find(postsOf(alice, bob, carol));
  assert.deepEqual(await found(), posts.map(({ id }) => id).sort());
  // The app's own requests receive them, too.
  const passing = { kinds: [10002, 10050], authors: [alice, bob, carol].map((p) => p.pubkey) };
  assert.equal((await world.query([passing])).length, 4);
  await net.find({ kinds: [10002], since: 1 });
  assert.deepEqual(await found(), posts.map(({ id }) => id).sort());
  await world.event(carol.sign({ tags: [["p", alice.pubkey], ["p", bob.pubkey]] }));
  const wrap = carol.sign({ kind: 1059, tags: [["p", bob.pubkey]] });
  await assert.rejects(world.event(wrap), { name: "RoutingError" });
  await net.wait(HOUR_MS);
  assert.deepEqual((await db.query([{}])).map(({ pubkey }) => pubkey), [carol.pubkey]);
  assert.equal(net.elsewhere.stats.connections, 0);
});

Deno.test("Outbox asks no more relays of a list of 300 entries than relaysPerAuthor and maxInboxes allow", async () => {
  await using net = new PublicWorld([], { relaysPerAuthor: 2, maxInboxes: 3 });
  net.list(alice, many(300));
  await net.find(postsOf(alice));
  assert.equal(many(300).filter((url) => net.opened.includes(url)).length, 2);
  await net.world.event(bob.sign({ tags: [["p", alice.pubkey]] }));
  assert.ok(many(300).filter((url) => net.opened.includes(url)).length <= 5);
});

Deno.test("NIP-09, NIP-62: Outbox lets nobody delete somebody else's list, whatever events it receives", async () => {
  await using net = new PublicWorld(["good"]);
  const list = net.list(alice, [GOOD]);
  const post = net.post("good", alice);
  assert.deepEqual(await net.find(postsOf(alice)), [post.id]);
  const address = ["a", `10002:${alice.pubkey}:`];
  for (
    const draft of [
      { kind: 5, tags: [address, ["e", list.id], ["k", "10002"], ["p", alice.pubkey]] },
      { kind: 62, tags: [["relay", "ALL_RELAYS"], address, ["p", alice.pubkey]] },
      { kind: 10002, tags: [["r", EVIL], ["p", alice.pubkey], address] },
    ]
  ) net.post(HUB, bob, { ...draft, created_at: NOW + 600 });
  // By herself, but from far ahead.
  for (const kind of [5, 62]) {
    const tags = [address, ["relay", "ALL_RELAYS"]];
    net.relay("good").publish(alice.sign({ kind, tags, created_at: NOW + 31_536_000 }));
  }
  assert.equal((await net.find({ kinds: [5, 62, 10002], since: 1 })).length, 3);
  await net.world.query([{ kinds: [5, 62], authors: [alice.pubkey] }]);
  assert.deepEqual(await net.find(postsOf(alice)), [post.id]);
  const [stored] = await net.world.outbox.store.query([{
    kinds: [10002],
    authors: [alice.pubkey],
  }]);
  assert.equal(stored.id, list.id);
});
