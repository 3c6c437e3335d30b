import assert from "node:assert/strict";
import { RELAY, ScriptedNetwork } from "../../testing/scripted_network.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { fate, using } from "../support/connector_use.ts";
import { CountedController } from "../support/counted_signal.ts";

Deno.test("RelayConnectors connect in turn: few at once, the lowest rank first", async () => {
  const network = new ScriptedNetwork({ connect: "wait" });
  network.semaphore.resize(2);
  const ranks = [5, 3, 9, 1, 4];
  for (const rank of ranks) using(network.link(`wss://${rank}.example/`), rank);
  const opened = () => network.relays.map(({ url }) => Number(url[6]));
  await settled();
  assert.deepEqual(opened(), [5, 3]);
  network.relays[0].accept();
  await settled();
  assert.deepEqual(opened(), [5, 3, 1]);
  network.relays[1].refuse();
  await settled();
  assert.deepEqual(opened(), [5, 3, 1, 4]);
  await network.clock.advance(10_000);
  assert.deepEqual(opened(), [5, 3, 1, 4, 9], "one that takes too long gives way");
});

Deno.test("RelayConnector opens nothing if all users have given up when its turn comes", async () => {
  const network = new ScriptedNetwork({ connect: "wait" });
  network.semaphore.resize(1);
  using(network.link("wss://first.example/"));
  await settled();
  const controller = new CountedController();
  const { connection, release } = using(network.link(), 0, controller.signal);
  const rejected = fate(connection);
  await settled();
  controller.abort(new Error("no longer"));
  release();
  assert.equal(await rejected, "no longer");
  network.last.accept();
  await settled();
  assert.equal(network.relays.length, 1);
  assert.equal(controller.listeners, 0);
  // The place in the handshake went on to others.
  using(network.link("wss://other.example/"));
  await settled();
  assert.equal(network.last.url, "wss://other.example/");
});

Deno.test("RelayConnector opens a connection for a user who still waits when another has given up", async () => {
  const network = new ScriptedNetwork();
  const controller = new AbortController();
  const gone = fate(using(network.link(), 0, controller.signal).connection);
  const { connection } = using(network.link());
  controller.abort(new Error("no longer"));
  assert.equal(await gone, "no longer");
  assert.ok(await connection);
  await assert.rejects(network.link().connection(0, controller.signal), { message: "no longer" });
});

Deno.test("RelayConnector opens further connections for many users, at most eight, even if all come at once", async () => {
  for (const atOnce of [true, false]) {
    const network = new ScriptedNetwork();
    network.fake.learnLimits(RELAY, { maxSubscriptions: 3 });
    const connector = network.link();
    const connections = [];
    for (let i = 0; i < 24; i++) {
      connections.push(using(connector).connection);
      if (!atOnce) await settled();
    }
    const all = new Set(await Promise.all(connections));
    assert.deepEqual([...all].map(({ users }) => users), Array(8).fill(3), "2, and then one more");
    const [first] = all;
    first.users = 1;
    assert.equal(await using(connector).connection, first, "there is room again");
    assert.equal(network.relays.length, 8);
  }
});

Deno.test("RelayConnector makes do with the connections it has if no further one opens", async () => {
  const network = new ScriptedNetwork();
  network.fake.learnLimits(RELAY, { maxSubscriptions: 2 });
  const connector = network.link();
  const first = await using(connector).connection;
  network.fake.backOff(RELAY, START * 1000 + 60_000);
  assert.equal(await using(connector).connection, first);
  assert.equal(first.users, 2);
  const controller = new AbortController();
  network.fake.backOff(RELAY, 0);
  network.semaphore.resize(0);
  const given = fate(using(connector, 0, controller.signal).connection);
  await settled();
  controller.abort(new Error("no longer"));
  assert.equal(await given, "no longer");
  assert.equal(first.users, 2);
});
