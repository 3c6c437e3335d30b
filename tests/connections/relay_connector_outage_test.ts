import assert from "node:assert/strict";
import { holding, RELAY, ScriptedNetwork } from "../../testing/scripted_network.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { fate, never, using } from "../support/connector_use.ts";
import { OutageWorld } from "../support/outage_world.ts";
import { HOUR_MS, MINUTE_MS, RecordMap, SECOND_MS } from "../support/relay_records.ts";
import { RelayRequestTest } from "../support/scripted_relay_request.ts";

/** Law W2: one outage is one failure, however many requests were open. */

for (const seconds of [3, 8, 60]) {
  for (const feeds of [1, 10, 100]) {
    Deno.test(`W2: ${feeds} open feeds and an outage of ${seconds} s: all go on within seconds, and it is one failure`, async () => {
      for (const seed of [1, 2, 3]) {
        const world = new OutageWorld(seed);
        world.openFeeds(feeds);
        await world.clock.advance(2 * MINUTE_MS);
        assert.equal(world.going, feeds);
        const before = world.openedAt.length;
        await world.outage(seconds);
        const { inARow, attempts, failures } = world.memory.record(RELAY)!;
        assert.deepEqual({ inARow, failures }, {
          inARow: 1,
          failures: { disconnected: 1, unreachable: 1 },
        });
        assert.equal(attempts, before + 1);
        const tries = world.openedAt.length - before;
        assert.ok(tries >= 3 && tries <= 35, `${tries} attempts, as many as for one feed`);
        const back = await world.secondsUntilBack();
        assert.ok(back <= Math.max(1.5, 0.15 * seconds) + 0.25, `${back} s`);
        assert.equal(world.memory.retryAt(RELAY), 0);
        assert.equal(world.memory.record(RELAY)!.inARow, 0);
      }
    });
  }
}

Deno.test("W2: an outage that lasts is tried again less and less often, and seldom after hours", async () => {
  const world = new OutageWorld();
  world.openFeeds(20);
  await world.clock.advance(2 * MINUTE_MS);
  const before = world.openedAt.length;
  await world.outage(24 * 3_600);
  const times = world.openedAt.slice(before).map((ms) => ms - 2 * MINUTE_MS);
  assert.ok(times.length < 200, `${times.length}`);
  assert.ok(times.filter((ms) => ms > 12 * HOUR_MS).length < 40);
  for (const [i, ms] of times.slice(1).entries()) {
    const wait = ms - times[i];
    assert.ok(wait <= Math.max(1.5 * SECOND_MS, times[i]), "never longer than it was down");
    assert.ok(wait >= Math.min(100, 0.05 * times[i]), `${wait}`);
  }
  assert.equal(world.memory.record(RELAY)!.inARow, 1);
});

Deno.test("W2: a later request tries a relay that was down for a moment, also after a restart", async () => {
  const backend = new RecordMap();
  const world = new OutageWorld(1, { backend });
  await world.memory.ready();
  world.openFeeds(20);
  await world.clock.advance(2 * MINUTE_MS);
  await world.outage(3);
  // The program ends before it sees that the relay is back.
  await world.memory.flush();
  const again = new OutageWorld(2, { backend });
  await again.memory.ready();
  await again.clock.advance(world.clock.now() - START * SECOND_MS + 1_500);
  again.openFeeds(1);
  await settled();
  assert.equal(again.going, 1);
});

Deno.test("RelayConnector shares one attempt among all who wait for the relay, and its outcome", async () => {
  for (const isUp of [true, false]) {
    const network = new ScriptedNetwork({ connect: "wait" });
    network.fake.learnLimits(RELAY, { maxSubscriptions: 3 });
    const connector = network.link();
    const all = Array.from({ length: 24 }, () => fate(using(connector).connection));
    await settled();
    assert.equal(network.relays.length, 1, "the others wait for it");
    network.scripts.set("", {});
    if (isUp) network.last.accept();
    else network.last.refuse();
    const fates = await Promise.all(all);
    assert.equal(network.relays.length, isUp ? 8 : 1);
    // Who was given the connection before it failed sees that for himself.
    assert.deepEqual(new Set(fates.slice(3)), new Set([isUp ? "fine" : "unreachable"]));
  }
});

