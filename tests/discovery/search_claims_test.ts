import assert from "node:assert/strict";
import { EMPTY_SEARCH_LOG } from "../../src/discovery/search_log.ts";
import { START } from "../../testing/test_clock.ts";
import { DiscoveryWorld, HOUR_MS, settles } from "../support/discovery_world.ts";
import { F, hangs, holds, I1, I2, I3, indexers } from "../support/fake_relays.ts";
import { list, lists, P, people, person } from "../support/listed_people.ts";
import { SharedRecordMap } from "../support/shared_records.ts";

/** Discovery in a process that shares its database with another one, which acts by hand. */
function setUp(held = lists(10)) {
  const db = new SharedRecordMap();
  const world: DiscoveryWorld = new DiscoveryWorld(indexers(holds(held)), {
    claim: (keys, ms) => {
      if (broken.error) return Promise.reject(broken.error);
      claims.push(keys);
      return Promise.resolve(db.claim("1", keys, world.clock.now(), ms));
    },
  });
  const claims: (readonly string[])[] = [];
  const broken: { error?: Error } = {};
  /** The other process begins a search. */
  const claimElsewhere = (...pubkeys: string[]) =>
    db.claim("2", pubkeys.map((pubkey) => `10002:${pubkey}`), world.clock.now(), 10_000);
  return { broken, claimElsewhere, claims, world };
}

Deno.test("Discovery find() claims the searches of one turn at once, and then asks", async () => {
  const { claims, world } = setUp();
  await Promise.all([world.find(people(5)), world.find([person(5)])]);
  assert.equal(await world.known(people(6)), 6);
  assert.deepEqual(claims.map(({ length }) => length), [6]);
});

Deno.test("Discovery find() asks no relay for a list that another process finds", async () => {
  const { claimElsewhere, world } = setUp();
  claimElsewhere(P);
  const found = world.discovery.find(10002, [P], { wait: 60_000 });
  assert.ok(!await settles(world, found));
  await world.db.event(list(7));
  await world.store.reload([`10002:${P}`]);
  assert.ok(await settles(world, found));
  assert.ok(world.store.peek(P));
  await world.clock.advance(HOUR_MS);
  await world.turn();
  assert.equal(world.requests.length, 0);
  await world.discovery.close();
  assert.equal(world.clock.pending, 0);
});

Deno.test("Discovery find() sees a list that was stored just before its claim failed", async () => {
  const { claimElsewhere, world } = setUp();
  await world.store.get([P]);
  claimElsewhere(P);
  // Nobody tells of it: it was told before the search began.
  await world.db.event(list(7));
  assert.equal(world.store.peek(P), null);
  const found = world.discovery.find(10002, [P], { wait: 60_000 });
  assert.ok(await settles(world, found));
  assert.equal(world.requests.length, 0);
});

Deno.test("Discovery discover() takes the word of another process that somebody has no list", async () => {
  const { claimElsewhere, world } = setUp();
  const log = { 10002: { at: START, found: false } };
  claimElsewhere(P);
  const searchLog = world.searchLog;
  const result = world.discovery.discover([P]);
  assert.ok(!await settles(world, result));
  searchLog.change(P, () => log, EMPTY_SEARCH_LOG);
  world.discovery.heard([P]);
  assert.ok(await settles(world, result));
  assert.deepEqual(await result, { known: 0, asked: 1, found: 0, missing: 1 });
  assert.equal(world.requests.length, 0);
});

Deno.test("Discovery find() leaves a refresh to another process", async () => {
  const { claimElsewhere, world } = setUp();
  await world.find([P]);
  world.requests.length = 0;
  await world.clock.advance(6 * HOUR_MS);
  claimElsewhere(P);
  await world.find([P]);
  await world.turn();
  world.searchLog.change(
    P,
    () => ({ 10002: { at: Math.floor(world.clock.now() / 1000), found: true } }),
    EMPTY_SEARCH_LOG,
  );
  world.discovery.heard([P]);
  await world.clock.advance(60_000);
  await world.turn();
  assert.equal(world.requests.length, 0);
});

Deno.test("Discovery find() asks itself within 12 seconds if the other process was killed", async () => {
  const { claimElsewhere, world } = setUp();
  claimElsewhere(P);
  await world.find([P], 12_500);
  assert.ok(world.requests.length > 0);
  assert.equal(await world.known([P]), 1);
});

Deno.test("Discovery find() keeps its claim for as long as it searches, and no longer", async () => {
  const { claimElsewhere, world } = setUp();
  for (const url of [I1, I2, I3, F]) world.relays.set(url, hangs);
  const found = world.discovery.find(10002, [P], { wait: 60_000 });
  for (let s = 0; s < 30; s++) {
    await world.clock.advance(1_000);
    await world.turn();
    assert.equal(claimElsewhere(P).size, 0, `after ${s} s`);
  }
  for (const request of world.requests) request.end();
  await world.turn();
  for (const request of world.requests) request.end();
  await world.turn();
  await found;
  assert.equal(world.clock.pending, 0);
  await world.clock.advance(10_001);
  assert.equal(claimElsewhere(P).size, 1);
});

Deno.test("Discovery find() asks nobody for what no caller wants any longer", async () => {
  const { claimElsewhere, world } = setUp();
  claimElsewhere(P);
  const controller = new AbortController();
  const { signal } = controller;
  const found = world.discovery.find(10002, [P], { wait: 60_000, signal });
  await world.turn();
  controller.abort(new Error("no longer"));
  await assert.rejects(found, /no longer/);
  await world.clock.advance(60_000);
  await world.turn();
  assert.equal(world.requests.length, 0);
  assert.equal(world.clock.pending, 0);
});

Deno.test("Discovery find() asks itself if the database cannot take a claim, and says so", async () => {
  const { broken, world } = setUp();
  broken.error = new Error("connection lost");
  await world.find([P]);
  assert.equal(await world.known([P]), 1);
  assert.match(world.errors[0].message, /^Cannot claim the searches for 1 lists$/);
  assert.equal(world.errors[0].cause, broken.error);
});

Deno.test("Discovery close() ends searches that wait for another process", async () => {
  const { claimElsewhere, world } = setUp();
  claimElsewhere(P);
  const result = world.discovery.discover([P]);
  await world.turn();
  await world.discovery.close();
  assert.ok(await settles(world, result));
  assert.equal(world.clock.pending, 0);
});
