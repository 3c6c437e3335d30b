import { NCache, NPool } from "@nostrify/nostrify";
import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { createOutbox } from "../src/create_outbox.ts";
import "./support/loaded_parts.ts";
import { Signer } from "../testing/signer.ts";
import { eventually } from "./support/eventually.ts";
import { PeopleWorld } from "./support/people_world.ts";

const [alice, bob] = [1, 2].map((seed) => new Signer(seed));
const NOW = 1_700_000_000;
const MINUTE_MS = 60_000;
/** A key that is used once, as for every gift wrap. */
const once = new Signer(99);
const wrapFor = (person: Signer) =>
  once.sign({ kind: 1059, tags: [["p", person.pubkey]], content: "sealed" });
const postsOf = (...people: Signer[]) => ({ kinds: [1], authors: people.map((p) => p.pubkey) });

Deno.test("NIP-17: a gift wrap goes to its recipient's kind 10050 relays, and is read there", async () => {
  await using network = new PeopleWorld(2);
  const { relays: [dm, inbox], hub, indexer, world } = network;
  network.listOf(10050, bob, [dm]);
  network.list(bob, [inbox]);
  const wrap = wrapFor(bob);
  await world.event(wrap);
  assert.ok(dm.has(wrap.id));
  for (const other of [inbox, hub, indexer]) assert.ok(!other.has(wrap.id));

  const reqs = [inbox.stats.reqs, hub.stats.reqs];
  assert.deepEqual(await network.find({ kinds: [1059], "#p": [bob.pubkey] }), [wrap.id]);
  assert.deepEqual([inbox.stats.reqs, hub.stats.reqs], reqs);
});

Deno.test("NIP-17: a request by #p without kinds brings mentions, and gift wraps from every relay for them", async () => {
  await using network = new PeopleWorld(5);
  const { relays: [one, two, three, inbox, home], world } = network;
  network.listOf(10050, bob, [one, two, three]);
  network.list(bob, [inbox]);
  network.list(alice, [home]);
  const mention = alice.sign({ tags: [["p", bob.pubkey]] });
  await world.event(mention);
  const wraps = [one, two, three].map((relay, i) => {
    const wrap = once.sign({ kind: 1059, tags: [["p", bob.pubkey]], content: `sealed ${i}` });
    relay.seed([wrap]);
    return wrap;
  });
  const found = await network.find({ "#p": [bob.pubkey] });
  assert.deepEqual(found.toSorted(), [mention.id, ...wraps.map(({ id }) => id)].sort());
});

Deno.test("NIP-17: a gift wrap for a user without a kind 10050 list rejects with the reason", async () => {
  await using network = new PeopleWorld(1);
  network.list(bob, network.relays);
  const wrap = wrapFor(bob);
  await assert.rejects(network.world.event(wrap), { name: "RoutingError", message: /not ready/ });
  for (const relay of network.world.living) assert.ok(!relay.has(wrap.id));
});

Deno.test("NIP-51: relays that the user blocks are never connected to, whoever names them", async () => {
  await using network = new PeopleWorld(3, { user: alice.pubkey });
  const { relays: [home, blocked, other], world } = network;
  network.list(alice, [home]);
  network.listOf(10006, alice, [blocked]);
  network.list(bob, [blocked, other]);
  const post = network.post(bob, other);
  network.post(bob, blocked, { content: "unseen" });
  world.outbox.hint(bob.pubkey, [blocked.url]);
  assert.deepEqual(await network.find(postsOf(bob)), [post.id]);
  const mention = alice.sign({ tags: [["p", bob.pubkey, blocked.url]] });
  await world.event(mention);
  assert.ok(!(await world.outbox.eventRouter(mention)).includes(blocked.url));
  assert.deepEqual(await world.query([postsOf(bob)], [blocked.url]), []);
  assert.equal(blocked.stats.connections, 0);
});

Deno.test("NIP-51: blocked fallback relays and indexers are never connected to", async () => {
  await using network = new PeopleWorld(1, { user: alice.pubkey });
  const { hub, indexer, world } = network;
  await world.outbox.store.event(
    alice.sign({ kind: 10006, tags: [["relay", hub.url], ["relay", indexer.url]] }),
  );
  await network.find(postsOf(bob));
  assert.equal(hub.stats.connections + indexer.stats.connections, 0);
});

Deno.test("NIP-51, NIP-29: a blocked host of the user's own group is still the group's host", async () => {
  await using network = new PeopleWorld(1, { user: alice.pubkey });
  const { relays: [host], world } = network;
  network.listOf(10006, alice, [host]);
  network.indexer.seed([alice.sign({ kind: 10009, tags: [["group", "cats", host.url]] })]);
  const message = alice.sign({ kind: 9, tags: [["h", "cats"]] });
  await world.event(message);
  assert.ok(host.has(message.id));
  assert.deepEqual(await network.find({ kinds: [9], "#h": ["cats"] }), [message.id]);
  assert.ok(!network.hub.has(message.id));
});

Deno.test("NIP-51, NIP-50: a search goes to the user's search relays", async () => {
  await using network = new PeopleWorld(1, { user: alice.pubkey });
  const { relays: [search], hub } = network;
  network.listOf(10007, alice, [search]);
  await network.find(postsOf(alice));
  const { reqs } = hub.stats;
  await network.find({ search: "cats" });
  assert.equal(search.stats.reqs, 1);
  assert.equal(hub.stats.reqs, reqs);
});

