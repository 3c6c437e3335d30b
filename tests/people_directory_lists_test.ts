import assert from "node:assert/strict";
import { RelayFailureError } from "../src/nostr/errors.ts";
import { quiet, settled } from "../testing/test_clock.ts";
import { A, alice, B, bob, C, NOTHING, relaysOf, start, within } from "./support/people_parts.ts";
import { RecordMap } from "./support/relay_records.ts";

const INDEXER = "wss://indexer.example/";

Deno.test("PeopleDirectory discover() finds lists at indexers, and returns what it found", async () => {
  const list = alice.relayList({ both: [A] });
  const { people, settings, clock, test } = start({ indexerRelays: [INDEXER] }, [list]);
  const found = await within(clock, people.discover([alice.pubkey, bob.pubkey]));
  assert.deepEqual(found, { ...NOTHING, asked: 2, found: 1, missing: 1 });
  assert.equal((await settings.store.get([alice.pubkey])).size, 1);
  assert.deepEqual(new Set(test.relays.map(({ url }) => url)), new Set([INDEXER]));
});

Deno.test("PeopleDirectory discover() searches the relays of hints and the fallback relays, if no indexer has a list", async () => {
  const { people, clock, test } = start({ indexerRelays: [INDEXER], fallbackRelays: [C] });
  people.hint(bob.pubkey, [B]);
  await within(clock, people.discover([bob.pubkey]));
  assert.deepEqual(new Set(test.relays.map(({ url }) => url)), new Set([INDEXER, B, C]));
});

Deno.test("PeopleDirectory discover() searches again for a missing list after missingTtl, and for a list after refreshAfter", async () => {
  const list = alice.relayList({ both: [A] });
  const times = { missingTtl: 50_000, refreshAfter: 100_000, idleTimeout: 1 };
  const { people, clock, test } = start({ indexerRelays: [INDEXER], ...times }, [list]);
  const asked = async () => {
    const before = test.relays.flatMap(({ reqs }) => reqs).length;
    await within(clock, people.discover([alice.pubkey, bob.pubkey]));
    await within(clock, Promise.resolve());
    const reqs = test.relays.flatMap(({ reqs }) => reqs).slice(before);
    const authors = reqs.flatMap(({ filters }) => filters.flatMap(({ authors = [] }) => authors));
    return [alice, bob].filter(({ pubkey }) => authors.includes(pubkey));
  };
  assert.deepEqual(await asked(), [alice, bob]);
  assert.deepEqual(await asked(), []);
  await clock.advance(50_000);
  assert.deepEqual(await asked(), [bob]);
  await clock.advance(50_000);
  assert.deepEqual(await asked(), [alice, bob]);
});

Deno.test("PeopleDirectory discover() reports an indexer that sends forged lists as a relay that failed", async () => {
  const forged = { ...alice.relayList({ both: [A] }), sig: "00".repeat(64) };
  const { people, clock, settings, failures, errors } = start({ indexerRelays: [INDEXER] }, [
    forged,
  ]);
  await within(clock, people.discover([alice.pubkey]));
  assert.deepEqual(failures.map(({ relay, reason }) => [relay, reason]), [[INDEXER, "junk"]]);
  assert.deepEqual(errors, []);
  assert.equal((await settings.store.get([alice.pubkey])).size, 0);
});

Deno.test("PeopleDirectory discover() asks no relay that has weight 0, backs off or is blocked", async () => {
  const weights = new Map([[A, 0]]);
  const { people, clock, test, settings } = start(
    { indexerRelays: [A, B, C], user: alice.pubkey },
    [],
    weights,
  );
  test.fake.backOff(B, clock.now() + 3_600_000);
  await settings.store.event(alice.sign({ kind: 10006, tags: relaysOf(C) }));
  const found = people.discover([bob.pubkey]);
  await quiet();
  await clock.advance(0);
  assert.deepEqual(await found, { ...NOTHING, asked: 1 });
  assert.deepEqual(test.relays, []);
});

Deno.test("PeopleDirectory discover() finds nobody without indexers, and rejects with the signal's reason all the same", async () => {
  const { people, test } = start();
  assert.deepEqual(await people.discover([bob.pubkey]), NOTHING);
  people.watch([bob.pubkey])();
  assert.deepEqual(test.relays, []);
  for (const indexerRelays of [[], [INDEXER]]) {
    const { people } = start({ indexerRelays });
    const signal = AbortSignal.abort(new Error("never mind"));
    await assert.rejects(people.discover([bob.pubkey], { signal }), { message: "never mind" });
    await people.close();
  }
});

Deno.test("PeopleDirectory discover() also searches for the user's own lists, so that blocked relays are known soon", async () => {
  const blocked = alice.sign({ kind: 10006, tags: relaysOf(A) });
  const { people, policy, clock } = start(
    { indexerRelays: [INDEXER], user: alice.pubkey },
    [blocked],
  );
  await within(clock, people.discover([bob.pubkey]));
  assert.ok(policy.isBlocked(A));
});

