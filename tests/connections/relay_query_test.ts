import assert from "node:assert/strict";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { holding, RELAY } from "../../testing/scripted_network.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { AUTHORS, note, notes } from "../support/notes.ts";
import { AnswerTest } from "../support/scripted_query.ts";

/** So many filters, each about another author. */
const filtersAbout = (count: number) =>
  AUTHORS.slice(0, count).map((author) => ({ authors: [author], kinds: [1] }));

Deno.test("RelayQuery of one REQ is over at its EOSE, and goes on with new events", async () => {
  const test = new AnswerTest();
  test.ask(...filtersAbout(2));
  await settled();
  assert.ok(test.answer.isPending);
  const [first, second] = notes(2);
  test.relay.last.send(first).eose();
  await settled();
  assert.equal(test.outcome, "fine");
  assert.ok(test.answer.isComplete);
  assert.ok(test.answer.staysOpen);
  assert.ok(!test.answer.isPending);
  test.relay.last.send(second);
  await settled();
  assert.deepEqual(test.events, [first, second]);
  assert.equal(test.over, undefined);
  test.relay.last.closed("error: tired");
  await settled();
  assert.equal(test.over!.reason, "error");
});

Deno.test("RelayQuery of several REQs is over when each has come to its EOSE", async () => {
  const test = new AnswerTest();
  test.network.fake.learnLimits(RELAY, { maxFilters: 1 });
  test.ask(...filtersAbout(2));
  await settled();
  const [first, second] = test.relay.reqs;
  second.send(note({ pubkey: AUTHORS[1] })).eose();
  await settled();
  assert.equal(test.outcome, undefined);
  assert.ok(test.answer.isPending);
  assert.ok(second.isOver);
  first.send(note()).eose();
  await settled();
  assert.equal(test.outcome, "fine");
  assert.equal(test.events.length, 2);
  assert.ok(test.answer.isComplete);
});

Deno.test("RelayQuery to no filter is no REQ and complete", async () => {
  const test = new AnswerTest();
  test.ask();
  await settled();
  assert.equal(test.outcome, "fine");
  assert.deepEqual(test.relay.reqs, []);
});

Deno.test("RelayQuery of several REQs leaves none of them open, until live ones take their place", async () => {
  const posts = AUTHORS.slice(0, 3).map((pubkey) => note({ pubkey }));
  const test = new AnswerTest(holding(posts));
  const { relay, network, answer, session } = test;
  network.fake.learnLimits(RELAY, { maxFilters: 1 });
  test.ask(...filtersAbout(3));
  await settled();
  assert.equal(test.outcome, "fine");
  assert.ok(!answer.staysOpen);
  assert.equal(session.subscriptions, 0);
  assert.equal(relay.live.length, 0);
  await answer.requestLive([{ kinds: [1] }, { kinds: [7] }, { kinds: [6] }]);
  assert.equal(relay.live.length, 3);
  assert.equal(test.over, undefined);
  relay.live[1].closed("error: tired");
  await settled();
  assert.equal(test.over!.reason, "error");
});

Deno.test("RelayQuery tells of progress when it asks and when it is answered", async () => {
  const test = new AnswerTest();
  test.ask({});
  await settled();
  const asked = test.progress;
  assert.ok(asked > 0);
  test.relay.last.eose();
  await settled();
  assert.ok(test.progress > asked);
});

Deno.test("RelayQuery is not failed by one REQ that is refused, but not complete", async () => {
  const test = new AnswerTest();
  const { relay, network } = test;
  network.fake.learnLimits(RELAY, { maxFilters: 1 });
  test.ask(...filtersAbout(2));
  await settled();
  relay.reqs[0].closed("restricted: members only");
  await settled();
  assert.equal(test.outcome, undefined);
  relay.reqs[1].send(note({ pubkey: AUTHORS[1] })).eose();
  await settled();
  assert.equal(test.outcome, "fine");
  assert.ok(!test.answer.isComplete);
  assert.equal(test.events.length, 1);
  assert.deepEqual(network.fake.of("failed"), [[RELAY, "restricted", START * 1000]]);
});

