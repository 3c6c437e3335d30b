import assert from "node:assert/strict";
import { LIST_KINDS } from "../../src/nostr/kinds.ts";
import { PEOPLE, SIGNERS } from "../support/arbitraries.ts";
import { turns } from "../support/controlled_store.ts";
import { A, B, listEvent, NOW, setUp, unsigned } from "../support/list_store.ts";

const [ALICE, BOB, CAROL] = PEOPLE;

/** A kind 10050 list. */
const dmList = (pubkey: string, url = A, created_at = NOW) =>
  unsigned(pubkey, { kind: 10050, created_at, tags: [["relay", url]] });

/** A store, and the calls of its listener: kind, author, time, write relays. */
function setUpListening(...args: Parameters<typeof setUp>) {
  const tools = setUp(...args);
  const notified: unknown[][] = [];
  const stop = tools.store.onList(({ pubkey, created_at, write }, kind) => {
    notified.push([kind, pubkey, created_at - NOW, ...write]);
  });
  return { ...tools, notified, stop };
}

Deno.test("NIP-17: RelayListStore get() with kind 10050 returns the relays for gift wraps, apart from kind 10002", async () => {
  const { db, store, write } = setUp([listEvent(ALICE), dmList(ALICE, B), dmList(BOB)]);
  for (let i = 0; i < 2; i++) {
    assert.deepEqual([await write(ALICE), await write(BOB)], [[A], undefined]);
    assert.deepEqual([await write(ALICE, 10050), await write(BOB, 10050)], [[B], [A]]);
  }
  assert.equal(db.calls.length, 4, "each is read once");
  assert.deepEqual((await store.get([BOB], { kind: 10050 })).get(BOB)?.read, [A]);
  await store.event(dmList(BOB, B, NOW + 1));
  assert.deepEqual([await write(BOB), await write(BOB, 10050)], [undefined, [B]]);
});

Deno.test("S4: RelayListStore evicts no kind 10002 list for kind 10050, and keeps a tenth as many of those", async () => {
  const { db, store } = setUp(PEOPLE.map((pubkey) => listEvent(pubkey)), { max: 20 });
  await store.get(PEOPLE);
  for (let i = 0; i < 3; i++) await store.get(PEOPLE, { kind: 10050 });
  await store.get(PEOPLE);
  assert.deepEqual(db.queried, [PEOPLE]);
  const known = PEOPLE.filter((pubkey) => store.peek(pubkey, 10050) !== undefined);
  assert.deepEqual(known, PEOPLE.slice(-2));
});

Deno.test("RelayListStore peek() returns what the cache holds, a list, its absence or nothing, without a query", async () => {
  const { clock, db, store } = setUp([listEvent(ALICE), dmList(BOB)], { ttl: 5_000 });
  assert.deepEqual([store.peek(ALICE), store.peek(BOB)], [undefined, undefined]);
  assert.equal(db.calls.length, 0);
  await store.get([ALICE, BOB]);
  await store.get([BOB], { kind: 10050 });
  assert.deepEqual([store.peek(ALICE)?.write, store.peek(BOB)], [[A], null]);
  assert.deepEqual([store.peek(ALICE, 10050), store.peek(BOB, 10050)?.write], [undefined, [A]]);
  clock.now += 5_001;
  assert.deepEqual([store.peek(ALICE), store.peek(BOB)], [undefined, null]);
});

Deno.test("RelayListStore peek() does not count as a use of a list", async () => {
  const { store } = setUp([listEvent(ALICE), listEvent(BOB)], { max: 2 });
  await store.get([ALICE, BOB]);
  store.peek(ALICE);
  await store.get([CAROL]);
  assert.deepEqual([store.peek(ALICE), store.peek(BOB)?.write], [undefined, [A]]);
});

Deno.test("RelayListStore get() and peek() refuse a kind that is not cached", async () => {
  const { store } = setUp();
  const error = { name: "RangeError", message: /"kind" must be 10002 or 10050, got 10006/ };
  await assert.rejects(store.get([ALICE], { kind: 10006 }), error);
  assert.throws(() => store.peek(ALICE, 10006), error);
});

Deno.test("NIP-01: RelayListStore keeps the newest list of every kind, and notifies listeners of each newer one", async () => {
  for (const kind of LIST_KINDS) {
    const { store, notified } = setUpListening();
    const version = (n: number) => unsigned(ALICE, { kind, created_at: NOW + n });
    for (const n of [1, 0, 1, 2, -1]) await store.event(version(n));
    assert.deepEqual(notified, [[kind, ALICE, 1], [kind, ALICE, 2]]);
    assert.deepEqual(await store.query([{ kinds: [kind] }]), [version(2)]);
  }
});

Deno.test("NIP-09, NIP-62: RelayListStore notifies listeners of a deleted list of any kind as one without relays", async () => {
  for (const kind of LIST_KINDS) {
    const list = unsigned(ALICE, { kind, tags: [["r", A], ["relay", A]] });
    for (
      const by of [
        unsigned(ALICE, { kind: 5, tags: [["e", list.id]], created_at: NOW - 3 }),
        unsigned(ALICE, { kind: 5, tags: [["a", `${kind}:${ALICE}:`]], created_at: NOW + 3 }),
        unsigned(ALICE, { kind: 62, created_at: NOW + 3, tags: [["relay", "ALL_RELAYS"]] }),
      ]
    ) {
      const { store, notified } = setUpListening([list, dmList(BOB)]);
      await store.event(by);
      assert.deepEqual(notified, [[kind, ALICE, by.created_at - NOW]]);
      await store.event(by);
      assert.equal(notified.length, 1, "what is gone is not deleted again");
      await assert.rejects(store.event(list), { reason: "deleted" });
    }
  }
});

