import { NPool } from "@nostrify/nostrify";
import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { nip19 } from "nostr-tools";
import { createOutbox } from "../src/create_outbox.ts";
import "./support/loaded_parts.ts";
import { openSqlite } from "../src/db/sqlite.ts";
import { filterOf } from "../src/hints/filter_of.ts";
import { Signer } from "../testing/signer.ts";
import { listEvent } from "./support/list_store.ts";
import { DEADLINE, World } from "./support/outbox_world.ts";
import { PeopleWorld } from "./support/people_world.ts";

const [alice, bob, carol] = [1, 2, 3].map((seed) => new Signer(seed));
const NOW = 1_700_000_000;
const HOUR_MS = 3_600_000;
const postsOf = (...people: Signer[]) => ({ kinds: [1], authors: people.map((p) => p.pubkey) });
const idsOf = (...events: readonly NostrEvent[]) => events.map(({ id }) => id).sort();

Deno.test("An empty Outbox finds the lists of people and every post of theirs", async () => {
  await using network = new PeopleWorld(3);
  const { relays: [a, b, c], hub } = network;
  network.list(alice, [a]);
  network.list(bob, [b, c]);
  const posts = [network.post(alice, a), network.post(bob, c), network.post(carol, hub)];
  assert.deepEqual(await network.find(postsOf(alice, bob, carol)), idsOf(...posts));
});

Deno.test("An empty Outbox finds its user's follows, and then their posts", async () => {
  await using network = new PeopleWorld(2, { user: alice.pubkey });
  const { relays: [home, other] } = network;
  network.list(alice, [home]);
  network.list(bob, [other]);
  home.seed([alice.sign({ kind: 3, tags: [["p", bob.pubkey]] })]);
  const post = network.post(bob, other);

  const [follows] = await network.world.query([{ kinds: [3], authors: [alice.pubkey] }]);
  const authors = follows.tags.map(([, pubkey]) => pubkey);
  assert.deepEqual(await network.find({ kinds: [1], authors }), [post.id]);
});

Deno.test("Outbox asks an indexer once for each person, whether it has a list or not", async () => {
  await using network = new PeopleWorld(1);
  network.list(alice, [network.relays[0]]);
  const { stats } = network.indexer;
  await network.find(postsOf(alice, bob));
  const { reqs } = stats;
  assert.ok(reqs > 0);
  await network.find(postsOf(alice, bob));
  await network.find(postsOf(bob), postsOf(alice));
  assert.equal(stats.reqs, reqs);
});

Deno.test("Outbox never takes an outage of the indexer for an empty world", async () => {
  await using network = new PeopleWorld(1);
  network.list(alice, [network.relays[0]]);
  const post = network.post(alice, network.relays[0]);
  await network.indexer.down();
  assert.deepEqual(await network.find(postsOf(alice)), []);
  network.indexer.up();
  // It may be left alone for a while for having failed.
  await network.wait(HOUR_MS);
  assert.deepEqual(await network.find(postsOf(alice)), [post.id]);
});

Deno.test("Outbox stores lists that pass by", async () => {
  await using network = new PeopleWorld(1);
  const { relays: [a], hub, world } = network;
  hub.seed([alice.relayList({ both: [a.url] })]);
  await world.query([{ kinds: [10002], since: 1 }]);
  await network.wait(1_000);
  const post = network.post(alice, a);
  assert.deepEqual(await network.find(postsOf(alice)), [post.id]);
});

Deno.test("NIP-19: Outbox find() of an nprofile leads to a person without a list", async () => {
  await using network = new PeopleWorld(1);
  const [a] = network.relays;
  const post = network.post(alice, a);
  const nprofile = nip19.nprofileEncode({ pubkey: alice.pubkey, relays: [a.url] });
  const filter = await network.world.outbox.find(`nostr:${nprofile}`);
  assert.deepEqual(filter, { authors: [alice.pubkey] });
  // It is remembered, also for filters that were made by hand.
  assert.deepEqual(await network.find(postsOf(alice)), [post.id]);
});

