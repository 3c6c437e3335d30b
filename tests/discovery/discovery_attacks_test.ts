import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { START } from "../../testing/test_clock.ts";
import { DiscoveryWorld, FORGED } from "../support/discovery_world.ts";
import { F, fails, type FakeRelay, holds, I1, I2, I3, outage } from "../support/fake_relays.ts";
import { listEvent, unsigned } from "../support/list_store.ts";
import { list, lists, P, people, person } from "../support/listed_people.ts";
import { RecordMap } from "../support/relay_records.ts";

const forged = (event: NostrEvent): NostrEvent => ({ ...event, sig: FORGED });
const reports = (world: DiscoveryWorld) =>
  world.errors.map((error) =>
    error instanceof RelayFailureError ? `${error.reason} ${error.relay}` : error
  );

/** A relay that sends these events, whatever is requested. */
const sends = (events: readonly NostrEvent[]): FakeRelay => ({ onEvent, end }) => {
  for (const event of events) onEvent(event);
  end();
};

Deno.test("Discovery ignores newer lists that an indexer forges, and reports it once", async () => {
  const forgeries = people(20).map((_, n) => forged(list(n, START + 100)));
  const world = new DiscoveryWorld({ [I1]: holds(forgeries), [I2]: holds(lists(20)) }, {
    maxAuthors: 5,
  });
  await world.find(people(20));
  for (const [_, { created_at }] of await world.store.get(people(20))) {
    assert.equal(created_at, START);
  }
  assert.equal(await world.known(people(20)), 20);
  assert.deepEqual(reports(world), [`junk ${I1}`]);
});

Deno.test("Discovery stores a genuine list in spite of forged copies, in whichever order they come", async () => {
  const genuine = list(7);
  const copies = [
    { ...genuine, tags: [["r", "wss://evil.example/"]], sig: FORGED },
    { ...genuine, sig: FORGED },
  ];
  for (const relays of [[copies, [genuine]], [[genuine], copies], [[...copies, genuine], []]]) {
    const world = new DiscoveryWorld({ [I1]: sends(relays[0]), [I2]: sends(relays[1]) });
    await world.find([P]);
    assert.deepEqual((await world.store.get([P])).get(P)?.write, ["wss://7.example/"]);
  }
});

Deno.test("Discovery takes an indexer with only forged lists of somebody to have none", async () => {
  const world = new DiscoveryWorld({ [I1]: holds([forged(list(7))]) });
  await world.find([P]);
  assert.equal(world.db.events.size, 0);
  assert.deepEqual(world.progress.at(-1), { known: 0, asked: 1, found: 0, missing: 1 });
});

Deno.test("Discovery prefers the newest version, at another indexer or in the store, to an indexer's stale ones", async () => {
  const stale = holds([list(7, START - 1_000), list(8, START - 1_000)]);
  const world = new DiscoveryWorld({ [I1]: stale, [I2]: holds([list(7)]), [I3]: stale });
  await world.store.event(list(8));
  await world.find([P, person(8)]);
  for (const who of [P, person(8)]) {
    assert.equal((await world.store.get([who])).get(who)?.created_at, START);
  }
});

Deno.test("Discovery finds what other relays have, though an indexer says that nobody has a list", async () => {
  for (const stale of [I1, I2]) {
    const world = new DiscoveryWorld({ [I3]: holds(lists(9)) });
    world.relays.set(stale === I1 ? I2 : I1, fails);
    await world.find(people(9));
    assert.equal(await world.known(people(9)), 9);
  }
  const last = new DiscoveryWorld({ [F]: holds(lists(9)) });
  await last.find(people(9));
  assert.equal(await last.known(people(9)), 9);
});

Deno.test("Discovery stores no lists of other people, however many an indexer sends", async () => {
  const world = new DiscoveryWorld({ [I1]: sends(lists(50)), [I2]: holds(lists(50)) });
  await world.find([P]);
  assert.deepEqual([...world.db.events.keys()], [`10002:${P}`]);
  assert.ok(world.verified <= 2);
});

Deno.test("Discovery cuts off an indexer that floods, reports it once, and does not ask it for ten minutes", async () => {
  let sent = 0;
  const flooding: FakeRelay = (request) => {
    for (; !request.isOver && sent < 1_000_000; sent++) request.onEvent(list(7, START - sent));
  };
  const world = new DiscoveryWorld({ [I1]: flooding, [I2]: holds(lists(9)) });
  await world.find([P]);
  assert.ok(sent <= 110, `${sent}`);
  assert.ok(world.requests[0].wasAborted);
  assert.deepEqual(reports(world), [`flood ${I1}`]);
  assert.equal((await world.store.get([P])).get(P)?.created_at, START);
  await world.find([person(8)]);
  assert.equal(world.at(I1).length, 1);
  await world.clock.advance(600_000);
  await world.find([person(1)]);
  await world.find([person(2)]);
  assert.equal(world.at(I1).length, 2);
});

Deno.test("Discovery cuts off a flood of events that nobody requested, too", async () => {
  let sent = 0;
  const world = new DiscoveryWorld({
    [I1]: (request) => {
      for (; !request.isOver && sent < 1_000_000; sent++) request.onEvent(unsigned(P, { kind: 1 }));
    },
  });
  await world.find([P]);
  assert.ok(sent <= 110, `${sent}`);
  assert.equal(world.verified, 0);
});

