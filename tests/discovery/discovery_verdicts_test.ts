import assert from "node:assert/strict";
import { DiscoveryWorld } from "../support/discovery_world.ts";
import { CUT, F, fails, type FakeRelay, hangs, holds, I1, I2, I3 } from "../support/fake_relays.ts";
import { list, P, people, person } from "../support/listed_people.ts";

Deno.test("Discovery reports a request that fails because of the program, and goes on", async () => {
  const world = new DiscoveryWorld({
    [I1]: () => {
      throw new Error("a bug");
    },
    [I2]: fails,
    [I3]: holds([list(7)]),
  });
  await world.find([P]);
  assert.equal(await world.known([P]), 1);
  assert.deepEqual(world.errors.map(({ message }) => message), [
    `Cannot ask ${I1} for lists`,
  ]);
});

Deno.test("Discovery reports a store that fails, serves what it found, and searches for it again", async () => {
  const world = new DiscoveryWorld({ [I1]: holds([list(7)]), [I2]: holds([]) });
  await world.find([person(1)]);
  const found = world.discovery.find(10002, [P], { wait: 1_000 });
  world.relays.set(I1, (ask) => {
    world.db.error = new Error("disk full");
    holds([list(7)])(ask);
  });
  await world.turn();
  await world.clock.advance(1_000);
  await found;
  assert.match(world.errors[0].message, /^Cannot store the lists of wss:\/\/i\d.example\/$/);
  assert.equal((await world.store.get([P])).size, 1);
  world.db.error = undefined;
  world.relays.set(I1, holds([list(7)]));
  assert.equal(await world.known([P]), 0);
  await world.clock.advance(600_000);
  await world.find([P]);
  assert.equal(await world.known([P]), 1, "nobody is remembered to have no list");
});

Deno.test("Discovery takes nobody to have no list if answers were cut", async () => {
  const world = new DiscoveryWorld({ [I1]: holds([], CUT), [I2]: holds([], CUT), [I3]: fails });
  await world.find([P]);
  world.requests.length = 0;
  await world.clock.advance(10_000);
  await world.find([P]);
  assert.notEqual(world.requests.length, 0);
});

Deno.test("Discovery takes one complete answer to prove that there is no list, or two if two answered", async () => {
  const empty = holds([]), cut = holds([], CUT);
  const cases: { relays: Record<string, FakeRelay>; isKnown: boolean }[] = [
    { relays: { [I1]: empty, [I2]: fails, [I3]: fails }, isKnown: true },
    { relays: { [I1]: empty, [I2]: cut, [I3]: fails }, isKnown: false },
    { relays: { [I1]: empty, [I2]: cut, [I3]: empty }, isKnown: true },
    { relays: { [I1]: cut, [I2]: fails, [I3]: fails }, isKnown: false },
    { relays: { [I1]: fails, [I2]: fails, [I3]: fails, [F]: empty }, isKnown: false },
  ];
  for (const { relays, isKnown } of cases) {
    const world = new DiscoveryWorld(relays);
    await world.find([P]);
    world.requests.length = 0;
    await world.clock.advance(10_000);
    await world.find([P]);
    assert.equal(world.requests.length === 0, isKnown);
  }
});

Deno.test("Discovery takes nobody to have no list if an indexer was not asked, as no caller was left", async () => {
  const world = new DiscoveryWorld(
    { [I1]: hangs, [I2]: hangs },
    { indexers: [I1, I2], maxAuthors: 1 },
  );
  const giveUp = new AbortController();
  const given = world.discovery.find(10002, people(8), { wait: 60_000, signal: giveUp.signal });
  await world.turn();
  giveUp.abort();
  await assert.rejects(given);
  world.relays.set(I1, holds([list(7)])).set(I2, holds([]));
  const endAll = async (url: string) => {
    for (const ask of world.requests) if (ask.url === url) ask.end();
    await world.turn();
  };
  await endAll(I1);
  const again = world.find([P], 1_000);
  await endAll(I2);
  await again;
  await world.clock.advance(10_000);
  await world.find([P]);
  assert.equal(await world.known([P]), 1);
});

Deno.test("Discovery takes other indexers' answers to prove that there is no list if an indexer may not be asked", async () => {
  const world = new DiscoveryWorld();
  world.unusable.add(I3);
  await world.find([P]);
  world.requests.length = 0;
  await world.clock.advance(60_000);
  await world.find([P]);
  assert.deepEqual(world.requests, []);
});
