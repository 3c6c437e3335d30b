import { NCache } from "@nostrify/nostrify";
import fc from "fast-check";
import assert from "node:assert/strict";
import { RelayListStore } from "../../src/lists/relay_list_store.ts";
import { EventRefusedError } from "../../src/nostr/errors.ts";
import { noPubkey, PEOPLE, SIGNERS } from "../support/arbitraries.ts";
import { turns } from "../support/controlled_store.ts";
import { A, B, listEvent, NOW, setUp } from "../support/list_store.ts";

const [ALICE, BOB, CAROL] = PEOPLE;

Deno.test("RelayListStore get() queries the database for each person once, then answers from the cache", async () => {
  const { db, store } = setUp([listEvent(ALICE), listEvent(BOB, [B])]);
  for (let i = 0; i < 3; i++) {
    const lists = await store.get([ALICE, BOB, CAROL, ALICE]);
    assert.deepEqual([...lists.keys()].sort(), [ALICE, BOB].sort());
    assert.deepEqual(lists.get(BOB)?.read, [B]);
  }
  assert.deepEqual(db.queried, [[ALICE, BOB, CAROL]]);
});

Deno.test("RelayListStore get() remembers for missingTtl that someone has no list", async () => {
  const { cache, clock, db, write } = setUp([], { missingTtl: 5_000, ttl: 1_000 });
  assert.equal(await write(ALICE), undefined);
  cache.add(listEvent(ALICE));
  clock.now += 5_000;
  assert.equal(await write(ALICE), undefined);
  assert.equal(db.queried.length, 1);
  clock.now += 1;
  assert.deepEqual(await write(ALICE), [A]);
});

Deno.test("RelayListStore get() sees what another writer wrote once a list is older than ttl", async () => {
  const { cache, clock, db, write } = setUp([listEvent(ALICE)], { ttl: 5_000, missingTtl: 1 });
  assert.deepEqual(await write(ALICE), [A]);
  cache.add(listEvent(ALICE, [B], NOW + 1));
  clock.now += 5_000;
  assert.deepEqual(await write(ALICE), [A], "reading changes nothing of its age");
  clock.now += 1;
  assert.deepEqual(await write(ALICE), [B]);
  assert.equal(db.queried.length, 2);
});

Deno.test("RelayListStore get() reads the clock once, however many lists are in memory", async () => {
  let readings = 0;
  const now = () => (readings++, NOW * 1000);
  const { store } = setUp(PEOPLE.map((pubkey) => listEvent(pubkey)), { now });
  await store.get(PEOPLE);
  readings = 0;
  assert.equal((await store.get(PEOPLE)).size, PEOPLE.length);
  assert.equal(readings, 1);
});

Deno.test("RelayListStore get() rejects when the database fails; it takes nobody to have no list, and queries again", async () => {
  const { db, store, write } = setUp([listEvent(ALICE)]);
  db.held = true;
  const answers = [store.get([ALICE]), store.get([ALICE, BOB])];
  await turns();
  db.calls[0].fail(new Error("disk on fire"));
  for (const answer of answers) await assert.rejects(answer, /disk on fire/);
  db.held = false;
  assert.deepEqual(await write(ALICE), [A]);
  assert.deepEqual(db.queried, [[ALICE, BOB], [ALICE]]);
});

Deno.test("RelayListStore get() by many callers at once shares queries of at most batchSize people", async () => {
  const lookups = fc.array(fc.subarray([...PEOPLE]), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(lookups, fc.integer({ min: 1, max: 20 }), async (lookups, batchSize) => {
      const { db, store } = setUp(PEOPLE.map((pubkey) => listEvent(pubkey)), { batchSize });
      const answers = await Promise.all(lookups.map((people) => store.get(people)));
      const everyone = [...new Set(lookups.flat())];
      answers.forEach((lists, i) =>
        assert.deepEqual([...lists.keys()].sort(), lookups[i].toSorted())
      );
      assert.deepEqual(db.queried.flat(), everyone);
      assert.equal(db.queried.length, Math.ceil(everyone.length / batchSize));
      assert.ok(db.queried.every(({ length }) => length <= batchSize));
    }),
    { numRuns: 50 },
  );
});

Deno.test("RelayListStore get() ends for the caller who aborts, and for nobody else", async () => {
  const { db, store, write } = setUp([listEvent(ALICE)]);
  db.held = true;
  const controller = new AbortController();
  const impatient = store.get([ALICE], { signal: controller.signal });
  const patient = store.get([ALICE], { signal: new AbortController().signal });
  await turns();
  controller.abort(new Error("enough"));
  await assert.rejects(impatient, /enough/);
  await db.calls[0].answer();
  assert.deepEqual((await patient).get(ALICE)?.write, [A]);
  assert.deepEqual(await write(ALICE), [A]);
  await assert.rejects(store.get([ALICE], { signal: controller.signal }), /enough/);
  assert.equal(db.calls.length, 1);
});

Deno.test("RelayListStore get() ignores what is no pubkey, and takes any iterable", async () => {
  const { db, store } = setUp([listEvent(ALICE)]);
  await fc.assert(fc.asyncProperty(fc.array(noPubkey), async (junk) => {
    assert.deepEqual([...(await store.get(new Set([...junk, ALICE]))).keys()], [ALICE]);
  }));
  assert.equal((await store.get([])).size, 0);
  assert.equal((await store.get([ALICE].values())).size, 1);
  assert.ok(db.queried.flat().every(({ length }) => length === 64));
});