Deno.test("RelayConnector lets requests wait for a further connection, too, once no other is open", async () => {
  const network = new ScriptedNetwork();
  network.fake.learnLimits(RELAY, { maxSubscriptions: 3 });
  const connector = network.link();
  for (let i = 0; i < 2; i++) await using(connector).connection;
  await settled();
  network.scripts.set("", { connect: "wait" });
  for (let i = 0; i < 2; i++) await using(connector).connection;
  network.relays[0].cut();
  const late = fate(using(connector).connection);
  await settled();
  assert.equal(network.relays.length, 2);
  network.last.refuse();
  assert.equal(await late, "unreachable");
  assert.equal(network.relays.length, 2);
});

Deno.test("RelayConnector tries once more at once when a relay hangs up, during its back-off as well", async () => {
  const network = new ScriptedNetwork();
  const connector = network.link();
  await using(connector).connection;
  await settled();
  assert.ok(connector.retriesSoon);
  network.fake.backOff(RELAY, START * SECOND_MS + 90_000);
  network.scripts.set("", { connect: "refuse" });
  network.last.cut();
  assert.ok(connector.retriesSoon);
  await using(connector).connection;
  await settled();
  assert.equal(network.relays.length, 2);
  assert.ok(!connector.retriesSoon);
  assert.equal(await fate(connector.connection(0, never)), "unreachable");
  assert.equal(network.relays.length, 2);
});

Deno.test("RelayConnector that closed an unused connection takes the next hang-up for another outage", async () => {
  for (const isUnused of [true, false]) {
    const network = new ScriptedNetwork();
    const connector = network.link();
    const first = using(connector);
    await first.connection;
    await settled();
    network.last.cut();
    const second = using(connector);
    await second.connection;
    await settled();
    first.release();
    if (isUnused) second.release();
    await network.clock.advance(30_000);
    assert.equal(connector.isOpen, !isUnused);
    if (!isUnused) network.last.cut();
    const third = using(connector);
    await third.connection;
    await settled();
    await network.clock.advance(5_000);
    network.last.cut();
    assert.equal(connector.retriesSoon, isUnused, "a relay that hangs up often is not spared");
  }
});

Deno.test("RelayRequests that wait for a relay wake together: what one of them tries is the others' attempt, too", async () => {
  const test = new RelayRequestTest({ connect: "refuse" });
  for (let i = 0; i < 5; i++) test.another();
  await test.clock.advance(1_000);
  assert.deepEqual(test.openedAt, [0, 1_000]);
  test.scripts.set("", holding([]));
  await test.clock.advance(1_000);
  assert.deepEqual(test.openedAt, [0, 1_000, 2_000]);
  assert.equal(test.live.length, 6);
});

Deno.test("RelayRequest whose connection ends goes over to another one at once, and the next time after a while", async () => {
  const test = new RelayRequestTest(holding([]));
  test.fake.learnLimits(RELAY, { maxSubscriptions: 3 });
  const others = Array.from({ length: 5 }, () => test.another());
  await test.clock.advance(60_000);
  assert.deepEqual(test.relays.map(({ live }) => live.length), [2, 2, 2]);
  test.last.cut();
  await test.clock.advance(200);
  assert.equal(test.live.length, 6);
  assert.ok([test.request, ...others].every(({ reports }) => !reports.join().includes("lost")));
  test.last.cut();
  await test.clock.advance(999);
  assert.equal(test.live.length, 4);
  await test.clock.advance(1);
  assert.equal(test.live.length, 6);
});
