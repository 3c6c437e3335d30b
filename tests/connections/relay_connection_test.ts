import assert from "node:assert/strict";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { RELAY } from "../../testing/scripted_network.ts";
import { settled } from "../../testing/test_clock.ts";
import { note } from "../support/notes.ts";
import { ConnectionTest } from "../support/scripted_connection.ts";

const failure = new RelayFailureError(RELAY, "error", "enough");
const reasons = (errors: readonly RelayFailureError[]) => errors.map(({ reason }) => reason);

Deno.test("RelayConnection reports once that it is open, and after how long", async () => {
  const { connection, relay, network: { clock }, opened } = new ConnectionTest({ connect: "wait" });
  await clock.advance(700);
  assert.ok(!connection.isOpen);
  relay.accept();
  relay.accept();
  await connection.whenOpen();
  assert.ok(connection.isOpen);
  assert.deepEqual(opened, [700]);
  assert.equal(clock.pending, 0);
});

Deno.test("RelayConnection ends as unreachable if no WebSocket opens, and leaves no timer", async () => {
  for (const connect of ["refuse", "throw"] as const) {
    const { connection, network: { clock }, ended } = new ConnectionTest({ connect });
    await settled();
    await assert.rejects(connection.whenOpen(), RelayFailureError);
    assert.deepEqual(reasons(ended), ["unreachable"]);
    assert.equal(connection.ended, ended[0]);
    assert.ok(!connection.isOpen);
    assert.equal(clock.pending, 0);
    if (connect === "refuse") continue;
    assert.match(ended[0].message, /The URL is invalid$/);
    assert.ok(ended[0].cause instanceof SyntaxError);
  }
});

Deno.test("RelayConnection closes a relay that failed while it was being opened", () => {
  const { relay, connection, ended } = new ConnectionTest({ connect: "fail" });
  assert.deepEqual(reasons(ended), ["unreachable"]);
  assert.ok(relay.isClosed);
  assert.ok(connection.ended);
});

Deno.test("W2: RelayConnection blames no relay for a program that was busy or asleep during the handshake", async () => {
  const { relay, network: { clock }, ended, opened } = new ConnectionTest({ connect: "wait" });
  relay.hooks.onConnecting!();
  await clock.advance(4_500);
  for (const ms of [1_001, 3_600_000]) {
    await clock.stall(ms);
    assert.deepEqual(ended, []);
  }
  await clock.advance(499);
  assert.deepEqual(ended, []);
  relay.accept();
  assert.deepEqual(opened, [undefined], "how long it took says nothing of the relay");

  const late = new ConnectionTest({ connect: "wait" });
  late.relay.hooks.onConnecting!();
  await late.network.clock.advance(4_500);
  await late.network.clock.stall(3_600_000);
  await late.network.clock.advance(499);
  assert.deepEqual(late.ended, []);
  await late.network.clock.advance(1);
  assert.deepEqual(reasons(late.ended), ["connect-timeout"]);
});

Deno.test("W2: RelayConnection onDoubt() reports a handshake that takes long in a busy program, if the relay would say that it is open", async () => {
  for (const isDeaf of [false, true]) {
    const { connection, network: { clock }, ended } = new ConnectionTest({
      connect: "wait",
      isDeaf,
    });
    const doubts: RelayFailureError[] = [];
    connection.onDoubt((error) => doubts.push(error));
    const release = connection.onDoubt(() => assert.fail("it was called off"));
    release();
    await clock.stall(10_000);
    await clock.advance(2_000);
    assert.deepEqual(reasons(doubts), isDeaf ? [] : ["connect-timeout"]);
    assert.deepEqual(ended, []);
  }
});

Deno.test("RelayConnection ends as connect-timeout if it is not open in time", async () => {
  const { connection, subscribe, relay, network: { clock }, ended, opened } = new ConnectionTest({
    connect: "wait",
  });
  const reports = subscribe();
  await clock.advance(4_999);
  assert.equal(ended.length, 0);
  await clock.advance(1);
  assert.deepEqual(reasons(ended), ["connect-timeout"]);
  assert.match(ended[0].message, /no connection within 5000 ms$/);
  assert.deepEqual(reports.errors, ended);
  assert.ok(relay.isClosed);
  assert.ok(!connection.isOpen);
  assert.deepEqual(opened, []);
});

