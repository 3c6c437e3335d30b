import assert from "node:assert/strict";
import { DiscoveryWorld, HOUR_MS } from "../support/discovery_world.ts";
import { holds, I1, I2, outage } from "../support/fake_relays.ts";
import { lists, people } from "../support/listed_people.ts";
import { RecordMap } from "../support/relay_records.ts";

/** Advances the clock, and lets everything happen that is due. */
async function pass(world: DiscoveryWorld, hours: number): Promise<void> {
  for (let half = 0; half < hours * 2; half++) {
    await world.clock.advance(HOUR_MS / 2);
    await world.turn();
  }
}

Deno.test("Discovery watch() refreshes the lists of watched people when they are stale, and nobody else's", async () => {
  const world = new DiscoveryWorld({ [I1]: holds(lists(9)), [I2]: holds(lists(9)) });
  await world.find(people(9));
  const stop = world.discovery.watch(people(4));
  const before = world.requests.length;
  await pass(world, 5.5);
  assert.equal(world.requests.length, before);
  await pass(world, 1);
  const again = world.requests.slice(before).flatMap(({ authors }) => authors);
  assert.deepEqual(new Set(again), new Set(people(4)));
  const after = world.requests.length;
  await pass(world, 5);
  assert.equal(world.requests.length, after, "once every six hours");
  await pass(world, 1.5);
  assert.ok(world.requests.length > after);
  stop();
  stop();
  assert.equal(world.clock.pending, 0);
});

Deno.test("Discovery watch() searches for missing lists every hour, and after an outage within two minutes", async () => {
  const world = new DiscoveryWorld(outage());
  await world.find(people(3));
  using _ = { [Symbol.dispose]: world.discovery.watch(people(3)) };
  world.relays.set(I1, holds(lists(2)));
  world.relays.set(I2, holds([]));
  await world.clock.advance(120_000);
  await world.turn();
  assert.equal(await world.known(people(3)), 2);
  world.relays.set(I1, holds(lists(3)));
  await pass(world, 1.5);
  assert.equal(await world.known(people(3)), 3);
});

Deno.test("Discovery watch() by several callers lasts until the last one stops", async () => {
  const world = new DiscoveryWorld();
  const stops = [people(3), people(2), [...people(2), ...people(2)]].map((some) =>
    world.discovery.watch(some)
  );
  assert.equal(world.clock.pending, 1, "one timer");
  stops[0]();
  stops[0]();
  stops[2]();
  assert.equal(world.clock.pending, 1);
  await world.clock.advance(120_000);
  await world.turn();
  assert.deepEqual(new Set(world.requests.flatMap(({ authors }) => authors)), new Set(people(2)));
  stops[1]();
  assert.equal(world.clock.pending, 0);
  world.discovery.watch([])();
  assert.equal(world.clock.pending, 0);
});

Deno.test("D1: Discovery watch() reports a database that fails, and asks relays", async () => {
  const world = new DiscoveryWorld({}, { backend: new RecordMap() });
  const stop = world.discovery.watch(people(1));
  world.db.error = new Error("disk full");
  await world.clock.advance(60_000);
  await world.turn();
  assert.equal(
    world.errors[0].message,
    "Cannot look up the stored lists of 1 people, asking relays instead",
  );
  assert.ok(world.requests.length > 0);
  stop();
});