Deno.test("RelayListStore onList() hands over the event that was stored, and none after a deletion", async () => {
  const { store } = setUp();
  const seen: unknown[] = [];
  store.onList((_, kind, event) => seen.push([kind, event]));
  for (const kind of LIST_KINDS) {
    const list = unsigned(ALICE, { kind });
    await store.event(list);
    await store.event(unsigned(ALICE, { kind: 5, tags: [["e", list.id]] }));
    assert.deepEqual(seen.splice(0), [[kind, list], [kind, undefined]]);
  }
});

Deno.test("RelayListStore onList() calls listeners once the list is stored and the cache has it", async () => {
  const { db, store } = setUp();
  await store.get([ALICE]);
  const seen: unknown[] = [];
  store.onList(({ pubkey }) => seen.push(store.peek(pubkey)?.write));
  db.held = true;
  const stored = store.event(listEvent(ALICE));
  await turns();
  await db.calls.at(-1)!.answer();
  await turns();
  await db.calls.at(-1)!.act();
  await turns();
  assert.deepEqual(seen, [], "the database has not said that it is durable");
  await db.calls.at(-1)!.answer();
  await stored;
  assert.deepEqual(seen, [[A]]);
});

Deno.test("RelayListStore onList() ignores what is refused, fails, is no list, or is removed", async () => {
  const { db, store } = setUp([listEvent(BOB)], { verifyEvent: ({ tags }) => tags.length < 2 });
  store.onList(() => assert.fail("it was called"));
  await assert.rejects(store.event(listEvent(ALICE, [A, B])), { reason: "forged" });
  await store.event(unsigned(ALICE, { kind: 1 }));
  await store.event(unsigned(ALICE, { kind: 10003 }));
  await store.remove([{ authors: [BOB] }]);
  db.event = () => Promise.reject(new Error("disk full"));
  await assert.rejects(store.event(listEvent(ALICE)), /disk full/);
});

Deno.test("RelayListStore onList() calls each listener until it is removed, and one that throws harms no other", async () => {
  const errors: Error[] = [];
  const { store, notified, stop } = setUpListening([], { onError: (error) => errors.push(error) });
  const failure = new Error("I am broken");
  store.onList(() => {
    throw failure;
  });
  let count = 0;
  const listener = () => void count++;
  const endings = [store.onList(listener), store.onList(listener)];
  await store.event(listEvent(ALICE));
  assert.deepEqual([notified.length, count, errors.map(({ cause }) => cause)], [1, 2, [failure]]);
  stop();
  endings[0]();
  endings[0]();
  await store.event(listEvent(ALICE, [B], NOW + 1));
  assert.deepEqual([notified.length, count], [1, 3]);
});

Deno.test("RelayListStore stores a list per second by one key each time, and no older one returns", async () => {
  const { clock, store, notified, write } = setUpListening();
  const lists = Array.from({ length: 100 }, (_, i) => {
    return listEvent(ALICE, [i % 2 ? A : B], NOW + i);
  });
  for (const [i, list] of lists.entries()) {
    clock.now = list.created_at * 1000;
    await store.event(list);
    await store.event(lists[i >> 1]);
    assert.deepEqual(await write(ALICE), [i % 2 ? A : B]);
  }
  assert.equal(notified.length, lists.length);
});

Deno.test("RelayListStore keeps 64 entries of a list of 500", async () => {
  const urls = Array.from({ length: 500 }, (_, i) => `wss://${i}.example/`);
  const { store, write } = setUp();
  await store.event(listEvent(ALICE, urls));
  assert.equal((await write(ALICE))?.length, 64);
});

Deno.test("S2: RelayListStore events() verifies with nostr-tools whatever is not stored as it is", async () => {
  const { store } = setUp([], { verifyEvent: undefined });
  const [alice, bob] = SIGNERS.map((signer) => signer.relayList({ both: [A] }));
  const first = await store.events([alice, { ...bob, content: "x" }]);
  assert.deepEqual([first.stored, first.refused.map(({ reason }) => reason)], [1, ["forged"]]);
});

Deno.test("NIP-40: RelayListStore stores no expired list, and one that expires routes nobody from then on", async () => {
  const until = (created_at: number, end: number) =>
    unsigned(ALICE, { created_at, tags: [["r", A], ["expiration", `${end}`]] });
  const { clock, cache, store, write } = setUp([until(NOW - 5, NOW)]);
  assert.equal(await write(ALICE), undefined, "the database holds one that is over");
  assert.equal(store.peek(ALICE), null);
  await assert.rejects(store.event(until(NOW, NOW)), { reason: "expired" });
  const { refused } = await store.events([until(NOW, NOW - 1)]);
  assert.deepEqual(refused.map(({ reason }) => reason), ["expired"]);

  const list = until(NOW, NOW + 60);
  await store.event(list);
  assert.deepEqual(await write(ALICE), [A]);
  assert.equal((await store.get([ALICE])).get(ALICE)?.expires_at, NOW + 60);
  clock.now += 60_000;
  assert.equal(await write(ALICE), undefined);
  assert.equal(store.peek(ALICE), null);
  assert.deepEqual(await store.query([{ authors: [ALICE] }]), []);
  assert.ok((await cache.query([{ authors: [ALICE] }])).length > 0);
});
