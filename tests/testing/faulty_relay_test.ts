import { NRelay1 } from "@nostrify/nostrify";
import assert from "node:assert/strict";
import { disconnects } from "../../testing/faults/disconnects.ts";
import { frames } from "../../testing/faults/frames.ts";
import { unreachable } from "../../testing/faults/unreachable.ts";
import { type FaultName, startFault, throwingOpen } from "../../testing/faulty_relay.ts";
import { eventually } from "../support/eventually.ts";
import { EVENTS, FILTER, posts, testAll, testFault } from "../support/fault_tests.ts";
import { FrameClient } from "../support/frame_client.ts";

const broken: FaultName[] = [
  "refused",
  "no-such-host",
  "tls-at-plain-port",
  "tls-self-signed",
  "http-200",
  "http-302",
  "http-403",
  "http-502",
  "not-http",
];

testFault("no WebSocket comes about", broken, async (name) => {
  await using relay = startFault(name);
  await assert.rejects(FrameClient.connect(relay.url), /failed to connect/);
  assert.equal(relay.open, 0);
});

testFault("there is no such URL", "bad-url", async (name) => {
  const { url } = startFault(name);
  await assert.rejects(FrameClient.connect(url), { name: "SyntaxError" });
});

for (const status of [200, 302, 403, 502] as const) {
  Deno.test(`Fault "http-${status}" answers in HTTP with this status`, async () => {
    await using relay = startFault(`http-${status}`);
    const url = relay.url.replace("ws:", "http:");
    const response = await fetch(url, { redirect: "manual" });
    await response.body?.cancel();
    assert.equal(response.status, status);
    assert.equal(relay.connections, 1);
  });
}

testFault("takes a connection and waits until the client gives up", "mute-host", async (name) => {
  await using relay = startFault(name);
  const socket = new WebSocket(relay.url);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.onopen = () => assert.fail("It never shakes hands");
  await eventually("the host took the connection", () => relay.open === 1);
  assert.equal(socket.readyState, WebSocket.CONNECTING);
  socket.close();
  await closed;
  await eventually("the host saw the client go", () => relay.open === 0);
});

testFault("opens, and does not even answer a close", "stalled", async (name) => {
  const relay = startFault(name);
  const client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", FILTER);
  client.close();
  await relay[Symbol.asyncDispose]();
  assert.equal(await client.next(), undefined);
});

const odd: FaultName[] = ["half-json", "not-a-message", "deep-json", "binary", "huge-frame"];
testFault("sends a frame that is no message, and then its answer", odd, async (name) => {
  await using relay = startFault(name, { events: posts });
  await using client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", FILTER);
  const first = await client.next();
  if (name === "binary") assert.ok(first instanceof ArrayBuffer);
  if (name === "half-json") assert.throws(() => JSON.parse(String(first)), SyntaxError);
  if (name === "deep-json") assert.match(String(first), /^\["EVENT","a",\[{100000}\]{100000}\]$/);
  if (name === "huge-frame") assert.ok(String(first).length > 50_000_000);
  if (name === "not-a-message") { for (let n = 1; n < 8; n++) await client.next(); }
  assert.deepEqual(await client.until("EOSE"), EVENTS);
});

testFault("breaks the WebSocket itself", ["torn-frame", "bad-opcode"], async (name) => {
  await using relay = startFault(name);
  await using client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", FILTER);
  assert.equal(await client.next(), undefined);
  assert.equal(await client.closed, false);
});

testFault("hangs up as soon as it is open", "disconnect-at-once", async (name) => {
  await using relay = startFault(name);
  await using client = await FrameClient.connect(relay.url);
  assert.equal(await client.next(), undefined);
  assert.equal(await client.closed, true);
});

const cut: FaultName[] = ["disconnect-mid-answer", "disconnect-at-first"];
testFault("hangs up after half of the answer", cut, async (name) => {
  await using relay = startFault(name, { events: posts });
  for (const again of [false, true]) {
    await using client = await FrameClient.connect(relay.url);
    client.send("REQ", "a", FILTER);
    const rest = again && name === "disconnect-at-first" ? posts.length : posts.length / 2;
    for (const event of EVENTS.slice(0, rest)) {
      assert.equal(await client.next(), JSON.stringify(event));
    }
    if (rest < posts.length) assert.equal(await client.next(), undefined);
    else assert.deepEqual(await client.until("EOSE"), []);
  }
});

testFault("hangs up on an event", "disconnect-on-event", async (name) => {
  await using relay = startFault(name, { events: posts });
  await using client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", FILTER);
  assert.deepEqual(await client.until("EOSE"), EVENTS);
  client.send("EVENT", posts[0]);
  assert.equal(await client.next(), undefined);
});

testAll("connections", [
  ...Object.keys(unreachable),
  ...Object.keys(frames),
  ...Object.keys(disconnects),
  "stalled",
]);

Deno.test("throwingOpen() throws for the chosen relays, before any connection", async () => {
  await using relay = startFault("eose-empty");
  const open = throwingOpen((url: string) => new NRelay1(url), (url) => url.endsWith("/bad"));
  assert.throws(() => open(`${relay.url}bad`, undefined), /does not want to/);
  assert.equal(relay.connections, 0);
  await using client = open(relay.url, undefined);
  assert.deepEqual(await client.query([{ kinds: [1] }]), []);
});
