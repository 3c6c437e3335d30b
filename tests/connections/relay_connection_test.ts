import assert from "node:assert/strict";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { RELAY } from "../../testing/scripted_network.ts";
import { settled } from "../../testing/test_clock.ts";
import { note } from "../support/notes.ts";
import { SessionTest } from "../support/scripted_connection.ts";

const failure = new RelayFailureError(RELAY, "error", "enough");
const reasons = (errors: readonly RelayFailureError[]) => errors.map(({ reason }) => reason);

Deno.test("RelayConnection tells once when it is open, and after how long", async () => {
  const { session, relay, network: { clock }, opened } = new SessionTest({ connect: "wait" });
  await clock.advance(700);
  assert.ok(!session.isOpen);
  relay.accept();
  relay.accept();
  await session.whenOpen();
  assert.ok(session.isOpen);
  assert.deepEqual(opened, [700]);
  assert.equal(clock.pending, 0);
});

Deno.test("RelayConnection that comes to nothing ends as unreachable, and leaves no timer", async () => {
  for (const connect of ["refuse", "throw"] as const) {
    const { session, network: { clock }, ended } = new SessionTest({ connect });
    await settled();
    await assert.rejects(session.whenOpen(), RelayFailureError);
    assert.deepEqual(reasons(ended), ["unreachable"]);
    assert.equal(session.ended, ended[0]);
    assert.ok(!session.isOpen);
    assert.equal(clock.pending, 0);
    if (connect === "refuse") continue;
    assert.match(ended[0].message, /The URL is invalid$/);
    assert.ok(ended[0].cause instanceof SyntaxError);
  }
});

Deno.test("RelayConnection closes a relay that failed while it was being opened", () => {
  const { relay, session, ended } = new SessionTest({ connect: "fail" });
  assert.deepEqual(reasons(ended), ["unreachable"]);
  assert.ok(relay.isClosed);
  assert.ok(session.ended);
});

Deno.test("RelayConnection that is not open in time ends as connect-timeout", async () => {
  const { session, subscribe, relay, network: { clock }, ended, opened } = new SessionTest({
    connect: "wait",
  });
  const told = subscribe();
  await clock.advance(4_999);
  assert.equal(ended.length, 0);
  await clock.advance(1);
  assert.deepEqual(reasons(ended), ["connect-timeout"]);
  assert.match(ended[0].message, /no connection within 5000 ms$/);
  assert.deepEqual(told.errors, ended);
  assert.ok(relay.isClosed);
  assert.ok(!session.isOpen);
  assert.deepEqual(opened, []);
});

Deno.test("RelayConnection with a relay that tells nothing counts as open in time, or once it answers", async () => {
  const { session, subscribe, relay, network: { clock }, ended, opened } = new SessionTest({
    connect: "wait",
    isDeaf: true,
  });
  subscribe();
  await clock.advance(4_999);
  let isOpen = false;
  session.whenOpen().then(() => isOpen = true);
  await settled();
  assert.ok(!isOpen);
  await clock.advance(1);
  assert.ok(isOpen);
  assert.ok(!session.isOpen, "nothing was heard of it");
  await clock.advance(1_000);
  relay.last.eose();
  await settled();
  assert.ok(session.isOpen);
  assert.deepEqual(opened, [6_000]);
  assert.deepEqual(ended, []);

  const other = new SessionTest({
    isDeaf: true,
    onEvent: ({ id }, relay) => relay.say(["OK", id, true, ""]),
  });
  await other.session.event(note(), new AbortController().signal);
  assert.ok(other.session.isOpen, "it has said OK");
});

Deno.test("RelayConnection ends as disconnected when the connection ends, not when it has an error", async () => {
  const { session, relay, ended } = new SessionTest();
  await session.whenOpen();
  relay.log("relay.ws.error");
  assert.deepEqual(ended, []);
  relay.cut();
  relay.cut();
  assert.deepEqual(reasons(ended), ["disconnected"]);
  assert.ok(!session.isOpen);
});

Deno.test("RelayConnection that ends tells all who use it, closes the relay, and hears nothing more", async () => {
  const { session, subscribe, relay, network: { clock }, ended, notices } = new SessionTest();
  const told = [subscribe(), subscribe()];
  const heard: RelayFailureError[] = [];
  session.onEnd((error) => heard.push(error));
  const unhear = session.onEnd(() => assert.fail("it was called off"));
  unhear();
  session.end(failure);
  session.end(new RelayFailureError(RELAY, "error", "again"));
  relay.say(["NOTICE", "late"]);
  relay.cut();
  await settled();
  for (const { errors, places } of told) {
    assert.deepEqual(errors, [failure]);
    assert.equal(places, 1);
  }
  assert.deepEqual([heard, ended], [[failure], [failure]]);
  assert.equal(session.subscriptions, 0);
  assert.ok(relay.isClosed);
  assert.deepEqual(notices, []);
  assert.equal(clock.pending, 0);

  session.onEnd((error) => heard.push(error));
  assert.deepEqual(heard, [failure, failure]);
  const late = subscribe();
  assert.deepEqual([late.errors, late.places], [[failure], 1]);
  await assert.rejects(session.event(note(), new AbortController().signal), failure);
});

Deno.test("RelayConnection that ends before it is open was never open", async () => {
  const { session, relay, ended, opened } = new SessionTest({ connect: "wait" });
  session.end(failure);
  relay.accept();
  await assert.rejects(session.whenOpen(), failure);
  assert.deepEqual(opened, []);
  assert.deepEqual(ended, [failure]);
});

Deno.test("RelayConnection tells what goes wrong in closing, and has ended all the same", async () => {
  const closings: (() => Promise<void>)[] = [
    () => Promise.reject(new Error("cannot close")),
    () => {
      throw new Error("cannot close");
    },
  ];
  for (const close of closings) {
    const { session, relay, network: { errors }, ended } = new SessionTest();
    relay.close = close;
    session.end(failure);
    await settled();
    assert.deepEqual(ended, [failure]);
    assert.deepEqual(errors.map(({ message }) => message), [`Cannot close relay ${RELAY}`]);
    assert.equal((errors[0].cause as Error).message, "cannot close");
  }
});

Deno.test("RelayConnection publishes: it comes to what the relay says", async () => {
  const { session, relay } = new SessionTest();
  const [taken, refused] = [note(), note()];
  const { signal } = new AbortController();
  const taking = session.event(taken, signal);
  const refusing = session.event(refused, signal);
  relay.say(["OK", taken.id, true, ""]);
  relay.say(["OK", refused.id, false, "blocked: no"]);
  await taking;
  await assert.rejects(refusing, { message: "blocked: no" });
});
