import assert from "node:assert/strict";
import { settled, START } from "../../testing/test_clock.ts";
import { DiscoveryWorld, HOUR_MS, settles } from "../support/discovery_world.ts";
import { F, fails, hangs, holds, I1, I2, I3, outage } from "../support/fake_relays.ts";
import { list, P, people, person } from "../support/listed_people.ts";

Deno.test("Discovery find() resolves as soon as everybody has a list, however long other relays take", async () => {
  const world = new DiscoveryWorld({ [I1]: holds([list(7)]), [I2]: hangs });
  const found = world.discovery.find(10002, [P], { wait: 60_000 });
  assert.ok(await settles(world, found));
  assert.equal(await world.known([P]), 1);
});

Deno.test("Discovery find() resolves once somebody has no list, or cannot be searched for", async () => {
  const empty = new DiscoveryWorld();
  assert.ok(await settles(empty, empty.discovery.find(10002, [P], { wait: 60_000 })));
  const down = new DiscoveryWorld(outage());
  assert.ok(await settles(down, down.discovery.find(10002, [P], { wait: 60_000 })));
});

Deno.test("Discovery find() waits only for the first indexers, if they answer, unless nothing stands in for a list", async () => {
  for (const [kind, isOver] of [[10002, true], [10050, false]] as const) {
    const world = new DiscoveryWorld({ [I3]: hangs });
    let over = false;
    void world.discovery.find(kind, people(1), { wait: 60_000 }).then(() => over = true);
    await world.clock.advance(10);
    assert.equal(over, isOver);
    assert.deepEqual(world.requests.map(({ url }) => url), [I1, I2, I3]);
    await world.discovery.close();
  }
});

Deno.test("Discovery find() waits for further indexers if the first do not answer", async () => {
  const world = new DiscoveryWorld({ [I1]: fails, [I2]: fails, [I3]: hangs });
  let over = false;
  void world.discovery.find(10002, people(1), { wait: 60_000 }).then(() => over = true);
  await world.clock.advance(10);
  assert.ok(!over);
  await world.discovery.close();
});

Deno.test("Discovery find() waits no longer than `wait`, and the search goes on", async () => {
  const world = new DiscoveryWorld({ [I1]: hangs, [I2]: hangs, [I3]: hangs, [F]: hangs });
  const found = world.discovery.find(10002, [P], { wait: 1_500 });
  await world.clock.advance(1_499);
  assert.ok(!await settles(world, found));
  await world.clock.advance(1);
  assert.ok(await settles(world, found));
  world.requests[0].onEvent(list(7));
  world.requests[0].end();
  await world.turn();
  assert.equal(await world.known([P]), 1);
});

Deno.test("Discovery find() only begins a search if `wait` is 0", async () => {
  const world = new DiscoveryWorld({ [I1]: hangs, [I2]: hangs });
  assert.ok(await settles(world, world.discovery.find(10002, [P], { wait: 0 })));
  assert.equal(world.requests.length, 2);
});

Deno.test("Discovery find() says how many lists are about to come, as soon as it looks for them", async () => {
  const expected: number[] = [];
  const world = new DiscoveryWorld({ [I1]: hangs }, { onSearch: (lists) => expected.push(lists) });
  void world.discovery.find(10002, people(3), { wait: 60_000 });
  await world.turn();
  assert.deepEqual(expected, [3]);
  await world.discovery.close();
});

Deno.test("Discovery find() requests no list that is being requested, however many callers there are", async () => {
  const world = new DiscoveryWorld({ [I1]: hangs, [I2]: hangs });
  const both = [10_000, 20_000].map((wait) => world.discovery.find(10002, [P, P], { wait }));
  await world.turn();
  both.push(world.discovery.find(10002, [person(8), P], { wait: 10_000 }));
  await world.turn();
  assert.deepEqual(world.at(I1), [[P]]);
  assert.deepEqual(world.duplicates, []);
  for (const { onEvent, end } of world.requests) {
    onEvent(list(7));
    onEvent(list(8));
    end();
  }
  assert.ok(await settles(world, Promise.all(both.slice(0, 2))));
});

Deno.test("Discovery find() gives up its own waiting when its signal is aborted", async () => {
  const world = new DiscoveryWorld({ [I1]: hangs, [I2]: hangs });
  const controller = new AbortController();
  const given = world.discovery.find(10002, [P], { wait: 60_000, signal: controller.signal });
  const other = world.discovery.find(10002, [P], { wait: 60_000 });
  await world.turn();
  controller.abort(new Error("gone"));
  await assert.rejects(given, /gone/);
  world.requests[0].onEvent(list(7));
  world.requests[0].end();
  assert.ok(await settles(world, other));
  await assert.rejects(
    world.discovery.find(10002, [P], { wait: 1, signal: controller.signal }),
    /gone/,
  );
});

Deno.test("Discovery find() sends no further request once all callers gave it up", async () => {
  const world = new DiscoveryWorld({ [I1]: hangs, [I2]: hangs, [I3]: hangs }, { maxAuthors: 1 });
  const controller = new AbortController();
  const { signal } = controller;
  const given = world.discovery.find(10002, people(20), { wait: 60_000, signal });
  await world.turn();
  assert.equal(world.requests.length, 12);
  controller.abort();
  await assert.rejects(given);
  for (const { end } of world.requests) end();
  await world.turn();
  assert.equal(world.requests.length, 12);
  assert.ok(
    !world.requests.some(({ wasAborted }) => wasAborted),
    "a request that was sent goes on",
  );
  await world.find(people(20), 1_000);
  assert.ok(world.requests.length > 12, "later callers are served");
});

