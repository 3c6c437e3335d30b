import fc from "fast-check";
import assert from "node:assert/strict";
import { RelayListStore } from "../../src/lists/relay_list_store.ts";
import { isNewer } from "../../src/nostr/versions.ts";
import { PEOPLE } from "../support/arbitraries.ts";
import { A, B, listEvent, NOW } from "../support/list_store.ts";
import { people } from "../support/listed_people.ts";
import { NDatabaseModel } from "../support/ndatabase.ts";

const [ALICE] = PEOPLE;

function setUp() {
  const db = new NDatabaseModel();
  const store = new RelayListStore(db, { verifyEvent: () => true, now: () => NOW * 1000 });
  const stored = async (pubkey: string) => {
    const events = await store.query([{ kinds: [10002], authors: [pubkey] }]);
    assert.equal(events.length, 1);
    return events[0];
  };
  return { db, store, stored };
}

/** Two lists of one second, the one with the lower id first. */
const tied = [listEvent(ALICE, [A]), listEvent(ALICE, [B])].sort((a, b) => a.id < b.id ? -1 : 1);

Deno.test("S1: RelayListStore over an NDatabase keeps the lower id of two lists of one second, whatever their order", async () => {
  for (const lists of [tied, tied.toReversed()]) {
    for (const method of ["event", "events"] as const) {
      const { store, stored } = setUp();
      for (const list of lists) {
        if (method === "event") await store.event(list);
        else assert.deepEqual((await store.events([list])).refused, []);
      }
      assert.deepEqual(await stored(ALICE), tied[0]);
      assert.deepEqual((await store.get([ALICE])).get(ALICE)?.write, [tied[0].tags[0][1]]);
    }
  }
});

Deno.test("S1: RelayListStore over an NDatabase ends with the newest of any lists, in any order, one by one or at once", async () => {
  const list = fc.record({
    author: fc.constantFrom(...people(3)),
    url: fc.constantFrom(A, B, "wss://c.example/"),
    second: fc.integer({ min: 0, max: 2 }),
  }).map(({ author, url, second }) => listEvent(author, [url], NOW - second));
  const law = fc.asyncProperty(fc.array(list), fc.boolean(), async (lists, atOnce) => {
    const { db, store } = setUp();
    if (atOnce) await store.events(lists);
    else await Promise.all(lists.map((list) => store.event(list)));
    const newest = new Map<string, string>();
    for (const list of lists.toSorted((a, b) => isNewer(a, b) ? 1 : -1)) {
      newest.set(list.pubkey, list.id);
    }
    assert.deepEqual([...db.events.keys()].sort(), [...newest.values()].sort());
  });
  await fc.assert(law, { numRuns: 100 });
});

Deno.test("RelayListStore events() over an NDatabase stores 30 lists of which one is of the stored one's second", async () => {
  const { store } = setUp();
  await store.event(tied[1]);
  const lists = [tied[0], ...people(30).map((pubkey) => listEvent(pubkey))];
  assert.deepEqual(await store.events(lists), { stored: 31, refused: [] });
});

Deno.test("RelayListStore event() loses no list where one of its second cannot be stored", async () => {
  const { db, store, stored } = setUp();
  await store.event(tied[1]);
  db.failures.push(new Error("disk full"), new Error("disk on fire"));
  await assert.rejects(store.event(tied[0]), /disk on fire/);
  assert.deepEqual(await stored(ALICE), tied[1]);
  assert.deepEqual((await store.get([ALICE])).get(ALICE)?.write, [tied[1].tags[0][1]]);
  await store.event(tied[0]);
  assert.deepEqual(await stored(ALICE), tied[0]);
});

Deno.test("RelayListStore event() removes nothing for a list that is newer, and that the database does not store", async () => {
  const { db, store, stored } = setUp();
  await store.event(tied[1]);
  db.failures.push(new Error("disk full"));
  const { writes } = db;
  await assert.rejects(store.event(listEvent(ALICE, [A], NOW + 1)), /disk full/);
  assert.equal(db.writes, writes + 1);
  assert.deepEqual(await stored(ALICE), tied[1]);
});
