import assert from "node:assert/strict";
import { ConnectTimeout } from "../../src/connections/connect_timeout.ts";
import type { RelayFailureError } from "../../src/nostr/errors.ts";
import { RELAY, ScriptedNetwork } from "../../testing/scripted_network.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { fate, never, using } from "../support/connector_use.ts";

Deno.test("RelayConnector opens one connection for all who want one, before and after it stands", async () => {
  const network = new ScriptedNetwork({ connect: "wait" });
  const connected: string[] = [];
  const link = network.link(RELAY, { onConnected: (url) => connected.push(url) });
  assert.ok(!link.isOpen);
  const first = using(link).session;
  const second = using(link, 7).session;
  await network.clock.advance(300);
  network.last.accept();
  const third = using(link).session;
  assert.equal(await first, await second);
  assert.equal(await first, await third);
  assert.equal(network.relays.length, 1);
  assert.ok(link.isOpen);
  assert.deepEqual(network.fake.of("connected"), [[RELAY, 300]]);
  assert.deepEqual(connected, [RELAY]);
});

Deno.test("RelayConnector hands a session out while it connects: what is sent meanwhile waits", async () => {
  const network = new ScriptedNetwork({ connect: "wait" });
  const session = await using(network.link()).session;
  assert.ok(!session.isOpen);
  assert.equal(session.url, RELAY);
});

Deno.test("RelayConnector waits for a relay as long as the memory says, where it was connected before", async () => {
  const network = new ScriptedNetwork({ connect: "wait" });
  network.fake.times.connect = 1234;
  network.fake.records.set(RELAY, { connectMs: { mean: 300, dev: 10 } });
  const session = await using(network.link()).session;
  network.last.log("relay.ws.state");
  await network.clock.advance(1_233);
  assert.equal(network.failures.length, 0);
  await network.clock.advance(1);
  assert.equal(session.ended?.reason, "connect-timeout");
  assert.deepEqual(network.fake.of("failed"), [[RELAY, "connect-timeout", START * 1000]]);
  assert.deepEqual(network.failures, [session.ended]);
});

Deno.test("RelayConnector waits for an unknown relay by how long connections to others take", async () => {
  const network = new ScriptedNetwork({ connect: "wait" });
  const connectTimeout = new ConnectTimeout();
  const known = network.link(RELAY, { connectTimeout });
  const session = await using(network.link("wss://unknown.example/", { connectTimeout })).session;
  network.last.log("relay.ws.state");
  await network.clock.advance(6_000);
  assert.equal(network.failures.length, 0);
  for (let i = 0; i < 3; i++) {
    await using(known).session;
    network.last.accept();
    network.last.cut();
  }
  await network.clock.advance(1_000);
  assert.equal(session.ended?.reason, "connect-timeout");
});

Deno.test("RelayConnector opens a new connection where the last one has ended", async () => {
  const network = new ScriptedNetwork();
  const link = network.link();
  const first = await using(link).session;
  await settled();
  network.last.cut();
  assert.ok(!link.isOpen);
  const second = await using(link).session;
  assert.notEqual(first, second);
  assert.equal(network.relays.length, 2);
});

Deno.test("RelayConnector says why it does not connect while the relay backs off, unless that is urgent", async () => {
  const network = new ScriptedNetwork({ connect: "refuse" });
  const link = network.link();
  await using(link).session;
  await settled();
  network.fake.backOff(RELAY, START * 1000 + 90_500);
  const waiting = using(link).session;
  await assert.rejects(waiting, (error: RelayFailureError) => {
    assert.equal(error.reason, "unreachable");
    assert.match(error.message, /not tried again for 91 s, since it failed: .*no WebSocket/);
    assert.equal(error.cause, network.failures[0]);
    return true;
  });
  assert.equal(network.relays.length, 1);
  await link.connection(0, never, true);
  assert.equal(network.relays.length, 2);
  await network.clock.advance(90_500);
  await using(link).session;
  assert.equal(network.relays.length, 3);
  await settled();
  assert.equal(network.failures.length, 3);
});

Deno.test("RelayConnector that failed in another life says no more than that", async () => {
  const network = new ScriptedNetwork();
  network.fake.backOff(RELAY, START * 1000 + 1);
  await assert.rejects(using(network.link()).session, {
    reason: "unreachable",
    message: /not tried again for 1 s, since it failed: it failed before$/,
  });
});

Deno.test("RelayConnector closes a connection that nobody has used for a while, which is no failure", async () => {
  const network = new ScriptedNetwork();
  const { clock, fake, failures } = network;
  const link = network.link();
  const first = using(link), second = using(link);
  const session = await first.session;
  first.release();
  first.release();
  await clock.advance(60_000);
  assert.ok(link.isOpen, "somebody uses it");
  second.release();
  await clock.advance(29_999);
  const third = link.use();
  await clock.advance(60_000);
  assert.ok(link.isOpen, "somebody uses it again");
  third.release();
  await clock.advance(30_000);
  assert.ok(!link.isOpen);
  assert.ok(network.last.isClosed);
  assert.ok(session.ended);
  assert.deepEqual(failures, []);
  assert.deepEqual(fake.of("failed"), []);
  assert.equal(clock.pending, 0);
  await using(link).session;
  assert.equal(network.relays.length, 2);
});

Deno.test("RelayConnector passes on what any of its connections is told in general, until called off", async () => {
  const network = new ScriptedNetwork();
  const link = network.link();
  await using(link).session;
  const heard: string[] = [];
  const unhear = link.onNotice((words) => heard.push(words));
  network.last.say(["NOTICE", "one"]);
  unhear();
  network.last.say(["NOTICE", "two"]);
  assert.deepEqual(heard, ["one"]);
});

Deno.test("RelayConnector that is closed ends all it has, for good, and leaves no timer", async () => {
  const network = new ScriptedNetwork({ connect: "wait" });
  network.gate.resize(1);
  const link = network.link(), other = network.link("wss://other.example/");
  const first = using(link);
  const session = await first.session;
  const waiting = fate(using(other).session);
  await settled();
  link.close();
  other.close();
  first.release();
  assert.equal(await waiting, "disconnected");
  assert.equal(session.ended?.reason, "disconnected");
  assert.ok(network.last.isClosed);
  assert.equal(await fate(using(link).session), "unreachable");
  assert.equal(network.clock.pending, 0);
  assert.deepEqual(network.failures, []);
  assert.deepEqual(network.fake.of("failed"), []);
});

Deno.test("RelayConnector survives an `open` that throws: the session has ended when it is handed out", async () => {
  const network = new ScriptedNetwork({ connect: "throw" });
  const session = await using(network.link()).session;
  assert.equal(session.ended?.reason, "unreachable");
  assert.deepEqual(network.failures, [session.ended]);
  await using(network.link()).session;
  assert.equal(network.failures.length, 2);
});