Deno.test("PeopleDirectory watch() searches for people until its end is called", async () => {
  const { people, clock, test } = start({ indexerRelays: [INDEXER] });
  const unwatch = people.watch([bob.pubkey]);
  unwatch();
  await clock.advance(180_000);
  assert.equal(test.relays.length, 0);
  people.watch([bob.pubkey]);
  await clock.advance(180_000);
  assert.ok(test.relays.length > 0);
});

Deno.test("NIP-65: PeopleDirectory sends a list where its author's events go, unless the relay has it already", async () => {
  const { people, settings, published } = start();
  const list = alice.relayList({ both: [A] });
  await settings.store.event(list);
  people.published(alice.sign(), A);
  await quiet();
  people.saw(list, B);
  people.published(alice.sign({ content: "more" }), B);
  await quiet();
  assert.deepEqual(published, [`${A} ${list.id}`]);
});

Deno.test("NIP-51: PeopleDirectory stores passing lists of kind 10006 only if they are the user's", async () => {
  const { people, policy, settings } = start({ user: alice.pubkey });
  const lists = [alice, bob].map((person) => person.sign({ kind: 10006, tags: relaysOf(A) }));
  for (const list of lists) people.saw(list, B);
  await quiet();
  const [stored, ...others] = await settings.store.query([{ kinds: [10006] }]);
  assert.deepEqual([stored.id, others], [lists[0].id, []]);
  assert.ok(policy.isBlocked(A));
});

Deno.test("PeopleDirectory stores a relay list that passes by or is published", async () => {
  const { people, settings } = start();
  const lists = [alice.relayList({ both: [A] }), bob.relayList({ both: [B] })];
  people.saw(lists[0], A);
  people.published(lists[1], B);
  await quiet();
  const found = await settings.store.query([{ kinds: [10002] }]);
  assert.deepEqual(new Set(found.map(({ id }) => id)), new Set(lists.map(({ id }) => id)));
});

Deno.test("PeopleDirectory reports the failure of a relay to onRelayError, and everything else to onError", async () => {
  const { people, settings, world, errors, failures } = start();
  await settings.store.event(alice.relayList({ both: [A] }));
  world.refusal = new RelayFailureError(A, "blocked", "not here");
  people.published(alice.sign(), A);
  await quiet();
  assert.deepEqual([failures, errors], [[world.refusal], []]);
  world.refusal = new Error("a bug");
  people.published(alice.sign(), B);
  await quiet();
  assert.equal(failures.length, 1);
  assert.deepEqual(errors.map(({ cause }) => cause), [world.refusal]);
});

Deno.test("PeopleDirectory end() stops sending lists to relays", async () => {
  const { people, settings, world } = start({ user: alice.pubkey });
  await settings.store.event(alice.relayList({ both: [A] }));
  people.published(alice.sign(), A);
  await quiet();
  assert.ok(!world.signal!.aborted);
  await people.end();
  assert.ok(world.signal!.aborted);
});

Deno.test("PeopleDirectory close() waits until passing lists are stored", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const store = {
    event: () => promise,
    query: () => Promise.resolve([]),
    remove: () => Promise.resolve(),
  };
  const { people } = start({ store });
  people.saw(alice.relayList({ both: [A] }), A);
  let isClosed = false;
  const closed = people.close().then(() => isClosed = true);
  await quiet();
  assert.ok(!isClosed);
  resolve();
  await closed;
});

Deno.test("PeopleDirectory close() writes down what was learned, up to the last, and leaves no timer", async () => {
  const records = new RecordMap();
  const { people, settings, clock } = start({ records, indexerRelays: [INDEXER] });
  const list = alice.relayList({ both: [A] });
  people.hint(bob.pubkey, [A]);
  people.watch([bob.pubkey]);
  const found = people.discover([bob.pubkey]);
  await settled();
  await people.end();
  assert.deepEqual(await found, { ...NOTHING, asked: 1 });
  // A relay was slow to say that it took it.
  people.saw(list, B);
  people.hint(alice.pubkey, [C]);
  await people.close();
  await people.close();
  settings.verifier.close();
  assert.equal((await settings.store.query([{ ids: [list.id] }])).length, 1);
  assert.deepEqual([...records.records.keys()].sort(), [alice.pubkey, bob.pubkey].sort());
  assert.equal(clock.pending, 0);
  const { hinted } = start({ records });
  assert.deepEqual(await hinted(bob.pubkey), [`${A} hand`]);
});

Deno.test("PeopleDirectory discover() refuses what is no pubkey, and searches for the others", async () => {
  const { people, errors, clock } = start();
  for (
    const [junk, message] of [
      ["junk", '^Cannot search for relay lists: "pubkeys" must be an array or a set, got "junk"$'],
      [undefined, "got undefined$"],
      [["junk"], '^Cannot search for 1 of 1 relay lists: each pubkey must be .* got "junk"$'],
      [[alice.pubkey.toUpperCase()], "write it in lower case$"],
    ] as const
  ) {
    await assert.rejects(people.discover(junk as unknown as string[]), {
      name: "TypeError",
      message: new RegExp(message),
    });
  }
  assert.equal(errors.length, 0);
  await within(clock, people.discover([alice.pubkey, "npub1x"]));
  const [{ message }, ...others] = errors;
  assert.match(message, /^Cannot search for 1 of 2 relay lists: .* nip19.decode/);
  assert.deepEqual(others, []);
});