Deno.test("NIP-37: drafts go to the private relays that the signer decrypts, and are read there", async () => {
  const decrypt = (pubkey: string, text: string) => {
    assert.equal(pubkey, alice.pubkey);
    return Promise.resolve(text.slice("sealed:".length));
  };
  await using network = new PeopleWorld(2, {
    user: alice.pubkey,
    signer: { nip44: { decrypt } },
  });
  const { relays: [home, secret], world } = network;
  network.list(alice, [home]);
  const content = `sealed:${JSON.stringify([["relay", secret.url]])}`;
  network.indexer.seed([alice.sign({ kind: 10013, content })]);
  const draft = alice.sign({ kind: 31234, tags: [["d", "x"]], content: "sealed" });
  await world.event(draft);
  assert.ok(secret.has(draft.id));
  assert.ok(!home.has(draft.id));
  const filter = { kinds: [31234], authors: [alice.pubkey] };
  assert.deepEqual(await network.find(filter), [draft.id]);
});

Deno.test("NIP-65: after publishing, the author's list reaches every relay that got the event, once", async () => {
  await using network = new PeopleWorld(2);
  const { relays: [home, inbox], world } = network;
  const list = network.list(alice, [home]);
  network.list(bob, [inbox]);
  await world.event(alice.sign({ tags: [["p", bob.pubkey]] }));
  await eventually("both have the list", () => home.has(list.id) && inbox.has(list.id));
  const received = () => home.stats.eventsReceived + inbox.stats.eventsReceived;
  const before = received();
  await world.event(alice.sign({ tags: [["p", bob.pubkey]], content: "again" }));
  await network.wait(MINUTE_MS);
  assert.equal(received() - before, 2);
});

Deno.test("NIP-65: an author moves relays, and every follower follows", async () => {
  await using network = new PeopleWorld(4);
  const { relays: [former, next, home, inbox], indexer, hub, world } = network;
  network.list(alice, [former]);
  network.list(bob, [home, inbox]);
  const old = network.post(alice, former);

  // A follower with a store of their own, and a feed that is open.
  await using follower = createOutbox({
    indexerRelays: [indexer.url],
    fallbackRelays: [hub.url],
    policy: { allowLocal: true, allowInsecure: true },
    relayInfo: false,
    clock: world.clock,
    random: () => 0.5,
    refreshAfter: MINUTE_MS,
  });
  await using feed = new NPool(follower);
  const seen: string[] = [];
  const controller = new AbortController();
  const reading = (async () => {
    for await (const [verb, , event] of feed.req([postsOf(alice)], controller)) {
      if (verb === "EVENT") seen.push(event.id);
    }
  })();
  await eventually("the old post is there", () => seen.includes(old.id));

  // Alice moves: her app publishes a new list.
  const moved = alice.relayList({ both: [next.url] }, { created_at: NOW + 60 });
  await world.event(moved);
  await eventually(
    "the new list is where the old one was, where it points to, and at the indexer",
    () => [former, next, indexer].every((relay) => relay.has(moved.id)),
  );
  const post = alice.sign({ created_at: NOW + 120, content: "here I am" });
  await world.event(post);
  assert.ok(next.has(post.id) && !former.has(post.id));

  // The follower notices by itself, and the open feed goes on at the new relay.
  await network.wait(3 * MINUTE_MS);
  await eventually("the new post is there", () => seen.includes(post.id));
  const later = alice.sign({ created_at: NOW + 180, content: "and on" });
  await world.event(later);
  await eventually("and what comes after it", () => seen.includes(later.id));
  assert.equal(new Set(seen).size, seen.length);
  controller.abort();
  await assert.rejects(reading, { name: "AbortError" });
});

Deno.test("An Outbox searches the user's own indexers (kind 10086), too", async () => {
  await using network = new PeopleWorld(2, { user: alice.pubkey });
  const { relays: [mine, home], world } = network;
  await world.outbox.store.event(alice.sign({ kind: 10086, tags: [["relay", mine.url]] }));
  mine.seed([bob.relayList({ both: [home.url] })]);
  const post = network.post(bob, home);
  assert.deepEqual(await network.find(postsOf(bob)), [post.id]);
  const profile = bob.sign({ kind: 0 });
  mine.seed([profile]);
  assert.deepEqual(await network.find({ kinds: [0], authors: [bob.pubkey] }), [profile.id]);
});

Deno.test("NIP-29: a group that moves is read from, and written to, the host in the user's newest list", async () => {
  await using network = new PeopleWorld(2, { user: alice.pubkey });
  const { relays: [before, after], world } = network;
  const hosted = (url: string, created_at: number) =>
    alice.sign({ kind: 10009, tags: [["group", "cats", url]], created_at });
  const messages = [before, after].map((host) =>
    network.post(bob, host, { kind: 9, tags: [["h", "cats"]] })
  );
  const wanted = { kinds: [9], "#h": ["cats"] };
  await world.outbox.store.event(hosted(before.url, NOW));
  assert.deepEqual(await network.find(wanted), [messages[0].id]);
  await world.outbox.store.event(hosted(after.url, NOW + 1));
  assert.deepEqual(await network.find(wanted), [messages[1].id]);
  const message = alice.sign({ kind: 9, tags: [["h", "cats"]] });
  await world.event(message);
  assert.deepEqual([before, after].map((host) => host.has(message.id)), [false, true]);
});

Deno.test("NPool.event() of a relay list resolves once the list counts for what is published next", async () => {
  /** A store that takes its time to write. */
  class SlowStore extends NCache {
    override async event(event: NostrEvent): Promise<void> {
      await network.wait(50);
      await super.event(event);
    }
  }
  await using network = new PeopleWorld(1, { store: new SlowStore({ max: 10 }) });
  const { relays: [home], world } = network;
  await world.event(alice.relayList({ both: [home.url] }));
  const post = alice.sign();
  assert.deepEqual(await world.outbox.eventRouter(post), [home.url]);
  await world.event(post);
  assert.ok(home.has(post.id));
});
