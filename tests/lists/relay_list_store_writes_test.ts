import type { NostrFilter, NStore } from "@nostrify/types";
import assert from "node:assert/strict";
import { RelayListStore, type RelayListStoreOptions } from "../../src/lists/relay_list_store.ts";
import { PEOPLE } from "../support/arbitraries.ts";
import { turns } from "../support/controlled_store.ts";
import { A, B, HERE, listEvent, NOW, setUp, unsigned } from "../support/list_store.ts";

const [ALICE, BOB] = PEOPLE;

Deno.test("RelayListStore event() rejects as the database does, and what the database held stays in force", async () => {
  const { cache, db, store, write } = setUp([listEvent(ALICE)]);
  db.event = () => Promise.reject(new Error("disk full"));
  await assert.rejects(store.event(listEvent(ALICE, [B], NOW + 1)), /disk full/);
  assert.deepEqual(await write(ALICE), [A]);
  db.event = (event) => cache.event(event);
  await store.event(listEvent(ALICE, [B], NOW + 1));
  assert.deepEqual(await write(ALICE), [B]);
});

Deno.test("S1: RelayListStore event() resolves if a database refuses a version that it holds, or an older one", async () => {
  const { db, store, write } = setUp([listEvent(ALICE, [B], NOW)]);
  db.event = () => Promise.reject(new Error("unique constraint failed"));
  await store.event(listEvent(ALICE, [B], NOW));
  await store.event(listEvent(ALICE, [A], NOW - 1));
  await assert.rejects(store.event(listEvent(ALICE, [A], NOW + 1)), /unique constraint/);
  await assert.rejects(store.event(listEvent(BOB)), /unique constraint/);
  assert.deepEqual(await write(ALICE), [B]);
});

Deno.test("S4: RelayListStore keeps a list of 10,000 tags from the database and from memory, however it comes", async () => {
  const { db, store, write } = setUp([listEvent(ALICE)]);
  let writes = 0;
  db.event = () => Promise.resolve(void writes++);
  const urls = Array.from({ length: 10_000 }, (_, i) => `wss://relay${i}.example/`);
  const list = listEvent(ALICE, urls, NOW + 1);
  await assert.rejects(store.event(list), { name: "EventRefusedError", reason: "oversized" });
  const { stored, refused } = await store.events([list]);
  assert.deepEqual([stored, refused.map(({ reason }) => reason)], [0, ["oversized"]]);
  assert.deepEqual((await store.hold([list])).map(({ reason }) => reason), ["oversized"]);
  assert.equal(writes, 0);
  assert.deepEqual(await write(ALICE), [A]);
});

Deno.test("RelayListStore event() hands the database a copy: what the caller changes later is not stored", async () => {
  const { store, write } = setUp();
  const event = listEvent(ALICE);
  await store.event(event);
  event.tags[0][1] = B;
  assert.deepEqual(await write(ALICE), [A]);
});

