import { NCache } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { ListBatchLoader } from "../../src/lists/list_batch_loader.ts";
import { parseRelayList } from "../../src/nostr/relay_list.ts";
import { isNewer } from "../../src/nostr/versions.ts";
import { PEOPLE, person, time } from "../support/arbitraries.ts";
import { ControlledStore, turns } from "../support/controlled_store.ts";

const [ALICE, BOB, CAROL] = PEOPLE;

/** An unsigned relay list: a loader verifies nothing. */
function listEvent(pubkey: string, created_at = 1, id = pubkey): NostrEvent {
  const tags = [["r", `wss://${id.slice(0, 4)}.example`]];
  return { kind: 10002, pubkey, created_at, id, tags, content: "", sig: "" };
}

/** A loader over lists, and the calls of `onLoad`. */
function setUp(lists: NostrEvent[] = [], batchSize = 1_000, kind = 10002) {
  const cache = new NCache({ max: 100 });
  for (const list of lists) cache.add(list);
  const db = new ControlledStore(cache);
  const loaded: [pubkey: string, created_at: number | undefined][] = [];
  const loader = new ListBatchLoader(db, {
    kind,
    batchSize,
    parse: (event) => parseRelayList(event),
    onLoad: (pubkey, list) => loaded.push([pubkey, list?.created_at]),
  });
  return { cache, db, loader, loaded };
}

const versions = fc.record({ pubkey: person, created_at: time, id: person })
  .map(({ pubkey, created_at, id }) => listEvent(pubkey, created_at, id));

Deno.test("NIP-01: isNewer() is a total order: the later version is newer, and of equals the one with the lower id", () => {
  fc.assert(
    fc.property(versions, versions, (a, b) => {
      const key = ({ created_at, id }: NostrEvent) => `${created_at} ${id}`;
      const same = a.created_at === b.created_at && a.id === b.id;
      const [first] = [a, b].sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1));
      assert.equal(isNewer(a, b), !same && key(first) === key(a));
      assert.equal(isNewer(a, b) || isNewer(b, a), !same);
    }),
  );
});

Deno.test("ListBatchLoader loads all authors of one turn in one query, each once", async () => {
  const { db, loader } = setUp([listEvent(ALICE), listEvent(BOB)]);
  const batches = [ALICE, BOB, ALICE, CAROL].map((pubkey) => loader.load(pubkey));
  assert.equal(new Set(batches).size, 1);
  assert.deepEqual([...(await batches[0]).keys()].sort(), [ALICE, BOB].sort());
  assert.deepEqual(db.queried, [[ALICE, BOB, CAROL]]);
});

Deno.test("ListBatchLoader puts at most batchSize authors into a query, and sends as few queries as that allows", async () => {
  const authors = fc.tuple(fc.subarray([...PEOPLE]), fc.integer({ min: 1, max: 20 }));
  await fc.assert(
    fc.asyncProperty(authors, async ([people, batchSize]) => {
      const { db, loader } = setUp([], batchSize);
      await Promise.all(people.map((pubkey) => loader.load(pubkey)));
      assert.deepEqual(db.queried.flat(), people);
      assert.equal(db.queried.length, Math.ceil(people.length / batchSize));
      assert.ok(db.queried.every(({ length }) => length <= batchSize));
    }),
  );
});

Deno.test("ListBatchLoader lets later callers wait for the query under way, or puts them into the next", async () => {
  const { db, loader } = setUp([listEvent(ALICE), listEvent(BOB)]);
  db.held = true;
  const first = loader.load(ALICE);
  await turns();
  assert.equal(loader.load(ALICE), first);
  const second = loader.load(BOB);
  assert.notEqual(second, first);
  await turns();
  assert.deepEqual(db.queried, [[ALICE], [BOB]]);
  await Promise.all(db.calls.map((call) => call.answer()));
  assert.ok((await first).has(ALICE) && (await second).has(BOB));
  assert.notEqual(loader.load(ALICE), first, "it caches nothing");
  await turns();
  await db.calls[2].answer();
});

