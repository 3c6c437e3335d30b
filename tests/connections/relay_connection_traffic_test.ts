import assert from "node:assert/strict";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { RELAY } from "../../testing/scripted_network.ts";
import { settled } from "../../testing/test_clock.ts";
import { note, notes } from "../support/notes.ts";
import { ConnectionTest } from "../support/scripted_connection.ts";

Deno.test("RelayConnection knows which subscription the relay's CLOSED is about", async () => {
  const { subscribe, relay } = new ConnectionTest();
  const reports = [subscribe(), subscribe(), subscribe()];
  await settled();
  relay.reqs[1].closed("blocked: not you");
  relay.reqs[2].closed("error: tired");
  await settled();
  assert.deepEqual(reports.map(({ subscription }) => subscription!.reasonText), [
    undefined,
    "blocked: not you",
    "error: tired",
  ]);
  assert.deepEqual(reports.map(({ errors }) => errors.map(({ reason }) => reason)), [
    [],
    ["blocked"],
    ["error"],
  ]);
  assert.equal(reports[1].releases, 1);
});

Deno.test("RelayConnection verifies each event once, whether the relay calls its hooks or not", async () => {
  for (const isDeaf of [false, true]) {
    const { subscribe, relay, network: { forged }, verified } = new ConnectionTest({ isDeaf });
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

Deno.test("RelayConnection ends as junk after a hundred forged events in a minute", async () => {
  for (const isDeaf of [false, true]) {
    const { connection, subscribe, relay, network: { forged } } = new ConnectionTest({ isDeaf });
    const reports = subscribe();
    await settled();
    const event = note();
    forged.add(event);
    relay.last.send(...Array(99).fill(event));
    await settled();
    assert.ok(connection.isOpen);
    relay.last.send(event, event, note());
    await settled();
    assert.equal(connection.ended?.reason, "junk");
    assert.match(
      connection.ended.message,
      /more than 99 events a minute that are forged, or were not requested$/,
    );
    assert.deepEqual(reports.events, []);
    assert.equal(reports.errors.length, 1);
  }
});

Deno.test("RelayConnection ends as flood, with all its subscriptions, if one answer is too long", async () => {
  const { connection, subscribe, relay } = new ConnectionTest();
  const reports = [subscribe([{ limit: 1 }]), subscribe()];
  await settled();
  // They are counted as they come, whether they match or not.
  const other = note({ kind: 7 });
  for (let i = 0; i < 10_001; i++) relay.reqs[0].send(other);
  await settled();
  assert.ok(connection.isOpen);
  relay.reqs[0].send(other);
  await settled();
  assert.equal(connection.ended?.reason, "flood");
  assert.deepEqual(reports.map(({ errors }) => errors.length), [1, 1]);
  assert.ok(relay.isClosed);
});

Deno.test("RelayConnection ends as flood if too many messages belong to no subscription", async () => {
  const messages = [["EVENT", "nobody", note()], ["NOTICE", "hello"], ["NEG-MSG", "x"]];
  for (const message of messages) {
    const { connection, subscribe, relay, network: { clock } } = new ConnectionTest();
    const { errors } = subscribe();
    await settled();
    const say = (times: number) => {
      for (let i = 0; i < times; i++) relay.say(message);
    };
    say(20_000);
    await clock.advance(60_000);
    say(20_000);
    assert.deepEqual(errors, []);
    say(1);
    assert.deepEqual(errors.map(({ reason }) => reason), ["flood"], String(message));
    assert.match(
      connection.ended!.message,
      /20000 messages a minute that belong to no subscription, or as much in longer ones$/,
    );
  }
});

Deno.test("S4: RelayConnection counts a long message that belongs to no subscription as several", async () => {
  const { connection, subscribe, relay } = new ConnectionTest();
  const { errors } = subscribe();
  await settled();
  // 19,998 of 20,000, and two more for the notice.
  for (let i = 0; i < 77; i++) relay.hooks.onStray?.(2 ** 20);
  for (let i = 0; i < 286; i++) relay.hooks.onStray?.(4_096);
  relay.say(["NOTICE", "x".repeat(4_097)]);
  assert.deepEqual(errors, []);
  assert.ok(connection.isOpen);
  relay.hooks.onStray?.();
  assert.deepEqual(errors.map(({ reason }) => reason), ["flood"]);
});

Deno.test("RelayConnection ends the subscription that a NOTICE refuses, and no other", async () => {
  const { relay, subscribe } = new ConnectionTest();
  relay.accept();
  const answered = subscribe([{}, {}, {}]);
  await settled();
  relay.last.eose();
  await settled();
  const [large, small] = [subscribe([{}, {}]), subscribe()];
  await settled();
  relay.say(["NOTICE", 7]);
  relay.say(["NOTICE", "too many filters"]);
  relay.say(["AUTH", "challenge"]);
  await settled();
  assert.deepEqual(large.errors.map(({ message }) => message), [
    `Relay ${RELAY} failed (closed): too many filters`,
  ]);
  assert.equal(large.subscription!.reasonText, "too many filters");
  assert.deepEqual([answered.errors, small.errors], [[], []]);
});

Deno.test("RelayConnection takes a NOTICE about subscriptions to be about the one beside which most others were open", async () => {
  const { relay, subscribe } = new ConnectionTest();
  relay.accept();
  const [first, second, third] = [subscribe(), subscribe(), subscribe()];
  for (const { subscription } of [first, second]) subscription!.close();
  const last = subscribe();
  await settled();
  relay.say(["NOTICE", "ERROR: too many concurrent REQs"]);
  await settled();
  assert.deepEqual([third.errors.length, last.errors.length], [1, 0]);
  assert.equal(third.subscription!.place, 3);
});

Deno.test("RelayConnection has as many slots as the relay takes subscriptions, as far as is known now", async () => {
  const test = new ConnectionTest();
  const { connection } = test;
  const { signal } = new AbortController();
  test.maxSubscriptions = 2;
  const leave = await connection.acquireSlot(signal, false);
  await connection.acquireSlot(signal, true);
  let isIn = false;
  connection.acquireSlot(signal, false).then(() => isIn = true);
  await settled();
  assert.ok(!isIn);
  assert.ok(!connection.mayStay(1));
  leave();
  await settled();
  assert.ok(isIn);
  test.maxSubscriptions = 3;
  assert.ok(connection.mayStay(1));
  await connection.acquireSlot(signal, false);
});

Deno.test("RelayConnection releases a subscription's slot once, however it ends", async () => {
  const { connection, subscribe, relay } = new ConnectionTest();
  const closed = subscribe(), refused = subscribe(), cut = subscribe();
  await settled();
  closed.subscription!.close();
  relay.reqs[1].closed("error: no");
  await settled();
  assert.deepEqual([closed.releases, refused.releases, cut.releases], [1, 1, 0]);
  assert.equal(connection.subscriptions, 1);
  relay.cut();
  assert.deepEqual([closed.releases, refused.releases, cut.releases], [1, 1, 1]);
  assert.equal(connection.subscriptions, 0);
  assert.deepEqual(closed.errors, []);
});

Deno.test("RelayConnection isFull if its users leave only one slot", () => {
  for (const [max, least] of [[10, 9], [3, 2], [2, 1], [1, 1]]) {
    const { connection } = Object.assign(new ConnectionTest(), { maxSubscriptions: max });
    while (!connection.isFull) connection.users++;
    assert.equal(connection.users, least, `${max}`);
    connection.users--;
    assert.ok(!connection.isFull);
  }
});

Deno.test("RelayConnection counts as open once the relay sends anything at all", () => {
  const { connection, relay } = new ConnectionTest({ connect: "wait" });
  relay.hooks.onConnecting!();
  assert.ok(!connection.isOpen);
  relay.say(["NOTICE", "hello"]);
  assert.ok(connection.isOpen);
  connection.end(new RelayFailureError(RELAY, "error", "test"));
});