Deno.test("Discovery takes three versions of a list and a hundred other events for no flood", async () => {
  const world = new DiscoveryWorld({
    [I1]: ({ onEvent, end }) => {
      for (let n = 0; n < 100; n++) onEvent(unsigned(P, { kind: 1 }));
      for (let n = 0; n < 3; n++) onEvent(list(7, START - n));
      end();
    },
  });
  await world.find([P]);
  assert.deepEqual(world.errors, []);
  assert.equal((await world.store.get([P])).get(P)?.created_at, START);
});

Deno.test("Discovery remembers the last 1,000 relays that flooded", async () => {
  const world = new DiscoveryWorld({}, { fallbacks: [] });
  const relays = Array.from({ length: 1_001 }, (_, n) => `wss://flood${n}.example/`);
  const junk = unsigned(P, { kind: 1 });
  for (const [n, url] of relays.entries()) {
    world.hints.set(person(n), [url]);
    world.relays.set(url, (request) => {
      while (!request.isOver) request.onEvent(junk);
    });
  }
  for (let n = 0; n < relays.length; n += 143) await world.find(people(n + 143).slice(n));
  assert.equal(reports(world).length, 1_001);
  world.hints.set(person(2_000), [relays[0], relays[1], relays[1_000]]);
  await world.find([person(2_000)]);
  assert.deepEqual([0, 1, 1_000].map((n) => world.at(relays[n]).length), [2, 1, 1]);
});

Deno.test("Discovery refuses a list of 10,000 entries, which costs others nothing", async () => {
  const urls = Array.from({ length: 10_000 }, (_, i) => `wss://relay${i}.example/`);
  const world = new DiscoveryWorld({
    [I1]: holds([listEvent(P, urls, START + 1), ...lists(9)]),
    [I2]: holds([unsigned(person(3), { created_at: START + 1, tags: [["r", "x".repeat(9e6)]] })]),
  });
  await world.find(people(9));
  assert.deepEqual((await world.store.get([P])).get(P)?.write, ["wss://7.example/"]);
  assert.equal(await world.known(people(9)), 9);
  const most = [...world.db.events.values()].map((event) => JSON.stringify(event).length);
  assert.ok(Math.max(...most) < 1_000);
});

Deno.test("Discovery refuses a list from the far future, and ignores a backdated one", async () => {
  const world = new DiscoveryWorld({
    [I1]: holds([list(7, START + 86_400), list(8, 1)]),
    [I2]: holds([list(7), list(8)]),
  });
  await world.find([P, person(8)]);
  for (const who of [P, person(8)]) {
    assert.equal((await world.store.get([who])).get(who)?.created_at, START);
  }
  assert.deepEqual(reports(world), [], "the machine's own clock may be wrong");
});

Deno.test("Discovery never takes an outage for missing lists, not over a restart either", async () => {
  const backend = new RecordMap();
  const down = outage();
  const world = new DiscoveryWorld(down, { backend });
  await world.find(people(500));
  await world.discovery.close();
  assert.equal(backend.records.size, 0);
  const up = new DiscoveryWorld({ [I1]: holds(lists(500)), [I2]: holds(lists(500)) }, { backend });
  await up.find(people(500));
  assert.equal(await up.known(people(500)), 500);
});

Deno.test("Discovery tries once in ten seconds for each person during an outage, however often they are requested", async () => {
  const world = new DiscoveryWorld(outage());
  for (let n = 0; n < 60; n++) {
    await world.find(people(10));
    await world.clock.advance(500);
  }
  assert.ok(world.at(I1).length <= 4, `${world.at(I1).length}`);
});

Deno.test("Discovery sends no request for a list a second by one key, and keeps only the last", async () => {
  let version = 0;
  const world = new DiscoveryWorld({
    [I1]: ({ onEvent, end }) => {
      onEvent(list(7, START + version));
      end();
    },
  });
  await world.find([P]);
  const before = world.requests.length;
  for (version = 1; version <= 200; version++) {
    await world.store.event(list(7, START + version));
    await world.clock.advance(1_000);
    await world.find([P]);
  }
  assert.equal(world.requests.length, before);
  assert.equal(world.db.events.size, 1);
  assert.equal((await world.store.get([P])).get(P)?.created_at, START + 200);
});

Deno.test("Discovery reports each relay that forges lists once, up to a bound", async () => {
  const hints = Array.from({ length: 1_100 }, (_, n) => `wss://stale${n}.example/`);
  const world = new DiscoveryWorld({}, { fallbacks: [] });
  hints.forEach((url, n) => {
    world.hints.set(person(n), [url]);
    world.relays.set(url, holds([forged(list(n))]));
  });
  await world.find(people(1_100));
  assert.equal(world.errors.length, 1_000);
  assert.equal(new Set(reports(world)).size, 1_000);
});

Deno.test("Discovery sends two requests for each 250 of 10,000 people, and verifies each list once", async () => {
  const all = holds(lists(10_000));
  const world = new DiscoveryWorld({ [I1]: all, [I2]: all, [I3]: all });
  const found = world.discovery.find(10002, people(10_000), { wait: 3_600_000 });
  for (let turn = 0; turn < 100 && world.db.events.size < 10_000; turn++) await world.turn();
  await found;
  assert.equal(world.db.events.size, 10_000);
  assert.equal(world.requests.length, 80);
  assert.equal(world.verified, 10_000);
});
