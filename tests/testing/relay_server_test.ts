import type { NostrEvent, NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { matchFilter } from "nostr-tools";
import { EventIndex, newestFirst } from "../../testing/event_index.ts";
import { RelayServer } from "../../testing/relay_server.ts";
import { Signer } from "../../testing/signer.ts";
import { RawClient } from "../support/raw_client.ts";

const alice = new Signer(1);
const bob = new Signer(2);

/** Posts of the same author, the newest first. */
function posts(signer: Signer, count: number): NostrEvent[] {
  return Array.from(
    { length: count },
    (_, i) => signer.sign({ created_at: 1_700_000_000 - i }),
  );
}

Deno.test("RelayServer answers newest first, cut at its cap, and sends EOSE as if complete", async () => {
  await using relay = RelayServer.start({ cap: 2 });
  const [newest, middle, oldest] = posts(alice, 3);
  relay.seed([oldest, newest, middle]);
  await using client = await RawClient.connect(relay.url);

  client.send(["REQ", "a", { kinds: [1] }]);
  assert.deepEqual(await client.answer(), {
    ids: [newest.id, middle.id],
    end: ["EOSE", "a"],
  });
  client.send(["REQ", "b", { authors: [alice.pubkey], limit: 1 }]);
  assert.deepEqual(await client.answer(), {
    ids: [newest.id],
    end: ["EOSE", "b"],
  });
  client.send(["REQ", "c", { until: oldest.created_at, limit: 0 }]);
  assert.deepEqual(await client.answer(), { ids: [], end: ["EOSE", "c"] });
});

Deno.test("RelayServer caps each filter by itself and sends an event once per REQ", async () => {
  await using relay = RelayServer.start({ cap: 1 });
  const [first] = posts(alice, 2);
  const [second] = posts(bob, 2);
  relay.seed([...posts(alice, 2), ...posts(bob, 2)]);
  await using client = await RawClient.connect(relay.url);

  client.send([
    "REQ",
    "a",
    { authors: [alice.pubkey] },
    { authors: [bob.pubkey] },
    { ids: [first.id] },
  ]);
  assert.deepEqual(await client.answer(), {
    ids: [first.id, second.id],
    end: ["EOSE", "a"],
  });
  const { connections, reqs, filters, eventsSent } = relay.stats;
  assert.deepEqual([connections, reqs, filters, eventsSent], [1, 1, 3, 2]);
});

Deno.test("RelayServer closes a REQ with too many filters, or with a malformed filter", async () => {
  await using relay = RelayServer.start({ maxFilters: 2 });
  await using client = await RawClient.connect(relay.url);
  client.send(["REQ", "a", {}, {}, {}]);
  assert.deepEqual(await client.next(), [
    "CLOSED",
    "a",
    "error: too many filters, at most 2",
  ]);
  client.send(["REQ", "b", { authors: ["npub1"] }]);
  assert.deepEqual(await client.next(), [
    "CLOSED",
    "b",
    "invalid: not a filter",
  ]);
});

Deno.test("RelayServer answers junk with a NOTICE and stays", async () => {
  await using relay = RelayServer.start();
  await using client = await RawClient.connect(relay.url);
  for (
    const junk of [
      "{",
      "[]",
      '["REQ"]',
      '["REQ","a"]',
      '["EVENT",{"id":7}]',
      "null",
    ]
  ) {
    client.send(junk);
    assert.equal((await client.next())[0], "NOTICE");
  }
  client.send(["REQ", "a", {}]);
  assert.deepEqual(await client.next(), ["EOSE", "a"]);
});

Deno.test("RelayServer takes a signed event, sends it to subscribers, and refuses a forged one", async () => {
  await using relay = RelayServer.start();
  await using reader = await RawClient.connect(relay.url);
  await using writer = await RawClient.connect(relay.url);
  reader.send(["REQ", "live", { authors: [alice.pubkey] }]);
  assert.deepEqual(await reader.next(), ["EOSE", "live"]);

  const post = alice.sign({ content: "hello" });
  const stored = relay.stored(post.id);
  writer.send(["EVENT", post]);
  assert.deepEqual(await writer.next(), ["OK", post.id, true, ""]);
  assert.deepEqual(await reader.next(), ["EVENT", "live", post]);
  assert.deepEqual(await stored, post);
  assert.deepEqual(await relay.stored(post.id), post);

  writer.send(["EVENT", post]);
  assert.deepEqual(await writer.next(), [
    "OK",
    post.id,
    true,
    "duplicate: duplicate",
  ]);
  const forged = { ...post, content: "bye" };
  writer.send(["EVENT", forged]);
  const refusal = "invalid: the id or the signature is wrong";
  assert.deepEqual(await writer.next(), ["OK", post.id, false, refusal]);

  reader.send(["CLOSE", "live"]);
  reader.send(["REQ", "other", { authors: [bob.pubkey] }]);
  assert.deepEqual(await reader.next(), ["EOSE", "other"]);
  writer.send(["EVENT", alice.sign({ content: "unheard" })]);
  writer.send(["EVENT", bob.sign({ content: "heard" })]);
  assert.equal((await reader.next())[1], "other");
  assert.equal(relay.stats.eventsReceived, 5);
  assert.equal(relay.events.length, 3);
});

Deno.test("RelayServer keeps the newest version of a replaceable event", async () => {
  await using relay = RelayServer.start();
  const older = alice.relayList({ both: ["wss://a.example"] });
  const newer = alice.relayList({ both: ["wss://b.example"] }, {
    created_at: 1_700_000_001,
  });
  await using client = await RawClient.connect(relay.url);
  for (const event of [newer, older]) {
    client.send(["EVENT", event]);
    assert.equal((await client.next())[2], true);
  }
  client.send(["REQ", "a", { kinds: [10002] }]);
  assert.deepEqual(await client.answer(), {
    ids: [newer.id],
    end: ["EOSE", "a"],
  });
});

Deno.test("NIP-09: RelayServer deletes events at their author's request, and refuses them from then on", async () => {
  await using relay = RelayServer.start();
  const post = alice.sign();
  const list = alice.relayList({ both: ["wss://a.example"] });
  const ofBob = bob.sign();
  relay.seed([post, list, ofBob]);
  await using client = await RawClient.connect(relay.url);
  const deletion = alice.sign({
    kind: 5,
    tags: [["e", post.id], ["e", ofBob.id], ["a", `10002:${alice.pubkey}:`]],
  });
  for (
    const [event, ok] of [[deletion, true], [post, false], [
      list,
      false,
    ]] as const
  ) {
    client.send(["EVENT", event]);
    assert.equal((await client.next())[2], ok);
  }
  assert.deepEqual(
    relay.events.map(({ id }) => id).sort(),
    [ofBob.id, deletion.id].sort(),
  );
});

Deno.test("RelayServer misbehaves as asked: slow, silent, refusing", async () => {
  const answer = Promise.withResolvers<void>();
  await using slow = RelayServer.start({ latency: () => answer.promise });
  slow.seed([alice.sign()]);
  await using patient = await RawClient.connect(slow.url);
  patient.send(["REQ", "closed while waiting", {}]);
  patient.send(["CLOSE", "closed while waiting"]);
  patient.send(["REQ", "a", { limit: 0 }]);
  patient.send("junk");
  assert.equal((await patient.next())[0], "NOTICE");
  answer.resolve();
  assert.deepEqual(await patient.next(), ["EOSE", "a"]);

  await using silent = RelayServer.start({
    eose: false,
    refuseEvent: () => "blocked: no",
  });
  await using client = await RawClient.connect(silent.url);
  client.send(["REQ", "a", {}]);
  client.send(["EVENT", alice.sign()]);
  assert.deepEqual((await client.next()).slice(2), [false, "blocked: no"]);

  await using closed = RelayServer.start({ refuseConnection: 502 });
  await assert.rejects(RawClient.connect(closed.url), /Cannot connect/);
  assert.equal(closed.stats.connections, 0);
});

Deno.test("RelayServer.stop() cuts its clients off and leaves nothing listening", async () => {
  const relay = RelayServer.start();
  await using client = await RawClient.connect(relay.url);
  client.send(["REQ", "a", {}]);
  await client.next();
  assert.equal(relay.open, 1);
  await Promise.all([relay.stop(), relay.stop()]);
  assert.equal(relay.open, 0);
  await assert.rejects(RawClient.connect(relay.url), /Cannot connect/);
});

Deno.test("EventIndex.query() finds what a scan of all events finds", () => {
  const letter = fc.constantFrom("a", "b", "c");
  const event: fc.Arbitrary<NostrEvent> = fc.record({
    id: fc.stringMatching(/^[0-9a-f]{4}$/),
    pubkey: letter,
    kind: fc.constantFrom(1, 7),
    created_at: fc.integer({ min: 1, max: 9 }),
    tags: fc.array(fc.tuple(fc.constantFrom("p", "t"), letter), {
      maxLength: 3,
    }),
    content: fc.constant(""),
    sig: fc.constant(""),
  });
  const filter: fc.Arbitrary<NostrFilter> = fc.record({
    ids: fc.array(fc.stringMatching(/^[0-9a-f]{4}$/), { maxLength: 2 }),
    authors: fc.array(letter, { maxLength: 3 }),
    kinds: fc.array(fc.constantFrom(1, 7), { maxLength: 2 }),
    "#p": fc.array(letter, { maxLength: 2 }),
    "#t": fc.array(letter, { maxLength: 2 }),
    since: fc.integer({ min: 1, max: 9 }),
    until: fc.integer({ min: 1, max: 9 }),
    limit: fc.integer({ min: 0, max: 5 }),
  }, { requiredKeys: [] });
  const events = fc.uniqueArray(event, {
    selector: ({ id }) => id,
    maxLength: 20,
  });
  fc.assert(fc.property(events, filter, (events, filter) => {
    const index = new EventIndex();
    for (const event of events) index.put(event);
    const expected = events.filter((event) => matchFilter(filter, event)).sort(
      newestFirst,
    );
    assert.deepEqual(index.query(filter), expected.slice(0, filter.limit));
  }));
});
