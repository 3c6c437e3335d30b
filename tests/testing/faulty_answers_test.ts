import assert from "node:assert/strict";
import { type NostrEvent, verifyEvent } from "nostr-tools";
import { disconnects } from "../../testing/faults/disconnects.ts";
import { frames } from "../../testing/faults/frames.ts";
import { unreachable } from "../../testing/faults/unreachable.ts";
import {
  type FaultName,
  FAULTS,
  PREFIXES,
  reasonOf,
  startFault,
} from "../../testing/faulty_relay.ts";
import { eventually } from "../support/eventually.ts";
import { alice, bob, EVENTS, FILTER, posts, testAll, testFault } from "../support/fault_tests.ts";
import { FrameClient } from "../support/frame_client.ts";

testFault("says nothing to REQ and EVENT", "silent", async (name) => {
  const relay = startFault(name, { events: posts });
  const client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", FILTER);
  client.send("EVENT", posts[0]);
  await eventually("both arrived", () => relay.relay?.stats.eventsReceived === 1);
  await relay[Symbol.asyncDispose]();
  assert.equal(await client.next(), undefined);
});

testFault("sends events, but no EOSE", "eose-never", async (name) => {
  await using relay = startFault(name, { events: posts });
  await using client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", FILTER);
  client.send("junk");
  assert.deepEqual(await client.until("NOTICE"), EVENTS);
});

testFault("says EOSE twice", ["eose-twice", "eose-early"], async (name) => {
  await using relay = startFault(name, { events: posts });
  await using client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", FILTER);
  const [first, second] = name === "eose-early" ? [[], EVENTS] : [EVENTS, []];
  assert.deepEqual(await client.until("EOSE"), first);
  assert.deepEqual(await client.until("EOSE"), second);
});

testFault("holds nothing", "eose-empty", async (name) => {
  await using relay = startFault(name, { events: posts });
  await using client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", FILTER);
  assert.deepEqual(await client.until("EOSE"), []);
});

testFault("goes on after CLOSED", "events-after-closed", async (name) => {
  await using relay = startFault(name, { events: posts });
  await using client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", FILTER);
  assert.deepEqual(await client.until("CLOSED"), []);
  assert.deepEqual(await client.until("EOSE"), EVENTS);
});

for (const prefix of [...PREFIXES, "none"] as const) {
  testFault("closes every REQ with that reason", `closed:${prefix}`, async (name) => {
    await using relay = startFault(name, { events: posts });
    await using client = await FrameClient.connect(relay.url);
    client.send("REQ", "a", FILTER);
    assert.equal(await client.next(), JSON.stringify(["CLOSED", "a", reasonOf(prefix)]));
  });

  testFault("takes no event, with that reason", `refused:${prefix}`, async (name) => {
    await using relay = startFault(name);
    await using client = await FrameClient.connect(relay.url);
    client.send("EVENT", posts[0]);
    assert.equal(
      await client.next(),
      JSON.stringify(["OK", posts[0].id, false, reasonOf(prefix)]),
    );
  });
}

testFault("serves all but one author", "closed-for-author", async (name) => {
  await using relay = startFault(name, { events: posts, author: bob.pubkey });
  await using client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", FILTER, { authors: [bob.pubkey] });
  assert.deepEqual(await client.until("CLOSED"), []);
  client.send("REQ", "a", FILTER);
  assert.deepEqual(await client.until("EOSE"), EVENTS);
});

