import assert from "node:assert/strict";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { RELAY } from "../../testing/scripted_network.ts";
import { settled } from "../../testing/test_clock.ts";
import { note, notes } from "../support/notes.ts";
import { SessionTest } from "../support/scripted_connection.ts";

Deno.test("RelayConnection knows which subscription the relay's CLOSED is about", async () => {
  const { subscribe, relay } = new SessionTest();
  const told = [subscribe(), subscribe(), subscribe()];
  await settled();
  relay.reqs[1].closed("blocked: not you");
  relay.reqs[2].closed("error: tired");
  await settled();
  assert.deepEqual(told.map(({ subscription }) => subscription!.reasonText), [
    undefined,
    "blocked: not you",
    "error: tired",
  ]);
  assert.deepEqual(told.map(({ errors }) => errors.map(({ reason }) => reason)), [
    [],
    ["blocked"],
    ["error"],
  ]);
  assert.equal(told[1].places, 1);
});

Deno.test("RelayConnection tells subscriptions apart that have the very same filters", async () => {
  const filters = [{ kinds: [1] }];
  const { subscribe, relay } = new SessionTest({ connect: "wait" });
  const told = [subscribe(filters), subscribe(filters)];
  relay.accept();
  // NRelay1 sends what it was asked before once more, under the same ids.
  for (const { id } of relay.reqs) relay.log("relay.ws.send", ["REQ", id, ...filters]);
  assert.deepEqual(
    told.map(({ subscription }) => subscription!.id),
    relay.reqs.map(({ id }) => id),
  );
  relay.reqs[0].closed("blocked: the first");
  relay.reqs[1].closed("invalid: the second");
  await settled();
  assert.deepEqual(told.map(({ errors }) => errors[0].reason), ["blocked", "invalid"]);
});

Deno.test("RelayConnection has a relay that verifies verify each event, and does so for one that does not", async () => {
  for (const isDeaf of [false, true]) {
    const { subscribe, relay, network: { forged }, verified } = new SessionTest({ isDeaf });
    const { events } = subscribe();
    await settled();
    const [first, second, third] = notes(3);
    forged.add(second);
    relay.last.send(first, second, third);
    await settled();
    assert.deepEqual(events, [first, third]);
    assert.deepEqual(verified, [first, second, third], "each once");
  }
});

Deno.test("RelayConnection ends as junk after a hundred forged events", async () => {
  for (const isDeaf of [false, true]) {
    const { session, subscribe, relay, network: { forged } } = new SessionTest({ isDeaf });
    const told = subscribe();
    await settled();
    const event = note();
    forged.add(event);
    relay.last.send(...Array(100).fill(event));
    await settled();
    assert.ok(session.isOpen);
    relay.last.send(event, event, note());
    await settled();
    assert.equal(session.ended?.reason, "junk");
    assert.match(session.ended.message, /101 events that their authors did not sign$/);
    assert.deepEqual(told.events, []);
    assert.equal(told.errors.length, 1);
  }
});

Deno.test("RelayConnection ends as flood when one answer is too long, and all on it ends", async () => {
  const { session, subscribe, relay } = new SessionTest();
  const told = [subscribe([{ limit: 1 }]), subscribe()];
  await settled();
  // They are counted as they come, whether they match or not.
  const other = note({ kind: 7 });
  for (let i = 0; i < 10_001; i++) relay.reqs[0].send(other);
  await settled();
  assert.ok(session.isOpen);
  relay.reqs[0].send(other);
  assert.equal(session.ended?.reason, "flood");
  assert.deepEqual(told.map(({ errors }) => errors.length), [1, 1]);
  assert.ok(relay.isClosed);
});

Deno.test("RelayConnection ends as flood when too much comes that nobody asked for", async () => {
  const messages = [["EVENT", "nobody", note()], ["NOTICE", "hello"], undefined];
  for (const message of messages) {
    const { session, subscribe, relay, network: { clock } } = new SessionTest();
    const { errors } = subscribe();
    await settled();
    const say = (times: number) => {
      for (let i = 0; i < times; i++) relay.log("relay.ws.message", message);
    };
    say(20_000);
    await clock.advance(60_000);
    say(20_000);
    assert.deepEqual(errors, []);
    say(1);
    assert.deepEqual(errors.map(({ reason }) => reason), ["flood"], String(message));
    assert.match(session.ended!.message, /20000 messages a minute that belong to no subscription$/);
  }
});

Deno.test("RelayConnection tells what the relay says to nobody in particular", () => {
  const { relay, notices } = new SessionTest();
  relay.say(["NOTICE", "too many filters"]);
  relay.say(["NOTICE", 7]);
  relay.say(["AUTH", "challenge"]);
  assert.deepEqual(notices, ["too many filters", "7"]);
});

Deno.test("RelayConnection lets in as many subscriptions as the relay takes by what is known now", async () => {
  const test = new SessionTest();
  const { session } = test;
  const { signal } = new AbortController();
  test.maxSubscriptions = 2;
  const leave = await session.acquireSlot(signal, false);
  await session.acquireSlot(signal, true);
  let isIn = false;
  session.acquireSlot(signal, false).then(() => isIn = true);
  await settled();
  assert.ok(!isIn);
  assert.ok(!session.mayStay(1));
  leave();
  await settled();
  assert.ok(isIn);
  test.maxSubscriptions = 3;
  assert.ok(session.mayStay(1));
  await session.acquireSlot(signal, false);
});

Deno.test("RelayConnection gives a subscription's place back once, in whichever way it ends", async () => {
  const { session, subscribe, relay } = new SessionTest();
  const closed = subscribe(), refused = subscribe(), cut = subscribe();
  await settled();
  closed.subscription!.close();
  relay.reqs[1].closed("error: no");
  await settled();
  assert.deepEqual([closed.places, refused.places, cut.places], [1, 1, 0]);
  assert.equal(session.subscriptions, 1);
  relay.cut();
  assert.deepEqual([closed.places, refused.places, cut.places], [1, 1, 1]);
  assert.equal(session.subscriptions, 0);
  assert.deepEqual(closed.errors, []);
});

Deno.test("RelayConnection is full when those who use it leave but one place", () => {
  for (const [max, least] of [[10, 9], [3, 2], [2, 1], [1, 1]]) {
    const { session } = Object.assign(new SessionTest(), { maxSubscriptions: max });
    while (!session.isFull) session.users++;
    assert.equal(session.users, least, `${max}`);
    session.users--;
    assert.ok(!session.isFull);
  }
});

Deno.test("RelayConnection takes a relay that says anything at all for connected", () => {
  const { session, relay } = new SessionTest({ connect: "wait" });
  relay.log("relay.ws.send", ["REQ", "x", {}]);
  relay.log("relay.ws.state");
  relay.log("relay.nip11", ["odd"]);
  assert.ok(!session.isOpen);
  relay.say(["NOTICE", "hello"]);
  assert.ok(session.isOpen);
  session.end(new RelayFailureError(RELAY, "error", "test"));
});