Deno.test("ListBatchLoader calls onLoad once with each list, and once for each author without one", async () => {
  const { loader, loaded } = setUp([listEvent(ALICE, 5)]);
  await Promise.all([loader.load(ALICE), loader.load(BOB), loader.load(ALICE)]);
  assert.deepEqual(loaded, [[ALICE, 5], [BOB, undefined]]);
});

Deno.test("NIP-01: ListBatchLoader takes the newest of the versions that a database returns, in any order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(versions, { maxLength: 8 }), async (events) => {
      const { db, loader } = setUp();
      db.query = () => Promise.resolve(events);
      const authors = [ALICE, BOB, CAROL];
      const [lists] = await Promise.all(authors.map((pubkey) => loader.load(pubkey)));
      for (const pubkey of authors) {
        const newest = events.filter((event) => event.pubkey === pubkey)
          .reduce<NostrEvent | undefined>((a, b) => a && !isNewer(b, a) ? a : b, undefined);
        assert.deepEqual(lists.get(pubkey), newest && parseRelayList(newest));
      }
    }),
  );
});

Deno.test("ListBatchLoader queries its kind, and ignores events of others", async () => {
  for (const [kind, other] of [[10002, 10050], [10050, 10002]]) {
    const { db, loader } = setUp([], 9, kind);
    const queried: NostrFilter[] = [];
    db.query = (filters) => {
      queried.push(...filters);
      return Promise.resolve([{ ...listEvent(ALICE), kind: other }, { ...listEvent(BOB), kind }]);
    };
    assert.deepEqual([...(await loader.load(ALICE)).keys()], [BOB]);
    assert.deepEqual(queried, [{ kinds: [kind], authors: [ALICE] }]);
  }
});

Deno.test("ListBatchLoader does not call onLoad with what was invalidated while it was read", async () => {
  const { cache, db, loader, loaded } = setUp([listEvent(ALICE, 1), listEvent(BOB, 1)]);
  db.held = true;
  const old = loader.load(ALICE);
  loader.load(BOB);
  await turns();
  await db.calls[0].act();
  cache.add(listEvent(ALICE, 2, BOB));
  loader.invalidate(ALICE);
  const fresh = loader.load(ALICE);
  assert.notEqual(fresh, old);
  await turns();
  await db.calls[1].answer();
  assert.equal((await fresh).get(ALICE)?.created_at, 2);
  await db.calls[0].answer();
  await old;
  assert.deepEqual(loaded, [[ALICE, 2], [BOB, 1]], "the older answer came last");
});

Deno.test("ListBatchLoader loads again whoever was invalidated before the query was sent", async () => {
  const { db, loader, loaded } = setUp([listEvent(ALICE, 1)]);
  const before = loader.load(ALICE);
  loader.invalidate(ALICE);
  const after = loader.load(ALICE);
  assert.notEqual(after, before);
  await Promise.all([before, after]);
  assert.deepEqual([db.queried, loaded], [[[ALICE], [ALICE]], [[ALICE, 1]]]);
});

Deno.test("ListBatchLoader calls onLoad for nothing that was under way when everything was invalidated", async () => {
  const { db, loader, loaded } = setUp([listEvent(ALICE), listEvent(BOB)], 1);
  db.held = true;
  const batches = [loader.load(ALICE), loader.load(BOB)];
  await turns();
  loader.invalidate();
  await Promise.all(db.calls.map((call) => call.answer()));
  await Promise.all(batches);
  assert.deepEqual(loaded, []);
});

Deno.test("ListBatchLoader rejects for all who wait, reports nobody as without a list, and queries again", async () => {
  const { db, loader, loaded } = setUp([listEvent(ALICE)]);
  db.held = true;
  const first = loader.load(ALICE);
  const second = loader.load(BOB);
  await turns();
  db.calls[0].fail(new Error("disk on fire"));
  await assert.rejects(first, /disk on fire/);
  await assert.rejects(second, /disk on fire/);
  assert.deepEqual(loaded, []);
  db.held = false;
  assert.ok((await loader.load(ALICE)).has(ALICE));
});

Deno.test("ListBatchLoader fails quietly if nobody waits any more", async () => {
  const { db, loader } = setUp();
  db.query = () => {
    throw new Error("closed");
  };
  loader.load(ALICE);
  await turns();
  await assert.rejects(loader.load(ALICE), /closed/);
});