Deno.test("RelayListStore event() passes the signal on, and does nothing once it is aborted", async () => {
  const { cache, db, store } = setUp();
  const signals: (AbortSignal | undefined)[] = [];
  db.event = (event, opts?: { signal?: AbortSignal }) => {
    signals.push(opts?.signal);
    return cache.event(event);
  };
  const controller = new AbortController();
  await store.event(listEvent(ALICE), { signal: controller.signal });
  await store.event(unsigned(ALICE, { kind: 1 }), { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(store.event(listEvent(BOB), { signal: controller.signal }), /enough/);
  assert.deepEqual(signals, [controller.signal, controller.signal]);
});

Deno.test("RelayListStore event() lets one author's writes wait for each other, and nobody else's", async () => {
  const { db, store, write } = setUp();
  db.held = true;
  const first = store.event(listEvent(ALICE));
  const second = store.event(unsigned(ALICE, { kind: 62, tags: [["relay", "ALL_RELAYS"]] }));
  const other = store.event(listEvent(BOB));
  await turns();
  assert.deepEqual(db.calls.map(({ method }) => method), ["query", "query"]);
  db.calls[0].fail(new Error("disk on fire"));
  await assert.rejects(first, /disk on fire/);
  await turns();
  assert.deepEqual(db.calls.map(({ method }) => method), ["query", "query", "query"]);
  db.held = false;
  await Promise.all(db.calls.slice(1).map((call) => call.answer()));
  await Promise.all([second, other]);
  assert.deepEqual([await write(ALICE), await write(BOB)], [undefined, [A]]);
});

Deno.test("NIP-09: RelayListStore event() judges deletions itself, whatever else a database returns", async () => {
  const { db, store, write } = setUp();
  const tags = [["a", `10002:${ALICE}:`]];
  const deletions = [
    unsigned(BOB, { kind: 5, tags }),
    unsigned(ALICE, { kind: 5, tags, created_at: NOW - 1 }),
    unsigned(ALICE, { kind: 62, created_at: NOW - 1, tags: [["relay", "ALL_RELAYS"]] }),
  ];
  const query = db.query.bind(db);
  db.query = async (filters) => [...deletions, ...await query(filters)];
  await store.event(listEvent(ALICE));
  assert.deepEqual(await write(ALICE), [A]);
});

Deno.test("RelayListStore event() keeps events of other kinds, and queries no deletions of theirs", async () => {
  const { db, store } = setUp();
  const note = unsigned(ALICE, { kind: 1 });
  await store.event(note);
  assert.deepEqual(db.calls.map(({ method }) => method), ["event"]);
  assert.deepEqual(await store.query([{ kinds: [1] }]), [note]);
});

Deno.test("NIP-09, NIP-62: RelayListStore event() refuses a deletion that the database cannot carry out", async () => {
  const { cache } = setUp([listEvent(ALICE)]);
  const db: NStore = {
    event: (event) => cache.event(event),
    query: (filters) => cache.query(filters),
  };
  const store = new RelayListStore(db, { verifyEvent: () => true, now: () => NOW * 1000 });
  const vanish = unsigned(ALICE, { kind: 62, tags: [["relay", "ALL_RELAYS"]] });
  await assert.rejects(store.event(vanish), { name: "TypeError", message: /no method "remove"/ });
  assert.deepEqual(await cache.query([{ kinds: [62] }]), []);
  await store.event(unsigned(ALICE, { kind: 5, tags: [["k", "1"]] }));
  await assert.rejects(store.remove([{}]), { name: "TypeError", message: /no method "remove"/ });
});

Deno.test("S1: RelayListStore event() resolves if another process writes the same or a newer list meanwhile", async () => {
  for (const other of [listEvent(ALICE, [A], NOW), listEvent(ALICE, [B], NOW + 1)]) {
    const { cache, db, store, write } = setUp([listEvent(ALICE, [B], NOW - 1)]);
    await store.get([ALICE]);
    store.onList(() => assert.fail("it was not stored by this store"));
    db.event = () => {
      cache.add(other);
      return Promise.reject(new Error("unique constraint failed"));
    };
    await store.event(listEvent(ALICE, [A], NOW));
    assert.deepEqual(await write(ALICE), [other.tags[0][1]]);
  }
});

Deno.test("RelayListStore event() writes nothing if the same or a newer list is stored, and notifies nobody", async () => {
  const { db, store } = setUp([listEvent(ALICE, [A], NOW)]);
  store.onList(() => assert.fail("nothing is new"));
  await store.event(listEvent(ALICE, [A], NOW));
  await store.event(listEvent(ALICE, [B], NOW - 1));
  assert.deepEqual(db.calls.map(({ method }) => method), ["query", "query"]);
});

Deno.test("RelayListStore event() that overlaps a remove() leaves nothing in the cache that may be wrong", async () => {
  const { db, store, write } = setUp();
  await store.get([ALICE]);
  db.held = true;
  const stored = store.event(listEvent(ALICE));
  await turns();
  await db.calls.at(-1)!.answer();
  await turns();
  const event = db.calls.at(-1)!;
  await event.act();
  db.held = false;
  await store.remove([{ authors: [ALICE] }]);
  assert.equal(await write(ALICE), undefined);
  await event.answer();
  await stored;
  assert.equal(await write(ALICE), undefined);
});

Deno.test("RelayListStore remove() removes lists from the database and from the cache", async () => {
  const { store, write } = setUp([listEvent(ALICE), listEvent(BOB)]);
  await store.get([ALICE, BOB]);
  await store.remove([{ kinds: [10002], authors: [ALICE] }]);
  assert.equal(await write(ALICE), undefined);
  assert.deepEqual(await write(BOB), [A]);
  await store.event(listEvent(ALICE));
  assert.deepEqual(await write(ALICE), [A], "it may come back");
});

Deno.test("RelayListStore remove() is seen by the next get(), though a read under way returns what was removed", async () => {
  const { db, store, write } = setUp([listEvent(ALICE)]);
  db.held = true;
  const before = store.get([ALICE]);
  await turns();
  await db.calls[0].act();
  db.held = false;
  await store.remove([{ authors: [ALICE] }]);
  await db.calls[0].answer();
  await before;
  assert.equal(await write(ALICE), undefined);
});

Deno.test("RelayListStore remove() that fails half-way leaves nothing in the cache that may be wrong", async () => {
  const { cache, db, store, write } = setUp([listEvent(ALICE)]);
  await store.get([ALICE]);
  db.remove = async (filters) => {
    await cache.remove(filters);
    throw new Error("disk full");
  };
  await assert.rejects(store.remove([{ kinds: [10002] }]), /disk full/);
  assert.equal(await write(ALICE), undefined);
});

Deno.test("RelayListStore query() and count() use the database, which need not be able to count", async () => {
  const { cache, db, store } = setUp([listEvent(ALICE), listEvent(BOB)]);
  const filters: NostrFilter[] = [{ kinds: [10002] }];
  assert.deepEqual(await store.query(filters), await cache.query(filters));
  assert.deepEqual(await store.count(filters), { count: 2 });
  const counting = Object.assign(db, { count: () => Promise.resolve({ count: 7 }) });
  assert.deepEqual(await new RelayListStore(counting).count(filters), { count: 7 });
});

Deno.test("RelayListStore() refuses a wrong option, naming it, the rule and the value", () => {
  const { cache } = setUp();
  const counts = ["max", "ttl", "missingTtl", "batchSize", "maxEntries", "maxFuture"];
  for (const name of counts) {
    const least = name === "maxFuture" ? 0 : 1;
    for (const value of [least - 1, 1.5, NaN, "5"]) {
      const options = { [name]: value } as RelayListStoreOptions;
      assert.throws(() => new RelayListStore(cache, options), (error) => {
        assert.ok(error instanceof RangeError);
        assert.ok(error.message.includes(`"${name}": it must be an integer >= ${least}, got`));
        return true;
      });
    }
    new RelayListStore(cache, { [name]: least });
  }
  for (const name of ["verifyEvent", "now", "onError"]) {
    const options = { [name]: 1 } as RelayListStoreOptions;
    assert.throws(() => new RelayListStore(cache, options), {
      name: "TypeError",
      message: `Cannot use option "${name}": it must be a function, got 1`,
    });
  }
  assert.throws(() => new RelayListStore(cache, { missingTTL: 1 } as RelayListStoreOptions), {
    name: "TypeError",
    message: /"missingTTL": there is no option of that name; the nearest is "missingTtl"$/,
  });
  for (const db of [undefined, {}, { event() {} }, { query() {} }]) {
    assert.throws(() => new RelayListStore(db as unknown as NStore), {
      name: "TypeError",
      message: /"db" must have the methods event and query/,
    });
  }
});

Deno.test("NIP-62: RelayListStore event() lets a request to vanish count only where it names all relays or this place", async () => {
  for (const [place, counts] of [["ALL_RELAYS", true], [HERE, true], [B, false]] as const) {
    const list = listEvent(ALICE, [A], NOW - 1);
    const wrap = unsigned(BOB, { kind: 1059, tags: [["p", ALICE]], created_at: NOW - 1 });
    const others = unsigned(BOB, { kind: 1059, tags: [["p", BOB]], created_at: NOW - 1 });
    const { store, write } = setUp([list], { relayUrls: [HERE] });
    await store.event(wrap);
    await store.event(others);
    await store.event(unsigned(ALICE, { kind: 62, tags: [["relay", place]] }));
    assert.deepEqual(await write(ALICE), counts ? undefined : [A], place);
    const left = await store.query([{ kinds: [1059] }]);
    assert.equal(left.length, counts ? 1 : 2);
    assert.ok(left.some(({ id }) => id === others.id));
    for (const event of [list, wrap]) {
      if (!counts) await store.event(event);
      else await assert.rejects(store.event(event), { reason: "deleted" });
    }
    await store.event(unsigned(BOB, { kind: 1059, tags: [["p", ALICE]], created_at: NOW + 1 }));
  }
});

Deno.test("NIP-62: RelayListStore knows no place of its own unless an option names it, and refuses a wrong one", async () => {
  const { store, write } = setUp([listEvent(ALICE, [A], NOW - 1)]);
  await store.event(unsigned(ALICE, { kind: 62, tags: [["relay", HERE]] }));
  assert.deepEqual(await write(ALICE), [A]);
  assert.throws(() => setUp([], { relayUrls: ["here"] }), { name: "TypeError", message: /"here"/ });
});
