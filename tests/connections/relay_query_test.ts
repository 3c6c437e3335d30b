import assert from "node:assert/strict";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { holding, RELAY } from "../../testing/scripted_network.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { AUTHORS, note, notes } from "../support/notes.ts";
import { QueryTest } from "../support/scripted_query.ts";

/** So many filters, each about another author. */
const filtersAbout = (count: number) =>
  AUTHORS.slice(0, count).map((author) => ({ authors: [author], kinds: [1] }));

Deno.test("RelayQuery of one REQ resolves at its EOSE, and goes on with new events", async () => {
  const test = new QueryTest();
  test.request(...filtersAbout(2));
  await settled();
  assert.ok(test.query.isPending);
  const [first, second] = notes(2);
  test.relay.last.send(first).eose();
  await settled();
  assert.equal(test.outcome, "fine");
  assert.notEqual(test.proof, "unknown");
  assert.ok(test.query.staysOpen);
  assert.ok(!test.query.isPending);
  test.relay.last.send(second);
  await settled();
  assert.deepEqual(test.events, [first, second]);
  assert.equal(test.endedBy, undefined);
  test.relay.last.closed("error: tired");
  await settled();
  assert.equal(test.endedBy!.reason, "error");
});

Deno.test("RelayQuery of several REQs resolves when each has come to its EOSE", async () => {
  const test = new QueryTest();
  test.network.fake.learnLimits(RELAY, { maxFilters: 1 });
  test.request(...filtersAbout(2));
  await settled();
  const [first, second] = test.relay.reqs;
  second.send(note({ pubkey: AUTHORS[1] })).eose();
  await settled();
  assert.equal(test.outcome, undefined);
  assert.ok(test.query.isPending);
  assert.ok(second.isOver);
  first.send(note()).eose();
  await settled();
  assert.equal(test.outcome, "fine");
  assert.equal(test.events.length, 2);
  assert.notEqual(test.proof, "unknown");
});

Deno.test("RelayQuery without filters sends no REQ, and is complete", async () => {
  const test = new QueryTest();
  test.request();
  await settled();
  assert.equal(test.outcome, "fine");
  assert.deepEqual(test.relay.reqs, []);
});

Deno.test("RelayQuery of several REQs leaves none of them open before requestLive()", async () => {
  const posts = AUTHORS.slice(0, 3).map((pubkey) => note({ pubkey }));
  const test = new QueryTest(holding(posts));
  const { relay, network, query, connection } = test;
  network.fake.learnLimits(RELAY, { maxFilters: 1 });
  test.request(...filtersAbout(3));
  await settled();
  assert.equal(test.outcome, "fine");
  assert.ok(!query.staysOpen);
  assert.equal(connection.subscriptions, 0);
  assert.equal(relay.live.length, 0);
  await query.requestLive([{ kinds: [1] }, { kinds: [7] }, { kinds: [6] }], START);
  assert.equal(relay.live.length, 3);
  assert.equal(test.endedBy, undefined);
  relay.live[1].closed("error: tired");
  await settled();
  assert.equal(test.endedBy!.reason, "error");
});

Deno.test("RelayQuery reports progress when it sends a REQ and when that is answered", async () => {
  const test = new QueryTest();
  test.request({});
  await settled();
  const asked = test.progress;
  assert.ok(asked > 0);
  test.relay.last.eose();
  await settled();
  assert.ok(test.progress > asked);
});

Deno.test("RelayQuery with one refused REQ does not fail, but is not complete", async () => {
  const test = new QueryTest();
  const { relay, network } = test;
  network.fake.learnLimits(RELAY, { maxFilters: 1 });
  test.request(...filtersAbout(2));
  await settled();
  relay.reqs[0].closed("restricted: members only");
  await settled();
  assert.equal(test.outcome, undefined);
  relay.reqs[1].send(note({ pubkey: AUTHORS[1] })).eose();
  await settled();
  assert.equal(test.outcome, "fine");
  assert.equal(test.proof, "unknown");
  assert.equal(test.events.length, 1);
  assert.deepEqual(network.fake.of("failed"), [[RELAY, "restricted", START * 1000]]);
});