Deno.test("S4: RelayListStore caches at most max people, and finds more all the same", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 20 }), async (max) => {
      const listed = PEOPLE.filter((_, i) => i % 3 !== 0);
      const { db, store } = setUp(listed.map((pubkey) => listEvent(pubkey)), { max, batchSize: 3 });
      for (let i = 0; i < 3; i++) {
        const already = db.queried.flat().length;
        assert.deepEqual([...(await store.get(PEOPLE)).keys()].sort(), listed.toSorted());
        const fromMemory = PEOPLE.length - (db.queried.flat().length - already);
        assert.ok(fromMemory <= max);
        if (i > 0 && max >= PEOPLE.length) assert.equal(fromMemory, PEOPLE.length);
      }
    }),
  );
});

Deno.test("S4: RelayListStore evicts first whoever was requested least recently", async () => {
  const { db, store } = setUp(PEOPLE.map((pubkey) => listEvent(pubkey)), { max: 2 });
  for (const pubkey of [ALICE, BOB, ALICE, CAROL, ALICE, BOB]) await store.get([pubkey]);
  assert.deepEqual(db.queried, [[ALICE], [BOB], [CAROL], [BOB]]);
});

Deno.test("RelayListStore event() is seen by the next get(), though a read under way returns the version before", async () => {
  const { db, store } = setUp([listEvent(ALICE)]);
  db.held = true;
  const before = store.get([ALICE]);
  await turns();
  await db.calls[0].act();
  db.held = false;
  await store.event(listEvent(ALICE, [B], NOW + 1));
  db.held = true;
  const during = store.get([ALICE]);
  await turns();
  await db.calls[0].answer();
  await before;
  await db.calls.at(-1)!.answer();
  for (const lists of [await during, await store.get([ALICE])]) {
    assert.deepEqual(lists.get(ALICE)?.write, [B]);
  }
});

Deno.test("RelayListStore event() that fails half-way leaves nothing in the cache that may be wrong", async () => {
  const { cache, db, store, write } = setUp([listEvent(ALICE)]);
  await store.get([ALICE]);
  db.event = (event) => {
    cache.add(event);
    db.query = () => Promise.reject(new Error("disk on fire"));
    return Promise.reject(new Error("disk full"));
  };
  await assert.rejects(store.event(listEvent(ALICE, [B], NOW + 1)), /disk on fire/);
  db.query = (filters) => cache.query(filters);
  assert.deepEqual(await write(ALICE), [B]);
});

Deno.test("RelayListStore evicts nobody for a refused event, which anybody can make", async () => {
  const { db, store } = setUp([listEvent(ALICE)], { verifyEvent: () => false });
  await store.get([ALICE]);
  await assert.rejects(store.event(listEvent(ALICE, [B])), EventRefusedError);
  await store.get([ALICE]);
  assert.equal(db.queried.length, 1);
});

Deno.test("RelayListStore event() replaces the cached list without a query, and leaves others", async () => {
  const { db, store } = setUp([listEvent(ALICE), listEvent(BOB)]);
  await store.get([ALICE, BOB, CAROL]);
  await store.event(listEvent(ALICE, [B], NOW + 1));
  await store.event(listEvent(CAROL, [B]));
  const lists = await store.get([ALICE, BOB, CAROL]);
  assert.deepEqual(db.queried, [[ALICE, BOB, CAROL]]);
  assert.deepEqual([ALICE, BOB, CAROL].map((who) => lists.get(who)?.write), [[B], [A], [B]]);
});

Deno.test("S4: RelayListStore evicts nobody for lists that are stored, whoever sends them", async () => {
  const { db, store } = setUp([listEvent(ALICE), listEvent(BOB)], { max: 2 });
  await store.get([ALICE, BOB]);
  await store.events(PEOPLE.slice(2).map((pubkey) => listEvent(pubkey)));
  await store.event(listEvent(CAROL, [B], NOW + 1));
  await store.get([ALICE, BOB]);
  assert.equal(db.queried.filter((people) => people.includes(ALICE)).length, 1);
});

Deno.test("RelayListStore event() of what another writer stored already is seen by the next get()", async () => {
  const { cache, store, write } = setUp([listEvent(ALICE)]);
  assert.deepEqual(await write(ALICE), [A]);
  const next = listEvent(ALICE, [B], NOW + 1);
  cache.add(next);
  await store.event(next);
  assert.deepEqual(await write(ALICE), [B]);
});

Deno.test("S2: RelayListStore accepts an event up to maxFuture seconds ahead of the clock", async () => {
  const { clock, store, write } = setUp([], { maxFuture: 10 });
  await store.event(listEvent(ALICE, [A], NOW + 10));
  const late = listEvent(ALICE, [B], NOW + 11);
  await assert.rejects(store.event(late), { name: "EventRefusedError", reason: "future" });
  assert.deepEqual(await write(ALICE), [A]);
  clock.now += 1_000;
  await store.event(late);
  assert.deepEqual(await write(ALICE), [B]);
});

Deno.test("RelayListStore keeps lists whole: routers apply the policy of each app", async () => {
  const urls = ["ws://127.0.0.1:7777/", "wss://abcdef.onion/", "wss://umbrel.local/"];
  const { store } = setUp([listEvent(ALICE, [...urls, "junk", A])], { maxEntries: 4 });
  const list = (await store.get([ALICE])).get(ALICE);
  assert.deepEqual(list?.write, urls);
  assert.deepEqual(list?.refused, [{ url: "junk", reason: "no-scheme" }]);
});

Deno.test("RelayListStore verifies signatures with nostr-tools unless another verifier is given", async () => {
  const store = new RelayListStore(new NCache({ max: 10 }));
  await store.event(SIGNERS[0].relayList({ both: [A] }));
  await assert.rejects(store.event(listEvent(BOB)), { reason: "forged" });
});
