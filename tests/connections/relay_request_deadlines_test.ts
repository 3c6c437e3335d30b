import assert from "node:assert/strict";
import { holding, RELAY } from "../../testing/scripted_network.ts";
import { settled } from "../../testing/test_clock.ts";
import { HeldVerifier } from "../support/held_verifier.ts";
import { note, notes } from "../support/notes.ts";
import { RelayRequestTest } from "../support/scripted_relay_request.ts";

Deno.test("RelayRequest is late after the soft deadline of silence, and fails after the hard one", async () => {
  const test = new RelayRequestTest({ connect: "wait" });
  await test.clock.advance(1_000);
  test.last.accept();
  await test.clock.advance(30_000);
  assert.deepEqual(test.reports, ["4000 late", "9000 lost", "9000 settled no-answer"]);
  assert.equal(test.outcomes[0].proof, "unknown");
  assert.deepEqual(test.failures, [test.outcomes[0].error], "onRelayError is reports");
  assert.match(test.outcomes[0].error!.message, /no EOSE within 8000 ms$/);
  assert.deepEqual(test.fake.of("unanswered"), [[RELAY]]);
  assert.equal(test.live.length, 1, "it is still listened to");
});

Deno.test("RelayRequest counts deadlines from the last sign of progress", async () => {
  const test = new RelayRequestTest();
  for (let i = 0; i < 10; i++) {
    await test.clock.advance(2_000);
    test.last.last.send(note());
  }
  await test.clock.advance(2_999);
  assert.deepEqual(test.reports, []);
  await test.clock.advance(1);
  assert.deepEqual(test.reports, ["23000 settled no-answer"]);
  test.last.last.send(note());
  await test.clock.advance(60_000);
  test.last.reqs[0].eose();
  await settled();
  assert.deepEqual(test.reports, ["23000 settled no-answer", "83000 settled complete"]);
  assert.deepEqual(test.fake.of("delivered"), [[RELAY, 10], [RELAY, 1]]);
});

Deno.test("RelayRequest counts deadlines anew for each page, and for each REQ that waited for a slot", async () => {
  const posts = notes(900);
  const test = new RelayRequestTest({
    onReq: (req, relay) => {
      test.clock.after(2_500, () => holding(posts, 300).onReq!(req, relay));
    },
  }, [{ kinds: [1], since: 0 }]);
  await test.clock.advance(20_000);
  assert.deepEqual(test.reports, ["10000 settled complete"]);
  assert.equal(new Set(test.events).size, 900);
});

Deno.test("RelayRequest reports a late page as late, not as an EOSE that never came", async () => {
  const posts = notes(500);
  const waits = [0, 4_000];
  const test = new RelayRequestTest({
    onReq: (req, relay) => {
      test.clock.after(waits.shift()!, () => holding(posts, 300).onReq!(req, relay));
    },
  }, [{ kinds: [1], since: 0 }]);
  await test.clock.advance(20_000);
  assert.deepEqual(test.reports, ["3000 late", "4000 settled complete"]);
  assert.deepEqual(test.fake.of("unanswered"), []);
  assert.deepEqual(test.failures, []);
});

Deno.test("RelayRequest that has failed in silence still takes what comes later, and has answered then", async () => {
  const test = new RelayRequestTest();
  await test.clock.advance(8_000);
  const late = note();
  test.last.last.send(late).eose();
  await settled();
  assert.deepEqual(test.reports, [
    "3000 late",
    "8000 lost",
    "8000 settled no-answer",
    "8000 settled complete",
  ]);
  assert.deepEqual(test.events, [late]);
  assert.deepEqual(test.fake.of("answered"), [[RELAY, 8_000]]);
});

Deno.test("RelayRequest is not lost if a relay sends events but never EOSE", async () => {
  const test = new RelayRequestTest({ onReq: (req) => req.send(note()) });
  await test.clock.advance(60_000);
  assert.deepEqual(test.reports, ["3000 settled no-answer"]);
  assert.match(test.outcomes[0].error!.message, /no EOSE within 3000 ms$/);
  assert.equal(test.outcomes[0].proof, "unknown");
  assert.deepEqual(test.fake.of("delivered"), [[RELAY, 1]]);
  assert.deepEqual(test.fake.of("unanswered"), [[RELAY]]);
  assert.deepEqual(test.openedAt, [0]);
});

Deno.test("RelayRequest does not count time against a relay in which the program was busy", async () => {
  const test = new RelayRequestTest();
  await test.clock.advance(100);
  await test.clock.stall(20_000);
  assert.deepEqual(test.reports, []);
  test.last.last.eose();
  await settled();
  assert.deepEqual(test.reports, ["20100 settled complete"]);
});

Deno.test("RelayRequest waits for a rate-limited relay, which is late but has not failed", async () => {
  let reqs = 0;
  const test = new RelayRequestTest({
    onReq: (req) => reqs++ === 0 ? req.closed("rate-limited: try again in 8 s") : req.eose(),
  });
  await test.clock.advance(20_000);
  assert.deepEqual(test.reports, ["3000 late", "8000 settled complete"]);
  assert.deepEqual(test.fake.of("unanswered"), []);
});

Deno.test("RelayRequest fails at once if a relay wants more time than there is, and asks again after that time", async () => {
  let reqs = 0;
  const test = new RelayRequestTest({
    onReq: (req) => reqs++ === 0 ? req.closed("rate-limited: try again in 60 s") : req.eose(),
  });
  await test.clock.advance(60_000);
  assert.deepEqual(test.reports, [
    "0 lost",
    "0 settled rate-limited",
    "3000 late",
    "60000 settled complete",
  ]);
  assert.equal(test.relays.length, 1);
});

Deno.test("RelayRequest uses the deadlines that the memory has when the connection opens", async () => {
  const test = new RelayRequestTest({ connect: "wait" });
  Object.assign(test.fake.times, { soft: 100, hard: 200 });
  await test.clock.advance(50);
  test.last.accept();
  await test.clock.advance(1_000);
  assert.deepEqual(test.reports, ["150 late", "250 lost", "250 settled no-answer"]);
});

Deno.test("RelayRequest with its answer waits for nothing but new events", async () => {
  const test = new RelayRequestTest(holding([]));
  await settled();
  const { pending } = test.clock;
  assert.ok(pending <= 1, "a look at the connection from time to time");
  await test.clock.advance(30_000);
  assert.equal(test.clock.pending, pending);
});

Deno.test("RelayRequest blames no relay for the time that verifying takes", async () => {
  const test = new RelayRequestTest();
  const held = new HeldVerifier();
  test.verifyEvent = held.verify;
  await settled();
  const [first, second] = notes(2);
  test.last.last.send(first, second).eose();
  await test.clock.advance(20_000);
  assert.deepEqual([test.reports, test.failures], [[], []]);
  await held.answer();
  assert.deepEqual(test.events, [first, second]);
  assert.deepEqual(test.reports, ["20000 settled complete"]);
});

Deno.test("RelayRequest that is given up while events are verified ends, and hands none on", async () => {
  const test = new RelayRequestTest();
  const held = new HeldVerifier();
  test.verifyEvent = held.verify;
  await settled();
  test.last.last.send(...notes(5)).eose();
  await settled();
  test.controller.abort();
  await settled();
  assert.ok(test.isOver);
  await held.answer();
  assert.deepEqual([test.events, test.reports], [[], []]);
});
