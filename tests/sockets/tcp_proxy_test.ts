import assert from "node:assert/strict";
import { RelayServer } from "../../testing/relay_server.ts";
import { eventually } from "../support/eventually.ts";
import { FrameClient } from "../support/frame_client.ts";
import { RawClient } from "../support/raw_client.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";

Deno.test("TcpProxy.cut() ends connections through which messages passed", async () => {
  await using relay = RelayServer.start();
  await using wire = TcpProxy.start(relay.url);
  await using client = await FrameClient.connect(wire.url);
  client.send("REQ", "a", {});
  assert.deepEqual(await client.until("EOSE"), []);
  assert.deepEqual([wire.open, wire.connections, relay.open], [1, 1, 1]);

  await wire.cut();
  assert.equal(await client.next(), undefined);
  assert.equal(await client.closed, false);
  await eventually("the relay saw it, too", () => relay.open === 0);
});

Deno.test("TcpProxy.hold() holds messages back until release()", async () => {
  await using relay = RelayServer.start();
  await using wire = TcpProxy.start(relay.url);
  await using client = await RawClient.connect(wire.url);
  wire.hold();
  client.send(["REQ", "a", {}]);
  await using other = await RawClient.connect(relay.url);
  other.send(["REQ", "b", {}]);
  await other.next();
  assert.equal(relay.stats.reqs, 1);
  wire.release();
  assert.deepEqual(await client.next(), ["EOSE", "a"]);
});

Deno.test("TcpProxy refuses connections while `refusing` is set", async () => {
  await using relay = RelayServer.start();
  await using wire = TcpProxy.start(relay.url);
  wire.refusing = true;
  await assert.rejects(RawClient.connect(wire.url), /Cannot connect/);
  wire.refusing = false;
  await using client = await RawClient.connect(wire.url);
  client.send(["REQ", "a", {}]);
  assert.deepEqual(await client.next(), ["EOSE", "a"]);
});
