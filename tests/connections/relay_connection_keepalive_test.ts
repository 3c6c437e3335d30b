import assert from "node:assert/strict";
import { holding } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { note, notes } from "../support/notes.ts";
import { SessionTest } from "../support/scripted_connection.ts";

/** A session over which something was answered, with one subscription open. */
async function answered(script: Script = holding([])) {
  const test = new SessionTest(script);
  const told = test.subscribe([{ kinds: [1] }]);
  await settled();
  const { session, relay, network: { clock } } = test;
  return { test, session, relay, told, clock };
}

Deno.test("RelayConnection ends where the connection is silent, and to a question, too", async () => {
  const { session, relay, clock, told } = await answered();
  await clock.advance(59_999);
  assert.equal(relay.reqs.length, 1);
  relay.isMute = true;
  await clock.advance(1);
  assert.equal(relay.reqs.length, 2, "a question");
  assert.deepEqual(relay.last.filters, [{ ids: ["0".repeat(64)], limit: 1 }]);
  await clock.advance(15_000);
  assert.equal(session.ended?.reason, "disconnected");
  assert.match(session.ended.message, /nothing is heard on the connection any longer$/);
  assert.equal(told.errors.length, 1);
  assert.equal(relay.live.length, 0);
  assert.equal(clock.pending, 0);
});

Deno.test("RelayConnection goes on where the relay answers a question, which it then takes back", async () => {
  const { session, relay, clock, told } = await answered();
  await clock.advance(600_000);
  assert.ok(session.isOpen);
  assert.ok(relay.reqs.length > 5);
  assert.equal(relay.live.length, 1);
  assert.deepEqual([told.eoses, told.events.length], [1, 0]);
});

Deno.test("RelayConnection asks nothing as long as something is heard", async () => {
  const { relay, clock } = await answered();
  const messages = [["EVENT", relay.reqs[0].id, note()], ["NOTICE", "hello"], ["EVENT", "x", 1]];
  for (const message of [...messages, ...messages]) {
    await clock.advance(59_000);
    relay.say(message);
  }
  assert.equal(relay.reqs.length, 1);
});

Deno.test("RelayConnection blames no relay for silence that has never answered, or is asked nothing", async () => {
  const { session, relay, clock } = await answered({});
  await clock.advance(600_000);
  assert.ok(session.isOpen);
  assert.equal(relay.reqs.length, 1);

  const idle = await answered();
  idle.told.subscription!.close();
  await settled();
  assert.equal(idle.clock.pending, 0);
  idle.relay.isMute = true;
  await idle.clock.advance(600_000);
  assert.ok(idle.session.isOpen);
  const { errors } = idle.test.subscribe();
  await idle.clock.advance(74_999);
  assert.deepEqual(errors, []);
  await idle.clock.advance(1);
  assert.equal(errors.length, 1);
});

Deno.test("RelayConnection has gone silent when it was of use, and nothing came since", async () => {
  const { session, relay, clock } = await answered();
  await clock.advance(1_000);
  assert.ok(session.hasGoneSilent(START * 1000 + 500));
  assert.ok(!session.hasGoneSilent(START * 1000));
  relay.say(["NOTICE", "hello"]);
  assert.ok(!session.hasGoneSilent(START * 1000 + 500));
  const useless = await answered({});
  await useless.clock.advance(1_000);
  assert.ok(!useless.session.hasGoneSilent(START * 1000 + 500));
});

Deno.test("RelayConnection listens as long as there is one subscription", async () => {
  const { test, relay, clock, told } = await answered();
  const second = test.subscribe([{ kinds: [1] }]);
  await settled();
  told.subscription!.close();
  relay.isMute = true;
  await clock.advance(75_000);
  assert.equal(second.errors.length, 1);
});

Deno.test("RelayConnection ends as junk where a relay's answer is full of what was not asked for", async () => {
  for (const unasked of [99, 100]) {
    const { session, subscribe, relay } = new SessionTest();
    const told = subscribe([{ kinds: [1] }]);
    await settled();
    relay.last.send(note(), ...notes(unasked, { kind: 7 }), note()).eose();
    await settled();
    assert.equal(told.events.length, 2);
    assert.equal(session.ended?.reason, unasked < 100 ? undefined : "junk");
    assert.equal(told.eoses, unasked < 100 ? 1 : 0);
    if (unasked < 100) continue;
    assert.match(told.errors[0].message, /100 events that were not asked for, or are forged$/);
  }
});

Deno.test("RelayConnection counts what was not asked for in an answer alone, and forgives what comes later", async () => {
  const { session, subscribe, relay } = new SessionTest();
  const told = subscribe([{ kinds: [1] }]);
  await settled();
  relay.last.send(...notes(250)).eose();
  relay.last.send(...notes(150, { kind: 7 }));
  relay.last.eose();
  await settled();
  assert.ok(session.isOpen);
  assert.equal(told.eoses, 1);
  assert.equal(told.events.length, 250);
});

Deno.test("RelayConnection does not count what was asked for among what was not", async () => {
  const { session, subscribe, relay } = new SessionTest();
  const told = subscribe([{ kinds: [1] }, { kinds: [1] }]);
  await settled();
  relay.last.send(...Array(25_000).fill(note()));
  await settled();
  assert.ok(session.isOpen);
  assert.equal(told.events.length, 25_000);
});

Deno.test("RelayConnection takes CLOSED without a word for the end of an answer", async () => {
  const { subscribe, relay } = new SessionTest();
  const told = subscribe();
  await settled();
  relay.last.send(note()).closed("");
  await settled();
  assert.equal(told.eoses, 1);
  assert.deepEqual(told.errors.map(({ reason }) => reason), ["closed"]);
  const live = subscribe();
  await settled();
  relay.last.eose();
  relay.last.closed("");
  await settled();
  assert.equal(live.eoses, 1);
  assert.equal(live.errors.length, 1);
});

Deno.test("RelayConnection opens relays that neither reconnect nor fall asleep by themselves", () => {
  const { network } = new SessionTest();
  const { backoff, idleTimeout } = network.options.at(-1)!;
  assert.deepEqual({ backoff, idleTimeout }, { backoff: false, idleTimeout: false });
});
