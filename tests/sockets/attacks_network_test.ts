import assert from "node:assert/strict";
import { Signer } from "../../testing/signer.ts";
import { PRIVATE } from "../support/private_urls.ts";
import { HUB, INDEXER, postsOf, publicUrl, PublicWorld } from "../support/public_world.ts";

/** Lists and relays that point into the app's own network. */

const [alice, bob] = [1, 2].map((seed) => new Signer(seed));
const HOSTS = [`${HUB}.example`, `${INDEXER}.example`];

Deno.test("Outbox contacts nobody in the app's own network, whatever kind of list names it", async () => {
  await using net = new PublicWorld([], { user: alice.pubkey });
  const { world } = net;
  for (const person of [alice, bob]) net.list(person, PRIVATE);
  for (const kind of [10050, 10007, 10013]) {
    for (const person of [alice, bob]) net.listOf(kind, person, PRIVATE);
  }
  const groups = PRIVATE.map((url, i) => ["group", `group${i}`, url]);
  net.listOf(10009, alice, [], { tags: [...groups, ...PRIVATE.map((url) => ["r", url])] });

  const post = net.post(HUB, bob);
  assert.deepEqual(await net.find(postsOf(alice, bob)), [post.id]);
  await net.find({ kinds: [0, 3, 10002], authors: [bob.pubkey] });
  await net.find({ kinds: [1], "#p": [bob.pubkey] });
  await net.find({ search: "cats" });
  await net.find({ kinds: [9], "#h": groups.map(([, id]) => id) });
  await net.find({ kinds: [31234], authors: [alice.pubkey] });
  const mention = alice.sign({ tags: [["p", bob.pubkey]] });
  await world.event(mention);
  assert.ok(net.relay(HUB).has(mention.id));
  await world.event(alice.relayList({ both: PRIVATE }, { created_at: 1_700_000_001 }));
  for (
    const bound of [
      alice.sign({ kind: 1059, tags: [["p", bob.pubkey]] }),
      alice.sign({ kind: 9, tags: [["h", "group0"]] }),
      alice.sign({ kind: 9, tags: [["h", "group0", PRIVATE[0]]] }),
      alice.sign({ kind: 31234, tags: [["d", "x"]] }),
      alice.sign({ kind: 62, tags: PRIVATE.map((url) => ["relay", url]) }),
      alice.sign({ tags: [["-"]] }),
    ]
  ) await assert.rejects(world.event(bound), { name: "RoutingError" }, `kind ${bound.kind}`);
  await net.wait(7 * 3_600_000);
  assert.deepEqual(net.contacted, HOSTS);
  assert.equal(net.elsewhere.stats.connections, 0);
});

Deno.test("Outbox follows no relay that redirects its clients, and asks the other relays", async () => {
  await using net = new PublicWorld(["good"]);
  await using inside = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => assert.fail("nobody is to come here"),
  );
  const location = `http://127.0.0.1:${inside.addr.port}/`;
  await using moved = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(null, { status: 307, headers: { location } }),
  );
  net.places.set(publicUrl("moved"), `ws://127.0.0.1:${moved.addr.port}/`);
  net.list(bob, [publicUrl("moved"), publicUrl("good")]);
  const post = net.post("good", bob);
  assert.deepEqual(await net.find(postsOf(bob)), [post.id]);
  assert.ok(net.opened.includes(publicUrl("moved")));
});
