import assert from "node:assert/strict";
import { findStoredLists } from "../../src/discovery/stored_lists.ts";
import { DiscoveryWorld } from "../support/discovery_world.ts";
import { unsigned } from "../support/list_store.ts";
import { list, people, person } from "../support/listed_people.ts";

Deno.test("findStoredLists() tells people with a list from those without, cached or not", async () => {
  const { store } = new DiscoveryWorld();
  await store.events([list(0), list(1), list(2)]);
  await store.get([person(0), person(5)]);
  const { known, missing } = await findStoredLists(store, 10002, [...people(6), person(1), "x"]);
  assert.deepEqual(new Set(known), new Set(people(3)));
  assert.deepEqual(missing, new Set(people(6).slice(3)));
});

Deno.test("findStoredLists() finds lists of any kind, each kind by itself", async () => {
  const { store } = new DiscoveryWorld();
  const kinds = [10006, 10007, 10009, 10013, 10050];
  await store.event(list(9));
  for (const [n, kind] of kinds.entries()) await store.event(unsigned(person(n), { kind }));
  for (const [n, kind] of kinds.entries()) {
    const { known, missing } = await findStoredLists(store, kind, [...people(5), person(9)]);
    assert.deepEqual(known, [person(n)]);
    assert.equal(missing.size, 5);
  }
});

Deno.test("findStoredLists() returns what the database throws, and rejects with the reason of the signal", async () => {
  for (const kind of [10002, 10006]) {
    const { db, store } = new DiscoveryWorld();
    const controller = new AbortController();
    db.query = () => new Promise(() => {});
    const looking = findStoredLists(store, kind, people(1), controller.signal);
    controller.abort(new Error("enough"));
    await assert.rejects(looking, /enough/);
    db.query = () => Promise.reject(new Error("disk full"));
    const { known, missing, failure } = await findStoredLists(store, kind, [person(3)]);
    assert.deepEqual([known, missing], [[], new Set([person(3)])]);
    assert.match(String(failure?.cause), /disk full/);
  }
});

Deno.test("findStoredLists() queries the database for nobody whom the cache knows", async () => {
  const { db, store } = new DiscoveryWorld();
  await store.event(list(0));
  await store.get(people(2));
  db.error = new Error("the database must not be queried");
  const { known, missing } = await findStoredLists(store, 10002, people(2));
  assert.deepEqual(known, [person(0)]);
  assert.deepEqual(missing, new Set([person(1)]));
});
