import assert from "node:assert/strict";
import { START } from "../../testing/test_clock.ts";
import { DiscoveryWorld, HOUR_MS, settles } from "../support/discovery_world.ts";
import { F, hangs, holds, I1, I2, I3, indexers, outage } from "../support/fake_relays.ts";
import { list, lists, P, people, person } from "../support/listed_people.ts";
import { RecordMap } from "../support/relay_records.ts";

Deno.test("Discovery find() requests no fresh list, and refreshes a stale one in the background", async () => {
  const world = new DiscoveryWorld(indexers(holds(lists(10))));
  await world.find([P]);
  world.requests.length = 0;
  await world.clock.advance(6 * HOUR_MS - 1_000);
  await world.find([P]);
  assert.equal(world.requests.length, 0);
  for (const url of [I1, I2, I3]) world.relays.set(url, hangs);
  await world.clock.advance(1_000);
  assert.ok(await settles(world, world.discovery.find(10002, [P], { wait: 60_000 })));
  assert.equal(world.requests.length, 2);
  world.requests[0].onEvent(list(7, START + 50));
  world.requests[0].end();
  world.requests[1].end();
  await world.turn();
  assert.equal((await world.store.get([P])).get(P)?.created_at, START + 50);
  await world.find([P]);
  assert.equal(world.requests.length, 2, "it is fresh again");
});

Deno.test("Discovery find() takes a list that no relay has any longer for checked, not for gone", async () => {
  const backend = new RecordMap();
  const world = new DiscoveryWorld({}, { backend });
  await world.store.event(list(7));
  await world.find([P]);
  await world.turn();
  const before = world.requests.length;
  assert.ok(before > 0);
  await world.clock.advance(2 * HOUR_MS);
  await world.find([P]);
  assert.equal(world.requests.length, before);
  assert.equal(await world.known([P]), 1);
  await world.discovery.close();
  assert.deepEqual([...backend.records.values()], [`10002+${START}`]);
});

Deno.test("Discovery find() requests a missing list again after an hour", async () => {
  const world = new DiscoveryWorld();
  await world.find([P]);
  world.requests.length = 0;
  await world.clock.advance(HOUR_MS - 1_000);
  await world.find([P]);
  assert.equal(world.requests.length, 0);
  world.relays.set(I1, holds([list(7)]));
  await world.clock.advance(1_000);
  await world.find([P]);
  assert.equal(await world.known([P]), 1);
});

Deno.test("Discovery find() remembers over a restart which lists were requested, and the results", async () => {
  const backend = new RecordMap();
  const world = new DiscoveryWorld({ [I1]: holds([list(7)]) }, { backend });
  await world.find([P, person(8)]);
  await world.discovery.close();
  const at = START;
  assert.deepEqual(Object.fromEntries(backend.records), {
    [P]: `10002+${at}`,
    [person(8)]: `10002-${at}`,
  });
  const later = new DiscoveryWorld({}, { backend });
  await later.store.event(list(7));
  await later.find([P, person(8)]);
  assert.deepEqual(later.requests, []);
  const bare = new DiscoveryWorld({}, { backend });
  await bare.find([P, person(8)]);
  assert.deepEqual(bare.at(I1), [[P]], "the list is gone from the database, so it is requested");
});

Deno.test("Discovery find() remembers no outage, and requests again after some seconds", async () => {
  const backend = new RecordMap();
  const world = new DiscoveryWorld(
    outage(),
    { backend },
  );
  await world.find([P]);
  const before = world.requests.length;
  await world.find([P]);
  assert.equal(world.requests.length, before, "not at once");
  for (const url of [I1, I2, I3]) world.relays.set(url, holds([list(7)]));
  await world.clock.advance(10_000);
  await world.find([P]);
  assert.equal(await world.known([P]), 1);
  await world.discovery.close();
  assert.deepEqual([...backend.records.keys()], [P]);
});

Deno.test("Discovery find() requests nothing if no relay may be asked, and takes nobody to have no list", async () => {
  const world = new DiscoveryWorld(indexers(holds(lists(10))));
  for (const url of [I1, I2, I3, F]) world.unusable.add(url);
  await world.find(people(5));
  assert.equal(world.requests.length, 0);
  world.unusable.clear();
  await world.clock.advance(10_000);
  await world.find(people(5));
  assert.equal(await world.known(people(5)), 5);
});

Deno.test("Discovery find() ignores a log entry from the future, as after a clock was set right", async () => {
  const later = START + 86_400;
  const backend = new RecordMap([[P, `10002-${later}`], [person(8), `10002+${later}`]]);
  const world = new DiscoveryWorld({}, { backend });
  await world.store.event(list(8));
  await world.find([P, person(8)]);
  await world.turn();
  assert.deepEqual(new Set(world.at(I1).flat()), new Set([P, person(8)]));
});