Deno.test("NIP-19: Outbox finds an event on the relays of its nevent, and where its author writes", async () => {
  await using network = new PeopleWorld(2);
  const { relays: [a, b] } = network;
  const posts = [network.post(alice, a), network.post(bob, b)];
  network.list(bob, [b]);
  const nevents = [
    nip19.neventEncode({ id: posts[0].id, relays: [a.url] }),
    nip19.neventEncode({ id: posts[1].id, author: bob.pubkey }),
  ];
  for (const [i, nevent] of nevents.entries()) {
    assert.deepEqual(await network.find(filterOf(nevent)), [posts[i].id]);
  }
});

Deno.test("Outbox hint() leads to people without a list", async () => {
  await using network = new PeopleWorld(1);
  const [a] = network.relays;
  const post = network.post(alice, a);
  network.world.outbox.hint(alice.pubkey, [a.url]);
  assert.deepEqual(await network.find(postsOf(alice)), [post.id]);
});

Deno.test("Outbox prefers a list to every hint", async () => {
  await using network = new PeopleWorld(2);
  const { relays: [a, b] } = network;
  network.world.outbox.hint(alice.pubkey, [b.url]);
  network.list(alice, [a]);
  const post = network.post(alice, a);
  network.post(alice, b);
  assert.deepEqual(await network.find(postsOf(alice)), [post.id]);
  assert.equal(b.stats.connections, 0);
});

Deno.test("Outbox requests an author without a list from the relay that delivered before", async () => {
  await using network = new PeopleWorld(1);
  const { relays: [a], world } = network;
  const first = network.post(alice, a);
  await world.query([{ ids: [first.id] }], [a.url]);
  const second = network.post(alice, a, { created_at: NOW + 1 });
  assert.deepEqual(await network.find(postsOf(alice)), idsOf(first, second));
});

Deno.test("Outbox does not take an indexer that has a profile for a relay with its author's posts", async () => {
  await using network = new PeopleWorld(0, { relaysPerAuthor: 1 });
  const { indexer, hub } = network;
  const profile = alice.sign({ kind: 0, content: "{}" });
  indexer.seed([profile]);
  const post = network.post(alice, hub);
  assert.deepEqual(await network.find({ kinds: [0], authors: [alice.pubkey] }), [profile.id]);
  assert.deepEqual(await network.find(postsOf(alice)), [post.id]);
});

Deno.test("Outbox discover() searches for lists, and reports its progress", async () => {
  const seen: unknown[] = [];
  await using network = new PeopleWorld(1, { onProgress: (progress) => seen.push(progress) });
  network.list(alice, [network.relays[0]]);
  const { outbox, clock } = network.world;
  const found = outbox.discover([alice.pubkey, bob.pubkey]);
  const { known, asked, missing, ...rest } = await clock.within(HOUR_MS, "it is over", found);
  assert.deepEqual({ known, asked, found: rest.found, missing }, {
    known: 0,
    asked: 2,
    found: 1,
    missing: 1,
  });
  assert.deepEqual(seen.at(-1), { known: 0, asked: 2, found: 1, missing: 1 });
});

Deno.test("Outbox discover() rejects with the signal's reason when it is aborted", async () => {
  await using network = new PeopleWorld(0);
  const signal = AbortSignal.abort(new Error("not any more"));
  const { outbox } = network.world;
  await assert.rejects(outbox.discover([alice.pubkey], { signal }), { message: "not any more" });
});

Deno.test("Outbox explain() plans by what is stored, and connects to no relay", async () => {
  await using network = new PeopleWorld(1, { user: carol.pubkey });
  const { relays: [a], hub, indexer, world } = network;
  await world.outbox.store.event(alice.relayList({ both: [a.url] }));
  const { plan } = await world.outbox.explain([postsOf(alice, bob)]);
  assert.deepEqual(plan.subjects.map(({ reason }) => reason), ["list", "no-list"]);
  for (const relay of [a, hub, indexer]) assert.equal(relay.stats.connections, 0);
});

