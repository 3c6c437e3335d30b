import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { nip19 } from "nostr-tools";
import { openSqlite } from "../../src/db/sqlite.ts";
import type { Hint } from "../../src/hints/hint.ts";
import { withHints } from "../../src/hints/with_hints.ts";
import { Signer } from "../../testing/signer.ts";
import { unsigned } from "../support/list_store.ts";
import { HUB, postsOf, publicUrl, PublicWorld } from "../support/public_world.ts";

/** Floods of hints: more than an outbox has room for. */

const [alice, bob] = [1, 2].map((seed) => new Signer(seed));
const GOOD = publicUrl("good");
const person = (n: number) => n.toString(16).padStart(64, "0");
/** The signature of unsigned events, which one of these worlds accepts. */
const NO_SIGNATURE = "0".repeat(128);

/** Follow lists of so many people each, and posts with so many tags, that name relays. */
function* flood(lists: number, posts: number): Generator<NostrEvent> {
  let n = 1_000_000;
  for (let i = 0; i < lists; i++) {
    const tags = Array.from(
      { length: 5_000 },
      () => ["p", person(n++), publicUrl(`r${n % 9_999}`)],
    );
    yield unsigned(person(i), { kind: 3, tags });
  }
  for (let i = 0; i < posts; i++) {
    const tags = Array.from({ length: 500 }, () => ["e", person(n++), publicUrl(`r${n % 9_999}`)]);
    yield unsigned(person(i), { kind: 1, tags });
  }
}

Deno.test("Outbox keeps hints about requested people, and 20,000 records, under a flood of 100,000 hints about strangers", async () => {
  await using db = await openSqlite(":memory:");
  await using net = new PublicWorld(["good"], {
    store: db,
    relayInfo: false,
    verifyEvent: ({ sig }) => sig === NO_SIGNATURE,
  });
  const { world, world: { outbox } } = net;
  outbox.hint(alice.pubkey, [GOOD]);
  net.relay(HUB).seed([unsigned(person(7), { kind: 1, tags: [["p", bob.pubkey, GOOD]] })]);
  await net.find({ kinds: [1], authors: [person(7)] }, postsOf(alice, bob));
  const posts = [alice, bob].map(({ pubkey }) => unsigned(pubkey, { kind: 1 }));
  net.relay("good").seed(posts);
  assert.equal((await net.find(postsOf(alice, bob))).length, 2);

  net.relay(HUB).seed(flood(14, 60));
  const seen = await world.query([{ kinds: [1, 3], since: 1 }]);
  assert.equal(seen.length, 14 + 60 + 1);
  const reqs = net.elsewhere.stats.reqs;
  assert.equal((await net.find(postsOf(alice, bob))).length, 2);
  assert.equal(net.elsewhere.stats.reqs, reqs);
  await net.wait(60_000);
  const hints = await db.readRecords("hint");
  assert.ok(hints.size <= 20_000 && hints.size > 15_000, `${hints.size}`);
  for (const { pubkey } of [alice, bob]) assert.match(hints.get(pubkey)!, /good\.example/);
  const lengths = [...hints.values()].map((text) => text.length);
  assert.ok(Math.max(...lengths) <= 1_000);
  for (const topic of ["relay", "list", "spread"] as const) {
    assert.ok((await db.readRecords(topic)).size <= 50, topic);
  }
});

Deno.test("Outbox.reqRouter() uses three relays of a million that hints attach to a filter or pass with it", async () => {
  await using net = new PublicWorld(["good"], { relayInfo: false, maxRelays: 5 });
  const { outbox } = net.world;
  const urls = Array.from({ length: 1_000_000 }, (_, i) => publicUrl(`r${i}`));
  const attached = await outbox.reqRouter([withHints(postsOf(alice), urls)]);
  assert.ok(attached.size <= 4, `${attached.size}`);
  const hints = urls.slice(0, 100_000).map((url): Hint => ({
    subject: bob.pubkey,
    url,
    source: "hand",
  }));
  const given = await outbox.reqRouter([postsOf(bob)], { hints });
  assert.ok(given.size <= 4, `${given.size}`);
  // The outbox remembers none of these hints.
  assert.deepEqual([...(await outbox.reqRouter([postsOf(alice, bob)])).keys()], [publicUrl(HUB)]);
});

Deno.test("Outbox.find() of a code with a hundred relays leads to three of them", async () => {
  await using net = new PublicWorld([], { relayInfo: false, maxInboxes: 20 });
  const { outbox } = net.world;
  const relays = Array.from({ length: 100 }, (_, i) => publicUrl(`r${i}`));
  await outbox.find(nip19.nprofileEncode({ pubkey: alice.pubkey, relays }));
  const routes = await outbox.reqRouter([postsOf(alice)]);
  assert.ok(routes.size <= 4, `${routes.size}`);
  const inboxes = await outbox.eventRouter(bob.sign({ tags: [["p", alice.pubkey]] }));
  assert.equal(inboxes.length, 4, "three, and the fallback relay");
  for (
    const junk of ["a.".repeat(50_000) + " b", "n".repeat(1_000_000), "nprofile1" + "q".repeat(1e6)]
  ) {
    await assert.rejects(outbox.find(junk), TypeError);
  }
});
