import assert from "node:assert/strict";
import { nip19 } from "nostr-tools";
import { openSqlite } from "../../src/db/sqlite.ts";
import { withHints } from "../../src/hints/with_hints.ts";
import { Signer } from "../../testing/signer.ts";
import { onlyUserOf } from "../support/only_user.ts";
import { PRIVATE } from "../support/private_urls.ts";
import { HUB, INDEXER, postsOf, publicUrl, PublicWorld } from "../support/public_world.ts";

/** Hints that point into the app's own network. */

const [bob, carol] = [2, 3].map((seed) => new Signer(seed));
const stranger = new Signer(66);
const HOSTS = [`${HUB}.example`, `${INDEXER}.example`];

Deno.test("Outbox contacts nobody in the app's own network, whatever source of hints names it", async () => {
  await using db = await openSqlite(":memory:");
  await using net = new PublicWorld([], { store: db, records: onlyUserOf(db) });
  const { world: { outbox } } = net;
  const id = stranger.sign({ content: "unseen" }).id;
  const page = "https://identity.example/.well-known/nostr.json?name=bob";
  const document = { names: { bob: bob.pubkey }, relays: { [bob.pubkey]: PRIVATE } };
  net.pages.set(page, () => Response.json(document));
  const person = { pubkey: bob.pubkey, relays: PRIVATE };
  const group = { kind: 39000, pubkey: bob.pubkey, identifier: "cats", relays: PRIVATE };
  for (
    const pasted of [
      nip19.nprofileEncode(person),
      nip19.neventEncode({ id, author: bob.pubkey, relays: PRIVATE }),
      nip19.naddrEncode(group),
      "bob@identity.example",
    ]
  ) {
    // The filter that find() makes carries its hints, too.
    await net.find({ ...await outbox.find(pasted), limit: 1 });
    await net.find({ ids: [id] }, await outbox.find(pasted));
  }
  for (const url of PRIVATE) {
    assert.throws(() => outbox.hint(bob.pubkey, [url]), TypeError, url);
    assert.throws(() => outbox.hint("group:cats", [url]), TypeError, url);
  }
  const urls = PRIVATE.filter((url) => url.length > 0);
  net.post(HUB, stranger, {
    tags: urls.flatMap((url) => [
      ["p", bob.pubkey, url],
      ["e", id, url, "root", carol.pubkey],
      ["q", id, url, carol.pubkey],
      ["a", `30023:${carol.pubkey}:x`, url],
      ["h", "cats", url],
    ]),
  });
  net.post(HUB, stranger, {
    kind: 3,
    content: JSON.stringify(Object.fromEntries(urls.map((url) => [url, { write: true }]))),
    tags: urls.map((url) => ["p", carol.pubkey, url]),
  });
  await net.find({ kinds: [1, 3], authors: [stranger.pubkey] });
  for (
    const hint of [urls, urls.map((url) => ({ subject: bob.pubkey, url, source: "hand" as const }))]
  ) {
    await net.find(withHints(postsOf(bob), hint));
    await net.find(withHints({ ids: [id] }, hint));
    await net.find(withHints({ kinds: [9], "#h": ["cats"] }, hint));
    await outbox.reqRouter([postsOf(bob)], {
      hints: urls.map((url) => ({ subject: bob.pubkey, url, source: "hand" })),
    });
  }
  await net.find(postsOf(bob, carol, stranger), { ids: [id] }, { kinds: [9], "#h": ["cats"] });
  await net.wait(7 * 3_600_000);
  assert.deepEqual(net.contacted, [...HOSTS, "identity.example"].sort());
  assert.equal(net.elsewhere.stats.connections, 0);
  // The outbox remembers none of these URLs, either.
  const kept = [...(await db.readRecords("hint")).values()].join();
  assert.deepEqual(new Set(kept.match(/\w+:\/\/[^"]*/g)), new Set([publicUrl(HUB)]));
});
