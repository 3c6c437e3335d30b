import assert from "node:assert/strict";
import { holding } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { note } from "../support/notes.ts";
import { ConnectionTest } from "../support/scripted_connection.ts";

/** A connection over which something was answered, with one subscription open. */
async function answered(script: Script = holding([])) {
  const test = new ConnectionTest(script);
  const reports = test.subscribe([{ kinds: [1] }]);
  await settled();
  const { connection, relay, network: { clock } } = test;
  return { test, connection: connection, relay, reports, clock };
}

Deno.test("RelayConnection ends if it is silent and does not answer a probe", async () => {
  const { connection, relay, clock, reports } = await answered();
  await clock.advance(44_999);
  assert.equal(relay.reqs.length, 1);
  relay.isMute = true;
  await clock.advance(1);
  assert.equal(relay.reqs.length, 2, "a question");
  assert.deepEqual(relay.last.filters, [{ ids: ["0".repeat(64)], limit: 1 }]);
  await clock.advance(15_000);
  assert.equal(connection.ended?.reason, "disconnected");
  assert.match(connection.ended.message, /nothing is heard on the connection any longer$/);
  assert.equal(reports.errors.length, 1);
  assert.equal(relay.live.length, 0);
  assert.equal(clock.pending, 0);
});

Deno.test("RelayConnection goes on if the relay answers a probe, and closes the probe", async () => {
  const { connection, relay, clock, reports } = await answered();
  await clock.advance(600_000);
  assert.ok(connection.isOpen);
  assert.ok(relay.reqs.length > 5);
  assert.equal(relay.live.length, 1);
  assert.deepEqual([reports.eoses, reports.events.length], [1, 0]);
});

Deno.test("RelayConnection sends no probe as long as it is not silent", async () => {
  const { relay, clock } = await answered();
  const messages = [["EVENT", relay.reqs[0].id, note()], ["NOTICE", "hello"], ["EVENT", "x", 1]];
  for (const message of [...messages, ...messages]) {
    await clock.advance(44_000);
    relay.say(message);
  }
  assert.equal(relay.reqs.length, 1);
});

Deno.test("RelayConnection does not end for the silence of a relay that never answered, or has no subscription", async () => {
  const { connection, clock } = await answered({});
  await clock.advance(600_000);
  assert.ok(connection.isOpen);

  const idle = await answered();
  idle.reports.subscription!.close();
  await settled();
  assert.equal(idle.clock.pending, 0);
  idle.relay.isMute = true;
  await idle.clock.advance(600_000);
  assert.ok(idle.connection.isOpen);
  const { errors } = idle.test.subscribe();
  await idle.clock.advance(59_999);
  assert.deepEqual(errors, []);
  await idle.clock.advance(1);
  assert.equal(errors.length, 1);
});

Deno.test("RelayConnection is never silent for 60 s, whether the relay ever answered or not", async () => {
  for (const script of [{}, holding([])]) {
    const { relay, clock, connection } = await answered(script);
    const start = clock.now();
    const sentAt = [0];
    for (let reqs = relay.reqs.length; clock.now() - start < 1_800_000;) {
      await clock.advance(1_000);
      if (relay.reqs.length > reqs) sentAt.push(clock.now() - start);
      reqs = relay.reqs.length;
    }
    assert.ok(connection.isOpen);
    assert.ok(sentAt.length >= 30 && sentAt.length <= 41, `${sentAt.length} probes in 30 minutes`);
    for (const [i, at] of sentAt.slice(1).entries()) assert.ok(at - sentAt[i] < 60_000, `${at}`);
    assert.ok(relay.live.length <= 2, "probes are closed");
  }
});

Deno.test("RelayConnection hasGoneSilent() if it brought answers and nothing since", async () => {
  const { connection, relay, clock } = await answered();
  await clock.advance(1_000);
  assert.ok(connection.hasGoneSilent(START * 1000 + 500));
  assert.ok(!connection.hasGoneSilent(START * 1000));
  relay.say(["NOTICE", "hello"]);
  assert.ok(!connection.hasGoneSilent(START * 1000 + 500));
  const useless = await answered({});
  await useless.clock.advance(1_000);
  assert.ok(!useless.connection.hasGoneSilent(START * 1000 + 500));
});

Deno.test("RelayConnection watches for silence as long as it has a subscription", async () => {
  const { test, relay, clock, reports } = await answered();
  const second = test.subscribe([{ kinds: [1] }]);
  await settled();
  reports.subscription!.close();
  relay.isMute = true;
  await clock.advance(60_000);
  assert.equal(second.errors.length, 1);
});

Deno.test("RelayConnection does not count matching events as events that were not asked for", async () => {
  const { connection, subscribe, relay } = new ConnectionTest();
  const reports = subscribe([{ kinds: [1] }, { kinds: [1] }]);
  await settled();
  relay.last.send(...Array(25_000).fill(note()));
  await settled();
  assert.ok(connection.isOpen);
  assert.equal(reports.events.length, 25_000);
});

Deno.test("RelayConnection takes CLOSED with an empty text for the end of an answer", async () => {
  const { subscribe, relay } = new ConnectionTest();
  const reports = subscribe();
  await settled();
  relay.last.send(note()).closed("");
  await settled();
  assert.equal(reports.eoses, 1);
  assert.deepEqual(reports.errors.map(({ reason }) => reason), ["closed"]);
  const live = subscribe();
  await settled();
  relay.last.eose();
  relay.last.closed("");
  await settled();
  assert.equal(live.eoses, 1);
  assert.equal(live.errors.length, 1);
});

Deno.test("RelayConnection opens relays that neither reconnect nor close idle sockets by themselves", () => {
  const { network } = new ConnectionTest();
  const { backoff, idleTimeout } = network.options.at(-1)!;
  assert.deepEqual({ backoff, idleTimeout }, { backoff: false, idleTimeout: false });
});