Deno.test("RelayQuery fails with the relay's reason if all REQs are refused", async () => {
  const reports: RelayFailureError[] = [];
  const test = new QueryTest({ onReq: (req) => req.closed("auth-required: who are you?") }, {
    onRelayError: (error) => reports.push(error),
  });
  test.request({});
  await settled();
  assert.deepEqual(reports, [test.outcome]);
  assert.ok(test.outcome instanceof RelayFailureError);
  assert.equal(test.outcome.reason, "auth-required");
  assert.equal(test.relay.reqs.length, 1, "there is no better way to ask");
  assert.equal(test.connection.subscriptions, 0);
});

Deno.test("RelayQuery unansweredBytes is the length of the longest REQ that was lost with the connection", async () => {
  const test = new QueryTest();
  const { relay, network } = test;
  network.fake.learnLimits(RELAY, { maxFilters: 1 });
  const [short, long] = [{ kinds: [1] }, filtersAbout(1)[0]];
  test.request(short, long);
  await settled();
  relay.cut();
  await settled();
  assert.equal((test.outcome as RelayFailureError).reason, "disconnected");
  assert.equal(test.query.unansweredBytes, JSON.stringify([long]).length + 80);
  assert.deepEqual(network.fake.of("failed"), [], "the connection's end is reports by others");
});

Deno.test("RelayQuery on a connection that has ended fails as the connection did", async () => {
  const test = new QueryTest({ connect: "fail" });
  test.request({}, {});
  await settled();
  assert.ok(test.outcome instanceof RelayFailureError);
  assert.equal(test.outcome.reason, "unreachable");
  assert.equal(test.outcome, test.connection.ended);
});

Deno.test("RelayQuery fails with all REQs that wait for a slot when the connection ends", async () => {
  const test = new QueryTest();
  const { relay, network } = test;
  test.maxSubscriptions = 2;
  network.fake.learnLimits(RELAY, { maxFilters: 1 });
  test.request(...filtersAbout(5));
  await settled();
  assert.equal(relay.reqs.length, 2);
  relay.reqs[0].send(note()).eose();
  await settled();
  assert.equal(relay.reqs.length, 3);
  relay.cut();
  await settled();
  assert.equal(test.outcome, "fine", "it answered some of it");
  assert.equal(test.proof, "unknown");
  assert.equal(relay.reqs.length, 3);
});

Deno.test("RelayQuery ends the connection as junk after a hundred events in a minute that were not asked for", async () => {
  const test = new QueryTest();
  test.request({ kinds: [1] });
  await settled();
  test.relay.last.send(...notes(99, { kind: 7 }), note());
  await settled();
  assert.equal(test.events.length, 1);
  assert.equal(test.connection.ended, undefined);
  test.relay.last.send(note({ kind: 7 }));
  await settled();
  assert.deepEqual(test.ended.map(({ reason }) => reason), ["junk"]);
  assert.match(
    test.ended[0].message,
    /more than 99 events a minute that are forged, or were not requested$/,
  );
});

Deno.test("RelayQuery leaves nothing open at whatever stage it is aborted", async () => {
  const stages: ((test: QueryTest) => void | Promise<void>)[] = [
    () => {},
    () => settled(),
    async ({ relay }) => {
      await settled();
      relay.reqs[0].send(note()).eose();
      await settled();
    },
    async ({ relay, network }) => {
      await settled();
      relay.reqs[0].closed("rate-limited: slow down");
      await network.clock.advance(10);
    },
    async ({ relay }) => {
      await settled();
      for (const req of [...relay.reqs]) req.eose();
      await settled();
    },
  ];
  for (const reach of stages) {
    const test = new QueryTest();
    const { clock, fake } = test.network;
    test.maxSubscriptions = 2;
    fake.learnLimits(RELAY, { maxFilters: 2 });
    test.request(...filtersAbout(6));
    await clock.advance(0);
    await reach(test);
    test.controller.abort();
    await settled();
    assert.notEqual(test.outcome, undefined);
    assert.deepEqual(test.relay.live, []);
    assert.equal(test.connection.subscriptions, 0);
    assert.equal(clock.pending, 0);
    test.relay.say(["EVENT", test.relay.last.id, note()]);
    await settled();
    assert.ok(test.events.length <= 1);
  }
});

Deno.test("RelayQuery sends nothing if it is aborted just when its slot is free", async () => {
  const test = new QueryTest();
  test.request({});
  // Nothing was awaited: its turn has come, and it does not know yet.
  test.controller.abort();
  await settled();
  assert.deepEqual(test.relay.reqs, []);
  assert.equal(test.connection.subscriptions, 0);
});
