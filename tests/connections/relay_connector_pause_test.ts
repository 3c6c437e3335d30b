import assert from "node:assert/strict";
import { RELAY, ScriptedNetwork } from "../../testing/scripted_network.ts";
import { settled } from "../../testing/test_clock.ts";
import { CountedController } from "../support/counted_signal.ts";

const never = new AbortController().signal;

/** A connector, and somebody who waits before the next try. */
function pausing(ms = 1_000) {
  const network = new ScriptedNetwork({ connect: "wait" });
  const controller = new CountedController();
  const connector = network.link();
  const state = { isAwake: false };
  connector.pause(ms, controller.signal).then(() => state.isAwake = true);
  return { network, connector, controller, state };
}

Deno.test("RelayConnector pause() waits for the given time, and leaves nothing behind", async () => {
  const { network: { clock }, controller, state } = pausing();
  await clock.advance(999);
  assert.ok(!state.isAwake);
  await clock.advance(1);
  assert.ok(state.isAwake);
  assert.equal(clock.pending, 0);
  assert.equal(controller.listeners, 0);
});

Deno.test("RelayConnector pause() ends when the relay is connected for another user", async () => {
  const { network, connector, controller, state } = pausing();
  connector.use();
  await connector.connection(0, never);
  await settled();
  assert.ok(!state.isAwake);
  network.last.accept();
  await settled();
  assert.ok(state.isAwake);
  assert.equal(network.clock.pending, 0);
  assert.equal(controller.listeners, 0);
});

Deno.test("RelayConnector pause() ends with its signal, also if that is aborted already", async () => {
  const { network: { clock }, connector, controller, state } = pausing();
  await settled();
  controller.abort();
  await settled();
  assert.ok(state.isAwake);
  assert.equal(clock.pending, 0);
  let isAwake = false;
  connector.pause(1_000, controller.signal).then(() => isAwake = true);
  await settled();
  assert.ok(isAwake);
  assert.equal(clock.pending, 0);
});

Deno.test("RelayConnector pause() lasts a moment even if the relay may be tried at once, and the connector is not idle", async () => {
  for (const [isOpen, ms] of [[false, 1_000], [true, 200]] as const) {
    const network = new ScriptedNetwork();
    const connector = network.link();
    if (isOpen) {
      const { release } = connector.use();
      await connector.connection(0, never);
      release();
    }
    await settled();
    assert.equal(connector.isOpen, isOpen);
    let isAwake = false;
    connector.pause(0, never).then(() => isAwake = true);
    if (!isOpen) assert.ok(!connector.isIdle);
    await network.clock.advance(ms - 1);
    assert.ok(!isAwake);
    await network.clock.advance(1);
    assert.ok(isAwake);
    assert.equal(connector.isIdle, !isOpen);
  }
});

Deno.test("RelayConnector waits four seconds for an unknown relay while others wait for their turn", async () => {
  for (const [waiting, ms] of [[0, 10_000], [1, 4_000]]) {
    const network = new ScriptedNetwork({ connect: "wait" });
    network.semaphore.resize(1);
    const connector = network.link();
    connector.use();
    const connection = await connector.connection(0, never);
    network.last.hooks.onConnecting!();
    for (let i = 0; i < waiting; i++) {
      const other = network.link(`wss://${i}.example/`);
      other.use();
      other.connection(0, never);
    }
    await network.clock.advance(ms - 1);
    assert.ok(!connection.ended, `${ms}`);
    await network.clock.advance(1);
    assert.ok(connection.ended, `${ms}`);
  }
});

Deno.test("RelayConnector assumes twenty subscriptions of a relay whose limit is not known", async () => {
  const network = new ScriptedNetwork();
  const connector = network.link();
  for (let i = 0; i < 20; i++) {
    connector.use();
    await connector.connection(0, never);
  }
  assert.equal(network.relays.length, 2);
  assert.equal(network.relays[0].url, RELAY);
});

Deno.test("RelayConnector close() without users leaves no timer, and may be called twice", async () => {
  const network = new ScriptedNetwork();
  const connector = network.link();
  const { release } = connector.use();
  const connection = await connector.connection(0, never);
  await settled();
  connection.users--;
  release();
  assert.equal(network.clock.pending, 1);
  await connector.close();
  await connector.close();
  assert.equal(network.clock.pending, 0);
  assert.ok(network.last.isClosed);
});