Deno.test("RelayQuery fails with the relay's reason where all of it is refused", async () => {
  const told: RelayFailureError[] = [];
  const test = new AnswerTest({ onReq: (req) => req.closed("auth-required: who are you?") }, {
    onRelayError: (error) => told.push(error),
  });
  test.ask({});
  await settled();
  assert.deepEqual(told, [test.outcome]);
  assert.ok(test.outcome instanceof RelayFailureError);
  assert.equal(test.outcome.reason, "auth-required");
  assert.equal(test.relay.reqs.length, 1, "there is no better way to ask");
  assert.equal(test.session.subscriptions, 0);
});

Deno.test("RelayQuery tells how long what was lost with the connection was", async () => {
  const test = new AnswerTest();
  const { relay, network } = test;
  network.fake.learnLimits(RELAY, { maxFilters: 1 });
  const [short, long] = [{ kinds: [1] }, filtersAbout(1)[0]];
  test.ask(short, long);
  await settled();
  relay.cut();
  await settled();
  assert.equal((test.outcome as RelayFailureError).reason, "disconnected");
  assert.equal(test.answer.unansweredBytes, JSON.stringify([long]).length + 80);
  assert.deepEqual(network.fake.of("failed"), [], "the session's end is told by others");
});

Deno.test("RelayQuery over a session that has ended fails as the session did", async () => {
  const test = new AnswerTest({ connect: "fail" });
  test.ask({}, {});
  await settled();
  assert.ok(test.outcome instanceof RelayFailureError);
  assert.equal(test.outcome.reason, "unreachable");
  assert.equal(test.outcome, test.session.ended);
});

Deno.test("RelayQuery whose connection ends while REQs wait their turn fails with all of them", async () => {
  const test = new AnswerTest();
  const { relay, network } = test;
  test.maxSubscriptions = 2;
  network.fake.learnLimits(RELAY, { maxFilters: 1 });
  test.ask(...filtersAbout(5));
  await settled();
  assert.equal(relay.reqs.length, 2);
  relay.reqs[0].send(note()).eose();
  await settled();
  assert.equal(relay.reqs.length, 3);
  relay.cut();
  await settled();
  assert.equal(test.outcome, "fine", "it answered some of it");
  assert.ok(!test.answer.isComplete);
  assert.equal(relay.reqs.length, 3);
});

Deno.test("RelayQuery ends the session as junk after a hundred events that were not asked for", async () => {
  // A relay that looks for itself lets none of them through.
  const test = new AnswerTest({ isDeaf: true });
  test.ask({ kinds: [1] });
  await settled();
  test.relay.last.send(...notes(99, { kind: 7 }), note());
  await settled();
  assert.equal(test.events.length, 1);
  assert.equal(test.session.ended, undefined);
  test.relay.last.send(note({ kind: 7 }));
  await settled();
  assert.deepEqual(test.ended.map(({ reason }) => reason), ["junk"]);
  assert.match(test.ended[0].message, /100 events that were not asked for$/);
});

Deno.test("RelayQuery that is given up leaves nothing open, at whichever stage", async () => {
  const stages: ((test: AnswerTest) => void | Promise<void>)[] = [
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
    const test = new AnswerTest();
    const { clock, fake } = test.network;
    test.maxSubscriptions = 2;
    fake.learnLimits(RELAY, { maxFilters: 2 });
    test.ask(...filtersAbout(6));
    await clock.advance(0);
    await reach(test);
    test.controller.abort();
    await settled();
    assert.notEqual(test.outcome, undefined);
    assert.deepEqual(test.relay.live, []);
    assert.equal(test.session.subscriptions, 0);
    assert.equal(clock.pending, 0);
    test.relay.say(["EVENT", test.relay.last.id, note()]);
    await settled();
    assert.ok(test.events.length <= 1);
  }
});

Deno.test("RelayQuery given up just when its turn comes asks nothing", async () => {
  const test = new AnswerTest();
  test.ask({});
  // Nothing was awaited: its turn has come, and it does not know yet.
  test.controller.abort();
  await settled();
  assert.deepEqual(test.relay.reqs, []);
  assert.equal(test.session.subscriptions, 0);
});