Deno.test("RelayConnection to a relay that calls no hooks counts as open after the timeout, or once it answers", async () => {
  const { connection, subscribe, relay, network: { clock }, ended, opened } = new ConnectionTest({
    connect: "wait",
    isDeaf: true,
  });
  subscribe();
  await clock.advance(4_999);
  let isOpen = false;
  connection.whenOpen().then(() => isOpen = true);
  await settled();
  assert.ok(!isOpen);
  await clock.advance(1);
  assert.ok(isOpen);
  assert.ok(!connection.isOpen, "nothing was heard of it");
  await clock.advance(1_000);
  relay.last.eose();
  await settled();
  assert.ok(connection.isOpen);
  assert.deepEqual(opened, [6_000]);
  assert.deepEqual(ended, []);

  const other = new ConnectionTest({
    isDeaf: true,
    onEvent: ({ id }, relay) => relay.say(["OK", id, true, ""]),
  });
  await other.connection.event(note(), new AbortController().signal);
  assert.ok(other.connection.isOpen, "it has said OK");
});

Deno.test("RelayConnection ends as disconnected when the connection ends", async () => {
  const { connection, relay, ended } = new ConnectionTest();
  await connection.whenOpen();
  relay.cut();
  relay.cut();
  assert.deepEqual(reasons(ended), ["disconnected"]);
  assert.ok(!connection.isOpen);
});

Deno.test("RelayConnection end() reports to all subscriptions and listeners, closes the relay, and reads nothing more", async () => {
  const { connection, subscribe, relay, network: { clock }, ended } = new ConnectionTest();
  const reports = [subscribe(), subscribe()];
  const heard: RelayFailureError[] = [];
  connection.onEnd((error) => heard.push(error));
  const unhear = connection.onEnd(() => assert.fail("it was called off"));
  unhear();
  connection.end(failure);
  connection.end(new RelayFailureError(RELAY, "error", "again"));
  relay.say(["NOTICE", "restricted: too late"]);
  relay.cut();
  await settled();
  for (const { errors, releases } of reports) {
    assert.deepEqual(errors, [failure]);
    assert.equal(releases, 1);
  }
  assert.deepEqual([heard, ended], [[failure], [failure]]);
  assert.equal(connection.subscriptions, 0);
  assert.ok(relay.isClosed);
  assert.equal(clock.pending, 0);

  connection.onEnd((error) => heard.push(error));
  assert.deepEqual(heard, [failure, failure]);
  const late = subscribe();
  assert.deepEqual([late.errors, late.releases], [[failure], 1]);
  await assert.rejects(connection.event(note(), new AbortController().signal), failure);
});

Deno.test("RelayConnection is never reported as open if it ends before", async () => {
  const { connection, relay, ended, opened } = new ConnectionTest({ connect: "wait" });
  connection.end(failure);
  relay.accept();
  await assert.rejects(connection.whenOpen(), failure);
  assert.deepEqual(opened, []);
  assert.deepEqual(ended, [failure]);
});

Deno.test("RelayConnection reports an error in closing, and has ended all the same", async () => {
  const closings: (() => Promise<void>)[] = [
    () => Promise.reject(new Error("cannot close")),
    () => {
      throw new Error("cannot close");
    },
  ];
  for (const close of closings) {
    const { connection, relay, network: { errors }, ended } = new ConnectionTest();
    relay.close = close;
    connection.end(failure);
    await settled();
    assert.deepEqual(ended, [failure]);
    assert.deepEqual(errors.map(({ message }) => message), [`Cannot close relay ${RELAY}`]);
    assert.equal((errors[0].cause as Error).message, "cannot close");
  }
});

Deno.test("RelayConnection event() resolves or rejects as the relay says", async () => {
  const { connection, relay } = new ConnectionTest();
  const [taken, refused] = [note(), note()];
  const { signal } = new AbortController();
  const taking = connection.event(taken, signal);
  const refusing = connection.event(refused, signal);
  relay.say(["OK", taken.id, true, ""]);
  relay.say(["OK", refused.id, false, "blocked: no"]);
  await taking;
  await assert.rejects(refusing, { message: "blocked: no" });
});
