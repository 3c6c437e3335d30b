import "npm:fake-indexeddb@^6.2.8/auto";
import type { NostrEvent } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { openIndexedDb } from "../../src/db/indexeddb.ts";
import { histories } from "./arbitraries.ts";
import { store } from "./contract_queries.ts";
import { unsigned } from "./events.ts";
import { Oracle } from "./oracle.ts";

let opened = 0;

/** A name that no other test has. */
const newName = () => `test ${++opened}`;

const A = "wss://a.example/";
const B = "wss://b.example/";

Deno.test("IndexedDb.events() leaves what event() leaves one by one, and reports it", async () => {
  await fc.assert(
    fc.asyncProperty(histories(unsigned), async (events) => {
      await using db = await openIndexedDb(newName());
      const oracle = new Oracle();
      const refused = events.filter((event) => !oracle.event(event));
      const result = await db.events(events);
      assert.deepEqual(await db.query([{}]), oracle.query([{}]));
      assert.deepEqual(result.refused.map(({ event }) => event), refused);
      assert.equal(result.stored + result.ignored + refused.length, events.length);
    }),
  );
});

Deno.test("IndexedDb.events() stores all or nothing", async () => {
  await using db = await openIndexedDb(newName());
  const events = Array.from({ length: 1_200 }, (_, i) => unsigned({ created_at: i }));
  const stop = new AbortController();
  const onProgress = (done: number) => done > 500 && stop.abort(new Error("enough"));
  await assert.rejects(
    db.events(events, { signal: stop.signal, onProgress }),
    new Error("enough"),
  );
  assert.equal((await db.count([{}])).count, 0);
  assert.equal((await db.events(events)).stored, 1_200);
});

Deno.test("IndexedDb.query() finds the same by scanning, by author, by tag and with any limit", async () => {
  const events = Array.from({ length: 60 }, (_, i) =>
    unsigned({
      author: i % 40 + 1,
      kind: [1, 7, 10002, 30000][i % 4],
      created_at: 100 + i % 7,
      content: `${i}`,
      tags: [["d", `${i % 3}`], ["t", `${i % 5}`]],
    }));
  const oracle = new Oracle();
  for (const event of events) oracle.event(event);
  await using db = await openIndexedDb(newName());
  await db.events(events);
  const people = [...new Set(events.map(({ pubkey }) => pubkey))];
  const filter = fc.record({
    authors: fc.subarray(people, { minLength: 1 }),
    kinds: fc.subarray([1, 7, 10002, 30000, 10050], { minLength: 1 }),
    "#t": fc.subarray(["0", "1", "2", "3", "4", "x"], { minLength: 1 }),
    since: fc.integer({ min: 98, max: 108 }),
    until: fc.integer({ min: 98, max: 108 }),
    limit: fc.integer({ min: 1, max: 30 }),
  }, { requiredKeys: [] });
  await fc.assert(
    fc.asyncProperty(fc.array(filter, { minLength: 1, maxLength: 3 }), async (filters) => {
      assert.deepEqual(await db.query(filters), oracle.query(filters));
      assert.equal((await db.count(filters)).count, oracle.query(filters).length);
    }),
    { numRuns: 300 },
  );
});