Deno.test("Discovery find() does not wait for a list that is stored meanwhile, but requests it all the same", async () => {
  const world = new DiscoveryWorld({ [I1]: hangs, [I2]: hangs });
  const found = world.discovery.find(10002, [P], { wait: 60_000 });
  assert.ok(!await settles(world, found));
  await world.store.event(list(7));
  assert.ok(await settles(world, found));
  for (const { end } of world.requests) end();
  await world.turn();
  assert.deepEqual(world.progress.at(-1), { known: 0, asked: 1, found: 1, missing: 0 });
  await world.clock.advance(2 * HOUR_MS);
  const before = world.requests.length;
  await world.find([P]);
  assert.equal(world.requests.length, before, "it is known to be the newest");
});

/** The 7th person deletes their list (NIP-09). */
const deletion = {
  ...list(7, START + 1),
  kind: 5,
  id: "5".repeat(64),
  tags: [["a", `10002:${P}:`]],
};

Deno.test("NIP-09: Discovery find() goes on waiting when a list is deleted during its search", async () => {
  const world = new DiscoveryWorld({ [I1]: hangs, [I2]: hangs });
  const found = world.discovery.find(10002, [P], { wait: 60_000 });
  assert.ok(!await settles(world, found));
  // Another process stored it.
  await world.db.event(list(7));
  await world.store.event(deletion);
  assert.ok(!await settles(world, found));
  for (const { end } of world.requests) end({ answered: true, complete: true });
  assert.ok(await settles(world, found));
  assert.equal(await world.discovery.searchState(10002, P), "none");
});

Deno.test("NIP-09: Discovery find() remembers that somebody has no list who deleted it during its search", async () => {
  const world = new DiscoveryWorld({ [I1]: hangs, [I2]: hangs });
  const found = world.discovery.find(10002, [P], { wait: 60_000 });
  await world.turn();
  await world.store.event(list(7));
  assert.ok(await settles(world, found));
  await world.store.event(deletion);
  for (const { end } of world.requests) end({ answered: true, complete: true });
  await world.turn();
  assert.deepEqual(world.progress.at(-1), { known: 0, asked: 1, found: 0, missing: 1 });
  assert.equal(await world.discovery.searchState(10002, P), "none");
});

Deno.test("Discovery find() does not wait for other relays if another process stored the same list meanwhile", async () => {
  const world = new DiscoveryWorld({ [I1]: hangs, [I2]: hangs });
  const found = world.discovery.find(10002, [P], { wait: 60_000 });
  await world.turn();
  await world.db.event(list(7));
  world.requests[0].onEvent(list(7));
  world.requests[0].end();
  assert.ok(await settles(world, found));
});

Deno.test("Discovery find() ignores what is no pubkey", async () => {
  const world = new DiscoveryWorld();
  await world.find(["", "x", P.toUpperCase() + "F", "É".repeat(64)]);
  assert.deepEqual(world.requests, []);
});

Deno.test("D1: Discovery find() asks indexers for all that is not in memory while the database fails", async () => {
  const world = new DiscoveryWorld({ [I1]: holds([list(7)]), [I2]: holds([list(7)]) });
  world.relays.set(I3, holds([list(1)]));
  await world.find([person(1)]);
  await world.store.get([person(1)]);
  world.requests.length = 0;
  world.db.error = new Error("disk full");
  const cause = world.db.error;
  await world.find([person(1), P, person(8)]);
  assert.ok(world.requests.every(({ authors }) => !authors.includes(person(1))));
  assert.ok(world.requests.some(({ authors }) => authors.includes(P)));
  assert.ok(world.errors.length > 0);
  for (const error of world.errors) assert.equal(error.cause, cause);
  assert.equal(world.store.peek(P)?.pubkey, P, "what was found serves, stored or not");
});

Deno.test("Discovery close() ends all waiting and all requests, and leaves no timer", async () => {
  const world = new DiscoveryWorld({ [I1]: hangs, [I2]: hangs });
  const waiting = [
    world.discovery.find(10002, people(9), { wait: 60_000 }),
    world.discovery.discover([P]),
  ];
  const stop = world.discovery.watch(people(3));
  await world.turn();
  await world.discovery.close();
  assert.ok(await settles(world, Promise.all(waiting)));
  assert.ok(world.requests.every(({ wasAborted }) => wasAborted));
  await world.turn();
  assert.equal(world.clock.pending, 0);
  await world.discovery.find(10002, [person(99)], { wait: 60_000 });
  world.discovery.watch([P])();
  stop();
  assert.equal(world.clock.pending, 0);
  assert.equal(world.requests.length, 2);
  assert.deepEqual(world.errors, []);
});

Deno.test("Discovery close() before the first request leaves no timer, and sends none", async () => {
  const world = new DiscoveryWorld();
  const found = world.discovery.find(10002, [P], { wait: 60_000 });
  await settled();
  assert.equal(world.clock.pending, 2);
  await world.discovery.close();
  await settled();
  assert.equal(world.clock.pending, 0);
  assert.ok(await settles(world, found));
  assert.deepEqual(world.requests, []);
});

Deno.test("Discovery close() stops listening to the store", async () => {
  let listeners = 0;
  const { store } = new DiscoveryWorld();
  const onList = () => {
    listeners++;
    return () => void listeners--;
  };
  const { discovery } = new DiscoveryWorld({}, { store: Object.assign(store, { onList }) });
  assert.equal(listeners, 1);
  await discovery.close();
  assert.equal(listeners, 0);
});
