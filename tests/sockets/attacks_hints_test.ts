import assert from "node:assert/strict";
import { nip19 } from "nostr-tools";
import { openSqlite } from "../../src/db/sqlite.ts";
import { withHints } from "../../src/hints/with_hints.ts";
import { Signer } from "../../testing/signer.ts";
import { HUB, INDEXER, postsOf, publicUrl, PublicWorld } from "../support/public_world.ts";

/** Hints from strangers against relay lists, and against hints of the user. */

const [alice, bob, carol] = [1, 2, 3].map((seed) => new Signer(seed));
const stranger = new Signer(66);
const NOW = 1_700_000_000;
const GOOD = publicUrl("good"), EVIL = publicUrl("evil");
const person = (n: number) => n.toString(16).padStart(64, "0");

Deno.test("Outbox prefers a person's list to strangers' hints, whether it came before or after them", async () => {
  await using net = new PublicWorld(["good", "evil"]);
  const { outbox: { store } } = net.world;
  net.list(alice, [GOOD]);
  const posts = [alice, bob].map((person) => net.post("good", person));
  for (const person of [alice, bob]) net.post("evil", person, { content: "bait" });
  for (let i = 0; i < 20; i++) {
    const tags = [alice, bob].map(({ pubkey }) => ["p", pubkey, EVIL]);
    net.post(HUB, stranger, { tags, content: `${i}`, created_at: NOW + i });
  }
  await net.find(postsOf(alice));
  await net.find(postsOf(stranger));
  assert.deepEqual(await net.find(postsOf(alice)), [posts[0].id]);
  const tagged = [{ subject: alice.pubkey, url: EVIL, source: "tag" as const }];
  assert.deepEqual(await net.find(withHints(postsOf(alice), tagged)), [posts[0].id]);
  assert.equal(net.relay("evil").stats.connections, 0);
  // Bob has no list yet: then hints count.
  await net.find(postsOf(bob));
  assert.equal(net.relay("evil").stats.connections, 1);
  await store.event(bob.relayList({ both: [GOOD] }));
  const { reqs } = net.relay("evil").stats;
  assert.deepEqual(await net.find(postsOf(bob)), [posts[1].id]);
  assert.equal(net.relay("evil").stats.reqs, reqs);
});

Deno.test("Outbox keeps what the user entered under a flood of hints about one person, also after a restart", async () => {
  await using db = await openSqlite(":memory:");
  for (const isFirst of [true, false]) {
    await using net = new PublicWorld(["good"], { store: db, relayInfo: false });
    const { outbox } = net.world;
    if (isFirst) outbox.hint(alice.pubkey, [GOOD]);
    const post = net.post("good", alice);
    for (let i = 0; i < 10; i++) {
      const urls = Array.from({ length: 100 }, (_, j) => publicUrl(`r${i}x${j}`));
      const tags = urls.flatMap((url) => [
        ["p", alice.pubkey, url],
        ["e", person(i), url, "", alice.pubkey],
        ["a", `30023:${alice.pubkey}:x`, url],
      ]);
      net.post(HUB, stranger, { tags, created_at: NOW + i });
      net.post(HUB, new Signer(100 + i), { kind: 3, tags });
      await outbox.find(nip19.nprofileEncode({ pubkey: alice.pubkey, relays: urls.slice(0, 20) }));
    }
    await net.find({ kinds: [1, 3], since: 1 });
    assert.deepEqual(await net.find(postsOf(alice)), [post.id]);
    const routes = await outbox.reqRouter([postsOf(alice)]);
    assert.ok(routes.has(GOOD));
    assert.ok(routes.size <= 4, `${routes.size}`);
  }
});

Deno.test("Outbox asks no indexer about people whom only a stranger's tags name", async () => {
  await using net = new PublicWorld([], { relayInfo: false });
  const tags = Array.from({ length: 400 }, (_, i) => ["p", person(i), EVIL]);
  net.post(HUB, stranger, { tags });
  net.post(HUB, carol, { kind: 3, tags });
  await net.find(postsOf(stranger), { kinds: [3], authors: [carol.pubkey] });
  const { filters } = net.relay(INDEXER).stats;
  await net.wait(3_600_000);
  assert.equal(net.relay(INDEXER).stats.filters, filters);
  assert.equal(net.relay("indexer").events.length, 0);
  assert.equal(net.elsewhere.stats.connections, 0);
});