testFault("takes no more for a while", "rate-limited-at-first", async (name) => {
  await using relay = startFault(name, { events: posts, count: 2 });
  await using client = await FrameClient.connect(relay.url);
  client.send("EVENT", posts[0]);
  assert.match(String(await client.next()), /"OK".*false,"rate-limited:/);
  client.send("REQ", "a", FILTER);
  assert.deepEqual(await client.until("CLOSED"), []);
  client.send("REQ", "a", FILTER);
  assert.deepEqual(await client.until("EOSE"), EVENTS);
});

testFault("challenges, and serves all the same", "auth-at-once", async (name) => {
  await using relay = startFault(name, { events: posts });
  await using client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", FILTER);
  assert.deepEqual(await client.until("EOSE"), [["AUTH", "challenge"], ...EVENTS]);
});

testFault("serves whoever has signed in", "auth-wall", async (name) => {
  await using relay = startFault(name, { events: posts });
  await using client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", FILTER);
  assert.deepEqual(await client.until("CLOSED"), [["AUTH", "challenge"]]);
  client.send("EVENT", posts[0]);
  assert.match(String(await client.next()), /"OK".*false,"auth-required:/);
  client.send("AUTH", alice.sign({ kind: 22242 }));
  assert.match(String(await client.next()), /"OK".*true/);
  client.send("REQ", "a", FILTER);
  assert.deepEqual(await client.until("EOSE"), EVENTS);
});

testFault("gives no OK for what it was sent", ["ok-never", "ok-for-another"], async (name) => {
  await using relay = startFault(name);
  await using client = await FrameClient.connect(relay.url);
  client.send("EVENT", posts[0]);
  client.send("REQ", "a", FILTER);
  for (const message of await client.until("EOSE")) assert.notEqual(message[1], posts[0].id);
});

testFault("sends what was not asked for", "mismatched", async (name) => {
  await using relay = startFault(name, { events: posts });
  await using client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", { authors: [bob.pubkey] });
  const events = (await client.until("EOSE")).map((message) => message[2] as NostrEvent);
  assert.equal(events.length, 1 + posts.length);
  for (const event of events) {
    assert.notEqual(event.pubkey, bob.pubkey);
    assert.ok(verifyEvent(event));
  }
});

const forgeries: FaultName[] = ["forged-content", "forged-id", "forged-signature"];
testFault("sends events that seem to match, and nobody signed", forgeries, async (name) => {
  await using relay = startFault(name, { events: posts });
  await using client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", FILTER);
  const events = (await client.until("EOSE")).map((message) => message[2] as NostrEvent);
  assert.equal(events.length, posts.length);
  for (const event of events) {
    assert.equal(event.pubkey, alice.pubkey);
    assert.ok(!verifyEvent(event));
  }
});

const floods: FaultName[] = [
  "flood-events",
  "flood-repeated",
  "flood-forged",
  "flood-foreign",
  "flood-notices",
];
testFault("sends without end, until the client closes", floods, async (name) => {
  await using relay = startFault(name, { events: posts, signer: alice });
  await using client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", { ...FILTER, since: 1_700_000_000 });
  const kinds = new Set<string>();
  for (let n = 0; n < 100; n++) {
    const [verb, id, event] = JSON.parse(String(await client.next()));
    const isSigned = event && verifyEvent(event) && event.pubkey === alice.pubkey;
    kinds.add(`${verb} ${id === "a" ? "asked" : "foreign"} ${isSigned ? "signed" : "unsigned"}`);
    if (n === 50) client.send("CLOSE", "a");
  }
  assert.deepEqual([...kinds], [
    {
      "flood-events": "EVENT asked signed",
      "flood-repeated": "EVENT asked signed",
      "flood-forged": "EVENT asked unsigned",
      "flood-foreign": "EVENT foreign unsigned",
      "flood-notices": "NOTICE foreign unsigned",
    }[name as string],
  ]);
});

testFault("cuts answers and says EOSE", "capped", async (name) => {
  await using relay = startFault(name, { events: posts, count: 3 });
  await using client = await FrameClient.connect(relay.url);
  client.send("REQ", "a", FILTER);
  assert.deepEqual(await client.until("EOSE"), EVENTS.slice(0, 3));
});

/** How a limit is crossed, and what is said then. */
const CROSSED: Partial<Record<FaultName, [unknown[][], RegExp | undefined]>> = {};
const filters = [["REQ", "b", FILTER, FILTER]];
const requests = [["REQ", "x", { limit: 0 }], ["REQ", "b", FILTER]];
const long = [["REQ", "b", { ...FILTER, "#t": ["x".repeat(200)] }]];
CROSSED["too-many-filters:closed"] = [filters, /^\["CLOSED","b","error: too many filters/];
CROSSED["too-many-filters:notice"] = [filters, /^\["NOTICE","too many filters/];
CROSSED["too-many-filters:nostream"] = [filters, /^\["NOTICE",.*Too many filters/];
CROSSED["too-many-filters:strfry"] = [filters, /^\["NOTICE","ERROR: bad req: arr too big/];
CROSSED["too-many-subscriptions:closed"] = [requests, /^\["CLOSED","b","error: too many/];
CROSSED["too-many-subscriptions:strfry"] = [requests, /^\["NOTICE",.*too many concurrent REQs/];
CROSSED["too-long:notice"] = [long, /^\["NOTICE","ERROR: message too large/];
CROSSED["too-long:disconnect"] = [long, undefined];

for (const [name, [messages, words]] of Object.entries(CROSSED)) {
  testFault(
    "answers what is within its limit, and says so otherwise",
    name as FaultName,
    async () => {
      const count = name.startsWith("too-long") ? 200 : 1;
      await using relay = startFault(name as FaultName, { events: posts, count });
      await using client = await FrameClient.connect(relay.url);
      client.send("REQ", "a", FILTER);
      assert.deepEqual(await client.until("EOSE"), EVENTS);
      client.send("CLOSE", "a");
      for (const message of messages) client.send(...message);
      if (messages === requests) await client.until("EOSE");
      const answer = await client.next();
      if (words) assert.match(String(answer), words);
      else assert.equal(answer, undefined);
    },
  );
}

const families = { ...unreachable, ...frames, ...disconnects, stalled: undefined };
testAll("answers", FAULTS.filter((name) => !(name in families)));