Deno.test("IndexedDb holds at most maxEvents: the oldest posts go first, and it says until when", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), fc.boolean()), {
        minLength: 90,
        maxLength: 260,
      }),
      fc.integer({ min: 1, max: 90 }),
      async (drafts, together) => {
        await using db = await openIndexedDb(newName(), { maxEvents: 100 });
        const events = drafts.map(([created_at, isList], i) =>
          unsigned({ author: i % 200 + 1, kind: isList ? 10002 : 1, created_at, content: `${i}` })
        );
        const oracle = new Oracle();
        let left: readonly NostrEvent[] = [];
        for (let i = 0; i < events.length; i += together) {
          const some = events.slice(i, i + together);
          // What there would be now, had the database no bound.
          const unbounded = new Oracle();
          for (const event of [...left, ...some]) unbounded.event(event);
          for (const event of some) oracle.event(event);
          await db.events(some);
          left = await db.query([{}]);
          assert.ok(left.length <= 100, `${left.length} events`);
          const forgotten = await db.forgottenUntil() ?? -1;
          const newer = [{ since: forgotten + 1 }];
          assert.deepEqual(await db.query(newer), oracle.query(newer));
          if (left.some(({ kind }) => kind === 1)) {
            const lists = [{ kinds: [10002] }];
            assert.deepEqual(await db.query(lists), unbounded.query(lists), "a list went first");
          }
        }
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("IndexedDb.forgottenUntil() is the latest time of what went, though older lists went last", async () => {
  await using db = await openIndexedDb(newName(), { maxEvents: 100 });
  const list = (author: number) => unsigned({ author, kind: 10002, created_at: author });
  await db.events(Array.from({ length: 98 }, (_, i) => list(i + 1)));
  await db.events([1_000, 1_001].map((created_at) => unsigned({ created_at })));
  await db.events(Array.from({ length: 5 }, (_, i) => list(101 + i)));
  assert.equal((await db.count([{ kinds: [1] }])).count, 0);
  assert.equal((await db.count([{}])).count, 98);
  assert.equal(await db.forgottenUntil(), 1_001);
});

Deno.test("IndexedDb counts a list once, however often it is replaced or removed", async () => {
  await using db = await openIndexedDb(newName(), { maxEvents: 100 });
  const posts = Array.from({ length: 90 }, (_, i) => unsigned({ created_at: i + 1 }));
  await db.events(posts);
  for (let i = 0; i < 30; i++) await db.event(unsigned({ kind: 10002, created_at: i + 1 }));
  for (let i = 0; i < 3; i++) {
    await db.remove([{ kinds: [1] }]);
    await db.events(posts);
  }
  assert.equal((await db.count([{}])).count, 91);
  assert.equal(await db.forgottenUntil(), undefined);
});

Deno.test("IndexedDb.query() finds quiet people's posts behind thousands of others'", async () => {
  await using db = await openIndexedDb(newName());
  const quiet = Array.from(
    { length: 20 },
    (_, i) => unsigned({ author: i + 1, created_at: i + 1 }),
  );
  const noise = Array.from(
    { length: 2_500 },
    (_, i) => unsigned({ author: 99, created_at: 100 + i }),
  );
  await db.events([...quiet, ...noise]);
  const authors = quiet.map(({ pubkey }) => pubkey);
  assert.equal((await db.query([{ kinds: [1], authors, limit: 5 }])).length, 5);
  assert.deepEqual(await db.query([{ kinds: [1], authors }]), quiet.toReversed());
});

Deno.test("IndexedDb finds again what it stored, in another object and after it was closed", async () => {
  const name = newName();
  const [one, two] = [await openIndexedDb(name), await openIndexedDb(name)];
  const event = unsigned({ created_at: 5 });
  await one.event(event);
  await one.writeRecords("publication", new Map([["a", "1"]]));
  assert.deepEqual(await two.query([{}]), [event]);
  const last = two.event(unsigned({ created_at: 6 }));
  await Promise.all([one.close(), two.close()]);
  await last;
  await using again = await openIndexedDb(name);
  assert.equal((await again.query([{}])).length, 2);
  assert.deepEqual(await again.readRecords("publication"), new Map([["a", "1"]]));
  await assert.rejects(
    one.query([{}]),
    /^Error: Cannot use the IndexedDB "test \d+": it was closed here/,
  );
});

Deno.test("IndexedDb.shared tells other tabs what one writes, and nobody of their own", async () => {
  const name = newName();
  await using one = await openIndexedDb(name);
  await using two = await openIndexedDb(name);
  const { until } = await two.shared!.readChanges();
  await one.writeRecords("relay", new Map([[A, "1"], [B, "2"]]));
  await one.writeRecords("relay", new Map([[B, ""]]));
  const list = unsigned({ kind: 10002 });
  await one.events([list, unsigned({ author: 2, kind: 10002 }), unsigned()]);
  const { changes, until: later } = await two.shared!.readChanges(until);
  assert.deepEqual(changes.get("relay"), new Map([[A, "1"]]));
  assert.deepEqual([...changes.get("stored")!.keys()].sort(), [
    `10002:${list.pubkey}`,
    `10002:${unsigned({ author: 2 }).pubkey}`,
  ]);
  assert.equal((await two.shared!.readChanges(later)).changes.size, 0);
  assert.equal((await one.shared!.readChanges(until)).changes.size, 0);
  await one.event(list);
  assert.equal((await two.shared!.readChanges(later)).changes.size, 0, "nothing was stored");
});

Deno.test("IndexedDb.shared updates records without losing one, and all or none", async () => {
  const name = newName();
  const dbs = await Promise.all([1, 2, 3].map(() => openIndexedDb(name)));
  const increment = (stored: ReadonlyMap<string, string>) =>
    new Map([[A, `${Number(stored.get(A) ?? 0) + 1}`]]);
  await Promise.all(dbs.flatMap(({ shared }) =>
    Array.from({ length: 20 }, async () => {
      assert.equal((await shared!.updateRecords("relay", [A, B], increment)).size, 0);
    })
  ));
  assert.deepEqual(await dbs[0].readRecords("relay"), new Map([[A, "60"]]));
  const bad = dbs[0].shared!.updateRecords("relay", [A], () => new Map([[A, "7"], [B, "a\0b"]]));
  await assert.rejects(bad, TypeError);
  assert.deepEqual(await dbs[1].readRecords("relay"), new Map([[A, "60"]]));
  for (const db of dbs) await db.close();
});

Deno.test("IndexedDb.shared gives a claim to one tab, until its time is over", async () => {
  const name = newName();
  let now = 1_700_000_000_000;
  const open = () => openIndexedDb(name, { now: () => now });
  await using one = await open();
  await using two = await open();
  assert.equal((await one.claim(["a", "b", "a"], 100)).size, 2);
  assert.deepEqual(await two.claim(["a", "c"], 100), new Set(["c"]));
  assert.deepEqual(await one.claim(["a"], 100), new Set(["a"]));
  now += 101;
  assert.deepEqual(await two.claim(["a"], 100), new Set(["a"]));
});

Deno.test("IndexedDb.query() and count() leave out what has expired, and remove() finds it", async () => {
  let now = 1_700_000_000_000;
  await using db = await openIndexedDb(newName(), { now: () => now });
  await store(db, [unsigned({ tags: [["expiration", "1700000100"]] }), unsigned({ author: 2 })]);
  assert.equal((await db.query([{}])).length, 2);
  now += 100_000;
  assert.equal((await db.query([{ limit: 2 }])).length, 1);
  assert.equal((await db.count([{}])).count, 1);
  await db.remove([{ authors: [unsigned().pubkey] }]);
  now -= 100_000;
  assert.equal((await db.query([{}])).length, 1);
});

Deno.test("openIndexedDb() refuses wrong options, and says what is missing", async () => {
  const cases: [object, RegExp][] = [
    [{ maxEvents: 99 }, /"maxEvents": it must be an integer >= 100, got 99/],
    [{ maxevents: 500 }, /"maxevents"/],
    [{ now: 5 }, /"now"/],
    [{ relayUrls: ["nowhere"] }, /"relayUrls"/],
  ];
  for (const [options, message] of cases) {
    await assert.rejects(openIndexedDb(newName(), options), message);
  }
  const { indexedDB } = globalThis;
  try {
    Object.defineProperty(globalThis, "indexedDB", { value: undefined, configurable: true });
    await assert.rejects(
      openIndexedDb("nowhere"),
      new Error('Cannot open the IndexedDB "nowhere": this runtime has no IndexedDB'),
    );
  } finally {
    Object.defineProperty(globalThis, "indexedDB", { value: indexedDB, configurable: true });
  }
});

Deno.test("IndexedDb.query() rejects when its signal is aborted on the way", async () => {
  await using db = await openIndexedDb(newName());
  await store(db, [unsigned()]);
  const stop = new AbortController();
  const found = db.query([{ kinds: [1] }, { kinds: [7] }], { signal: stop.signal });
  stop.abort(new Error("left"));
  await assert.rejects(found, new Error("left"));
  assert.equal((await db.query([{}])).length, 1);
});
