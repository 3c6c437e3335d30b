import assert from "node:assert/strict";
import { nip19 } from "nostr-tools";
import { withHints } from "../../src/hints/with_hints.ts";
import { Signer } from "../../testing/signer.ts";
import { HUB, INDEXER, postsOf, publicUrl, PublicWorld } from "../support/public_world.ts";

/** Gift wraps and groups that strangers try to lead to their own relays. */

const [alice, bob, carol] = [1, 2, 3].map((seed) => new Signer(seed));
const [stranger, once] = [66, 99].map((seed) => new Signer(seed));
const HOUR_MS = 3_600_000;
const EVIL = publicUrl("evil");

Deno.test("NIP-17: Outbox sends a gift wrap to the relays of a kind 10050 list alone, whatever else names relays", async () => {
  await using net = new PublicWorld(["dm", "inbox", "evil"]);
  const { world, world: { outbox } } = net;
  for (const person of [bob, carol]) {
    net.list(person, [publicUrl("inbox"), EVIL]);
    outbox.hint(person.pubkey, [EVIL]);
  }
  net.listOf(10050, bob, [publicUrl("dm")]);
  // The wrap must not go to the relays of its own pubkey, either.
  await outbox.store.event(once.relayList({ both: [EVIL] }));
  // A stranger's list, and two that the stranger forged.
  const forged = stranger.sign({ kind: 10050, tags: [["relay", EVIL]], created_at: 1_700_000_009 });
  net.relay(INDEXER).seed([forged, { ...forged, pubkey: bob.pubkey }, {
    ...forged,
    pubkey: carol.pubkey,
  }]);
  net.post(HUB, stranger, { tags: [bob, carol].map(({ pubkey }) => ["p", pubkey, EVIL]) });
  await net.find(postsOf(stranger, bob, carol));

  const tags = [["p", bob.pubkey, EVIL], ["e", stranger.sign().id, EVIL], ["relay", EVIL], [
    "h",
    "cats",
    EVIL,
  ]];
  for (const kind of [1059, 21059]) {
    const wrap = once.sign({ kind, content: "sealed", tags });
    await world.event(wrap);
    const holders = ["dm", "inbox", "evil", HUB, INDEXER].filter((name) =>
      net.relay(name).has(wrap.id)
    );
    assert.deepEqual(holders, kind === 1059 ? ["dm"] : []);
    const notReady = once.sign({ kind, content: "sealed", tags: [["p", carol.pubkey, EVIL]] });
    await assert.rejects(world.event(notReady), { name: "RoutingError", message: /not ready/ });
  }
  await net.wait(HOUR_MS);
  const received = (name: string) => net.relay(name).stats.eventsReceived;
  assert.deepEqual(["dm", "inbox", "evil", HUB, INDEXER].map(received), [2, 0, 0, 0, 0]);
});

Deno.test("NIP-17: Outbox requests gift wraps from the relays of the list alone, in spite of hints", async () => {
  await using net = new PublicWorld(["dm", "evil"]);
  const { outbox } = net.world;
  const asked: string[] = [];
  for (const name of ["evil", HUB, INDEXER]) {
    net.relay(name).options.intercept = ([verb, , ...filters]) => {
      if (verb === "REQ" && JSON.stringify(filters).includes("1059")) asked.push(name);
      return false;
    };
  }
  net.list(bob, [EVIL]);
  net.listOf(10050, bob, [publicUrl("dm")]);
  outbox.hint(bob.pubkey, [EVIL]);
  const wrap = net.post("dm", once, { kind: 1059, tags: [["p", bob.pubkey]] });
  net.post("evil", once, { kind: 1059, tags: [["p", bob.pubkey]], content: "bait" });
  const filter = { kinds: [1059], "#p": [bob.pubkey, carol.pubkey] };
  assert.deepEqual(await net.find(withHints(filter, [EVIL])), [wrap.id]);
  assert.deepEqual(asked, []);
});

Deno.test("NIP-29: Outbox learns the host of a group from the user, or from a link that they open, alone", async () => {
  await using net = new PublicWorld(["evil", "host"], { user: alice.pubkey });
  const { world, world: { outbox } } = net;
  const tags = [["h", "cats", EVIL], ["group", "cats", EVIL], ["d", "cats"]];
  for (const kind of [1, 9, 11, 10009, 39000]) {
    net.post(HUB, stranger, { kind, tags, content: `${kind}` });
    net.post(INDEXER, stranger, { kind, tags, content: `${kind}` });
  }
  await net.find({ authors: [stranger.pubkey] }, { "#h": ["cats"] }, {
    kinds: [39000],
    "#d": ["cats"],
  });
  const message = alice.sign({ kind: 9, tags: [["h", "cats"]] });
  await assert.rejects(world.event(message), {
    name: "RoutingError",
    message: /host is not known/,
  });
  await net.find({ kinds: [9], "#h": ["cats"] });
  assert.equal(net.relay("evil").stats.connections, 0);

  const address = { kind: 39000, pubkey: bob.pubkey, identifier: "cats" };
  await outbox.find(nip19.naddrEncode({ ...address, relays: [publicUrl("host")] }));
  await net.find({ authors: [stranger.pubkey] }, { "#h": ["cats"] });
  await world.event(message);
  assert.ok(net.relay("host").has(message.id));
  assert.ok(!net.relay(HUB).has(message.id));
  assert.equal(net.relay("evil").stats.connections, 0);
});
