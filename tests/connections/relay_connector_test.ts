import assert from "node:assert/strict";
import { ConnectTimeout } from "../../src/connections/connect_timeout.ts";
import type { RelayFailureError } from "../../src/nostr/errors.ts";
import { RELAY, ScriptedNetwork } from "../../testing/scripted_network.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { fate, never, using } from "../support/connector_use.ts";

Deno.test("RelayConnector opens one connection for all users, before and after it is open", async () => {
  const network = new ScriptedNetwork({ connect: "wait" });
  const connected: string[] = [];
  const connector = network.link(RELAY, { onConnected: (url) => connected.push(url) });
  assert.ok(!connector.isOpen);
  const first = using(connector).connection;
  const second = using(connector, 7).connection;
  await network.clock.advance(300);
  network.last.accept();
  const third = using(connector).connection;
  assert.equal(await first, await second);
  assert.equal(await first, await third);
  assert.equal(network.relays.length, 1);
  assert.ok(connector.isOpen);
  assert.deepEqual(network.fake.of("connected"), [[RELAY, 300]]);
  assert.deepEqual(connected, [RELAY]);
});

Deno.test("RelayConnector returns a connection that is being opened: what is sent meanwhile waits", async () => {
  const network = new ScriptedNetwork({ connect: "wait" });
  const connection = await using(network.link()).connection;
  assert.ok(!connection.isOpen);
  assert.equal(connection.url, RELAY);
});

Deno.test("RelayConnector waits as long as the memory says for a relay that was connected before", async () => {
  const network = new ScriptedNetwork({ connect: "wait" });
  network.fake.times.connect = 1234;
  network.fake.records.set(RELAY, { connectMs: { mean: 300, dev: 10 } });
  const connection = await using(network.link()).connection;
  network.last.hooks.onConnecting!();
  await network.clock.advance(1_233);
  assert.equal(network.failures.length, 0);
  await network.clock.advance(1);
  assert.equal(connection.ended?.reason, "connect-timeout");
  assert.deepEqual(network.fake.of("failed"), [[RELAY, "connect-timeout", START * 1000]]);
  assert.deepEqual(network.failures, [connection.ended]);
});

Deno.test("RelayConnector waits for an unknown relay by how long other connections take", async () => {
  const network = new ScriptedNetwork({ connect: "wait" });
  const connectTimeout = new ConnectTimeout();
  const known = network.link(RELAY, { connectTimeout });
  const connection = await using(network.link("wss://unknown.example/", { connectTimeout }))
    .connection;
  network.last.hooks.onConnecting!();
  await network.clock.advance(6_000);
  assert.equal(network.failures.length, 0);
  for (let i = 0; i < 3; i++) {
    await using(known).connection;
    network.last.accept();
    network.last.cut();
  }
  await network.clock.advance(1_000);
  assert.equal(connection.ended?.reason, "connect-timeout");
});

Deno.test("RelayConnector opens a new connection after the last one has ended", async () => {
  const network = new ScriptedNetwork();
  const connector = network.link();
  const first = await using(connector).connection;
  await settled();
  network.last.cut();
  assert.ok(!connector.isOpen);
  const second = await using(connector).connection;
  assert.notEqual(first, second);
  assert.equal(network.relays.length, 2);
});

Deno.test("RelayConnector says why it does not connect during a back-off, and connects if that is urgent", async () => {
  const network = new ScriptedNetwork({ connect: "refuse" });
  const connector = network.link();
  await using(connector).connection;
  await settled();
  network.fake.backOff(RELAY, START * 1000 + 90_500);
  const waiting = using(connector).connection;
  await assert.rejects(waiting, (error: RelayFailureError) => {
    assert.equal(error.reason, "unreachable");
    assert.match(error.message, /not tried again for 91 s, since it failed: .*no WebSocket/);
    assert.equal(error.cause, network.failures[0]);
    return true;
  });
  assert.equal(network.relays.length, 1);
  await connector.connection(0, never, true);
  assert.equal(network.relays.length, 2);
  await network.clock.advance(90_500);
  await using(connector).connection;
  assert.equal(network.relays.length, 3);
  await settled();
  assert.equal(network.failures.length, 3);
});

Deno.test("RelayConnector without an error of its own says only that the relay failed before", async () => {
  const network = new ScriptedNetwork();
  network.fake.backOff(RELAY, START * 1000 + 1);
  await assert.rejects(using(network.link()).connection, {
    reason: "unreachable",
    message: /not tried again for 1 s, since it failed: it failed before$/,
  });
});

Deno.test("RelayConnector closes a connection that is unused for a while, which is no failure", async () => {
  const network = new ScriptedNetwork();
  const { clock, fake, failures } = network;
  const connector = network.link();
  const first = using(connector), second = using(connector);
  const connection = await first.connection;
  first.release();
  first.release();
  await clock.advance(60_000);
  assert.ok(connector.isOpen, "somebody uses it");
  second.release();
  await clock.advance(29_999);
  const third = connector.use();
  await clock.advance(60_000);
  assert.ok(connector.isOpen, "somebody uses it again");
  third.release();
  await clock.advance(30_000);
  assert.ok(!connector.isOpen);
  assert.ok(network.last.isClosed);
  assert.ok(connection.ended);
  assert.deepEqual(failures, []);
  assert.deepEqual(fake.of("failed"), []);
  assert.equal(clock.pending, 0);
  await using(connector).connection;
  assert.equal(network.relays.length, 2);
});

Deno.test("RelayConnector close() ends all connections for good, and leaves no timer", async () => {
  const network = new ScriptedNetwork({ connect: "wait" });
  network.semaphore.resize(1);
  const connector = network.link(), other = network.link("wss://other.example/");
  const first = using(connector);
  const connection = await first.connection;
  const waiting = fate(using(other).connection);
  await settled();
  connector.close();
  other.close();
  first.release();
  assert.equal(await waiting, "disconnected");
  assert.equal(connection.ended?.reason, "disconnected");
  assert.ok(network.last.isClosed);
  assert.equal(await fate(using(connector).connection), "unreachable");
  assert.equal(network.clock.pending, 0);
  assert.deepEqual(network.failures, []);
  assert.deepEqual(network.fake.of("failed"), []);
});

Deno.test("RelayConnector survives an `open` that throws: the connection has ended when it is returned", async () => {
  const network = new ScriptedNetwork({ connect: "throw" });
  const connection = await using(network.link()).connection;
  assert.equal(connection.ended?.reason, "unreachable");
  assert.deepEqual(network.failures, [connection.ended]);
  await using(network.link()).connection;
  assert.equal(network.failures.length, 2);
});
