import assert from "node:assert/strict";
import {
  CUT,
  DiscoveryWorld,
  F,
  fails,
  type FakeRelay,
  holds,
  I1,
  I2,
  I3,
  list,
  person,
} from "./support/discovery_world.ts";

const P = person(7);

Deno.test("Discovery tells of a relay that cannot be asked because of the program, and goes on", async () => {
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

Deno.test("Discovery that cannot store what it found knows nothing of it, and says so", async () => {
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
  world.db.error = undefined;
  world.relays.set(I1, holds([list(7)]));
  await world.clock.advance(10_000);
  await world.find([P]);
  assert.equal(await world.known([P]), 1, "it is no one who has none");
});

Deno.test("Discovery says of nobody that there is no list where answers were cut", async () => {
  const world = new DiscoveryWorld({ [I1]: holds([], CUT), [I2]: holds([], CUT), [I3]: fails });
  await world.find([P]);
  world.asks.length = 0;
  await world.clock.advance(10_000);
  await world.find([P]);
  assert.notEqual(world.asks.length, 0);
});

Deno.test("Discovery takes one complete answer for a no, two where two answered", async () => {
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
    world.asks.length = 0;
    await world.clock.advance(10_000);
    await world.find([P]);
    assert.equal(world.asks.length === 0, isKnown);
  }
});