Deno.test("Outbox routers reject with the signal's reason when aborted, and the search goes on", async () => {
  await using network = new PeopleWorld(1);
  network.list(alice, network.relays);
  const { outbox } = network.world;
  for (
    const call of [
      (opts: { signal: AbortSignal }) => outbox.reqRouter([postsOf(alice)], opts),
      (opts: { signal: AbortSignal }) => outbox.eventRouter(bob.sign(), opts),
    ]
  ) {
    const controller = new AbortController();
    const routes = call(controller);
    controller.abort(new Error("never mind"));
    await assert.rejects(routes, { message: "never mind" });
  }
  const relaysOfAlice = async () => [...(await outbox.reqRouter([postsOf(alice)])).keys()];
  // While her list is looked for, the fallback relay stands in.
  assert.deepEqual(await relaysOfAlice(), [network.hub.url]);
  await network.wait(1_000);
  assert.deepEqual(await relaysOfAlice(), [network.relays[0].url]);
});

Deno.test("Outbox searches for nobody again after a restart", async () => {
  await using db = await openSqlite(":memory:");
  await using network = new PeopleWorld(1, { store: db });
  const { relays: [a], indexer, world } = network;
  network.list(alice, [a]);
  const post = network.post(alice, a);
  await network.find(postsOf(alice, bob));
  await world.outbox.close();
  const { reqs } = indexer.stats;

  await using outbox = createOutbox({
    store: db,
    indexerRelays: [indexer.url],
    clock: world.clock,
    policy: { allowLocal: true, allowInsecure: true },
    relayInfo: false,
    fallbackRelays: [network.hub.url],
  });
  await using pool = new NPool(outbox);
  const found = pool.query([postsOf(alice, bob)]);
  assert.deepEqual(idsOf(...await world.clock.within(HOUR_MS, "it is found", found)), [post.id]);
  assert.equal(indexer.stats.reqs, reqs);
});

Deno.test("An Outbox lets a wrong hint lose rank, and asks the next best relay", async () => {
  await using network = new PeopleWorld(2);
  const { relays: [wrong, right], hub, world } = network;
  const known = network.post(carol, hub);
  const post = network.post(carol, right);
  hub.seed([bob.sign({ tags: [["p", carol.pubkey, right.url]] })]);
  await network.find(postsOf(bob));
  world.outbox.hint(carol.pubkey, [wrong.url]);
  assert.deepEqual(await network.find(postsOf(carol)), [known.id]);
  assert.deepEqual(await network.find(postsOf(carol)), idsOf(known, post));
});

Deno.test("An empty Outbox finds the lists of 1,000 people with four requests to each of two indexers, and again with none", async () => {
  const people = Array.from({ length: 1_000 }, (_, i) => (i + 1).toString(16).padStart(64, "0"));
  const lists = people.map((pubkey) => listEvent(pubkey));
  await using world = new World({
    living: 3,
    options: ([a, b, hub]) => ({
      indexerRelays: [a.url, b.url],
      fallbackRelays: [hub.url],
      relayInfo: false,
      verifyEvent: () => true,
    }),
  });
  const [a, b, hub] = world.living;
  for (const indexer of [a, b]) indexer.seed(lists);
  const discover = () => world.clock.within(DEADLINE, "it ends", world.outbox.discover(people));
  assert.equal((await discover()).found, 1_000);
  assert.deepEqual([a, b, hub].map(({ stats }) => stats.reqs), [4, 4, 0]);
  assert.equal((await discover()).known, 1_000);
  assert.deepEqual([a, b, hub].map(({ stats }) => stats.reqs), [4, 4, 0]);
});
