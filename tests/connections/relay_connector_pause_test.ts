import assert from "node:assert/strict";
import { RELAY, ScriptedNetwork } from "../../testing/scripted_network.ts";
import { settled } from "../../testing/test_clock.ts";
import { CountedController } from "../support/counted_signal.ts";

const never = new AbortController().signal;

/** A link, and somebody who waits before the next try. */
function pausing(ms = 1_000) {
  const network = new ScriptedNetwork({ connect: "wait" });
  const controller = new CountedController();
  const link = network.link();
  const state = { isAwake: false };
  link.pause(ms, controller.signal).then(() => state.isAwake = true);
  return { network, link, controller, state };
}

Deno.test("RelayConnector has somebody wait as long as they want, and leaves nothing behind", async () => {
  const { network: { clock }, controller, state } = pausing();
  await clock.advance(999);
  assert.ok(!state.isAwake);
  await clock.advance(1);
  assert.ok(state.isAwake);
  assert.equal(clock.pending, 0);
  assert.equal(controller.listeners, 0);
});

Deno.test("RelayConnector wakes those who wait when somebody else has been connected", async () => {
  const { network, link, controller, state } = pausing();
  link.use();
  await link.connection(0, never);
  await settled();
  assert.ok(!state.isAwake);
  network.last.accept();
  await settled();
  assert.ok(state.isAwake);
  assert.equal(network.clock.pending, 0);
  assert.equal(controller.listeners, 0);
});

Deno.test("RelayConnector wakes one who gives up, and lets nobody wait who has given up", async () => {
  const { network: { clock }, link, controller, state } = pausing();
  await settled();
  controller.abort();
  await settled();
  assert.ok(state.isAwake);
  assert.equal(clock.pending, 0);
  let isAwake = false;
  link.pause(1_000, controller.signal).then(() => isAwake = true);
  await settled();
  assert.ok(isAwake);
  assert.equal(clock.pending, 0);
});

Deno.test("RelayConnector waits for an unknown relay four seconds where others wait their turn", async () => {
  for (const [waiting, ms] of [[0, 10_000], [1, 4_000]]) {
    const network = new ScriptedNetwork({ connect: "wait" });
    network.gate.resize(1);
    const link = network.link();
    link.use();
    const session = await link.connection(0, never);
    network.last.log("relay.ws.state");
    for (let i = 0; i < waiting; i++) {
      const other = network.link(`wss://${i}.example/`);
      other.use();
      other.connection(0, never);
    }
    await network.clock.advance(ms - 1);
    assert.ok(!session.ended, `${ms}`);
    await network.clock.advance(1);
    assert.ok(session.ended, `${ms}`);
  }
});

Deno.test("RelayConnector assumes twenty subscriptions of a relay that does not say", async () => {
  const network = new ScriptedNetwork();
  const link = network.link();
  for (let i = 0; i < 20; i++) {
    link.use();
    await link.connection(0, never);
  }
  assert.equal(network.relays.length, 2);
  assert.equal(network.relays[0].url, RELAY);
});

Deno.test("RelayConnector that is closed when nobody uses it leaves no timer, and may be closed twice", async () => {
  const network = new ScriptedNetwork();
  const link = network.link();
  const { release } = link.use();
  const session = await link.connection(0, never);
  await settled();
  session.users--;
  release();
  assert.equal(network.clock.pending, 1);
  await link.close();
  await link.close();
  assert.equal(network.clock.pending, 0);
  assert.ok(network.last.isClosed);
});
