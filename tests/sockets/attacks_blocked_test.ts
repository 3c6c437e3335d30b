import assert from "node:assert/strict";
import { nip19 } from "nostr-tools";
import { withHints } from "../../src/hints/with_hints.ts";
import { Signer } from "../../testing/signer.ts";
import { eventually } from "../support/eventually.ts";
import { HUB, INDEXER, postsOf, publicUrl, PublicWorld } from "../support/public_world.ts";

/** Relays that the user blocks and everybody else names. */

const [alice, bob, carol] = [1, 2, 3].map((seed) => new Signer(seed));
const stranger = new Signer(66);
const HOUR_MS = 3_600_000;
const EVIL = publicUrl("evil");

/** The same relay, as strangers may spell it. */
const SPELLINGS = [
  EVIL,
  "WSS://EVIL.example",
  "wss://evil.example:443/",
  "wss://evil.example./",
  "wss://evil.example/path",
  "wss://evil.example/?x=1#y",
  "wss://evil%2eexample/",
  "wss://ｅｖｉｌ.example/",
  " wss://evil.example/\u200b",
];

Deno.test("NIP-51: Outbox never contacts a blocked relay, however it is spelled and whatever source names it", async () => {
  await using net = new PublicWorld(["evil", "good"], { user: alice.pubkey });
  const { world: { outbox }, world } = net;
  net.list(alice, [publicUrl("good")]);
  net.listOf(10006, alice, [EVIL]);
  const id = stranger.sign({ content: "unseen" }).id;
  net.pages.set(
    "https://identity.example/.well-known/nostr.json?name=bob",
    () => Response.json({ names: { bob: bob.pubkey }, relays: { [bob.pubkey]: SPELLINGS } }),
  );
  net.list(carol, SPELLINGS);
  for (const person of [alice, carol]) {
    net.listOf(10050, person, SPELLINGS);
    net.listOf(10007, person, SPELLINGS);
  }
  net.post(HUB, stranger, {
    tags: SPELLINGS.flatMap((url) => [
      ["p", bob.pubkey, url],
      ["e", id, url, "root", bob.pubkey],
      ["h", "cats", url],
    ]),
  });
  net.post(HUB, stranger, { kind: 3, tags: SPELLINGS.map((url) => ["p", bob.pubkey, url]) });
  const unseen = net.post("evil", bob);

  await net.find(postsOf(alice), { kinds: [1, 3], authors: [stranger.pubkey] });
  const nprofile = nip19.nprofileEncode({ pubkey: bob.pubkey, relays: SPELLINGS });
  for (const text of [nprofile, "bob@identity.example"]) {
    assert.deepEqual(await net.find(await outbox.find(text)), []);
  }
  outbox.hint(bob.pubkey, SPELLINGS);
  outbox.hint("group:cats", [EVIL]);
  outbox.hint(`id:${id}`, [EVIL]);
  await net.find(withHints({ ...postsOf(bob, carol) }, SPELLINGS));
  await net.find(withHints({ ids: [id, unseen.id] }, SPELLINGS));
  await net.find({ kinds: [0, 10002], authors: [bob.pubkey, carol.pubkey] });
  await net.find({ kinds: [9], "#h": ["cats"] });
  await net.find({ search: "cats" });
  await net.find({ kinds: [1059], "#p": [alice.pubkey] });
  assert.deepEqual(await world.query([postsOf(bob)], [EVIL]), []);
  // No request has a place for it, either.
  const routes = await outbox.reqRouter([postsOf(bob, carol)]);
  assert.deepEqual([...routes.keys()], [publicUrl(HUB)]);
  await world.event(alice.sign({ tags: [["p", bob.pubkey, EVIL], ["p", carol.pubkey]] }));
  await world.event(alice.relayList({ both: SPELLINGS }, { created_at: 1_700_000_001 }));
  await net.find(postsOf(bob, carol));
  await net.wait(7 * HOUR_MS);
  assert.equal(net.relay("evil").stats.connections, 0);
  const known = [HUB, INDEXER, "good", "identity"].map((name) => `${name}.example`);
  assert.deepEqual(net.contacted, known.sort());
});

Deno.test("NIP-51: Outbox leaves a relay that a late block list names, and never returns to it", async () => {
  await using net = new PublicWorld(["evil", "good"], { user: alice.pubkey });
  const { outbox: { store } } = net.world;
  net.list(bob, [EVIL, publicUrl("good")]);
  await using feed = net.world.req([postsOf(bob)]);
  await feed.end();
  assert.equal(net.relay("evil").open, 1);
  await store.event(alice.sign({ kind: 10006, tags: [["relay", EVIL]] }));
  await eventually("the outbox left it", () => net.relay("evil").open === 0);
  const { connections } = net.relay("evil").stats;
  // Lists that come later still name it.
  for (let n = 1; n <= 5; n++) {
    const urls = [EVIL, publicUrl("good"), publicUrl(`other${n}`)];
    await store.event(bob.relayList({ both: urls }, { created_at: 1_700_000_000 + n }));
    await net.wait(60_000);
  }
  assert.equal(net.relay("evil").stats.connections, connections);
  const post = bob.sign({ content: "still heard" });
  net.relay("good").publish(post);
  await feed.event(post.id);
});
