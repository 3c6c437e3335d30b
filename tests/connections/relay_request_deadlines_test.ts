import assert from "node:assert/strict";
import { holding, RELAY } from "../../testing/scripted_network.ts";
import { settled, START } from "../../testing/test_clock.ts";
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
  for (let i = 0; i < 80; i++) {
    await test.clock.advance(250);
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
  assert.deepEqual(test.fake.of("delivered"), [[RELAY, 80], [RELAY, 1]]);
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
    onReq: (req) => reqs++ === 0 ? req.closed("rate-limited: try again in 4 s") : req.eose(),
  });
  await test.clock.advance(20_000);
  assert.deepEqual(test.reports, ["3000 late", "4000 settled complete"]);
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

Deno.test("RelayRequest fails once a relay has put it off for four seconds in a row, and takes what comes later", async () => {
  let reqs = 0;
  const test = new RelayRequestTest({
    onReq: (req) => reqs++ < 3 ? req.closed("rate-limited: slow down") : req.eose(),
  });
  await test.clock.advance(20_000);
  assert.deepEqual(test.reports, [
    "3000 lost",
    "3000 settled rate-limited",
    "6000 late",
    "7000 settled complete",
  ]);
});

Deno.test("RelayRequest sends no REQ before the time is over that a relay named to another request", async () => {
  const sentAt: number[] = [];
  const test = new RelayRequestTest({
    onReq: (req) => {
      sentAt.push(test.clock.now() - START * 1000);
      if (sentAt.length === 1) req.closed("rate-limited: try again in 10 s");
      else req.eose();
    },
  });
  await test.clock.advance(2_000);
  const second = test.another();
  await test.clock.advance(5_000);
  const third = test.another();
  await test.clock.advance(10_000);
  assert.deepEqual(sentAt, [0, 10_000, 10_000, 10_000]);
  assert.deepEqual(second.reports, [
    "2000 lost",
    "2000 settled rate-limited",
    "5000 late",
    "10000 settled complete",
  ]);
  assert.deepEqual(third.reports, ["10000 settled complete"]);
});

Deno.test("RelayRequest counts an event as progress for a moment, once an answer has taken five seconds", async () => {
  for (const [ms, end] of [[500, 10_500], [1_000, 8_750], [2_000, 8_000], [2_999, 8_000]]) {
    const test = new RelayRequestTest();
    for (let now = 0; now < 20_000; now += ms) {
      await test.clock.advance(ms);
      test.last.last.send(note());
    }
    assert.deepEqual(test.reports, [`${end} settled no-answer`]);
  }
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

Deno.test("RelayRequest counts no time against a relay in which the program was busy, though no timer was late", async () => {
  const test = new RelayRequestTest({}, undefined, { busy: 0.75 });
  await test.clock.advance(60_000);
  const rounded = test.reports.map((report) =>
    report.replace(/^[\d.]+/, (ms) => `${Math.round(+ms)}`)
  );
  assert.deepEqual(rounded, ["12000 late", "32000 lost", "32000 settled no-answer"]);
  const streaming = new RelayRequestTest({}, undefined, { busy: 0.75 });
  for (let i = 0; i < 8; i++) {
    await streaming.clock.advance(11_000);
    // As many as keep an answer going in the time that was the relay's: 2.75 s.
    for (let events = 0; events < 12; events++) streaming.last.last.send(note());
  }
  streaming.last.last.eose();
  await streaming.clock.advance(1);
  assert.deepEqual(streaming.reports, ["88000 settled complete"]);
});

Deno.test("RelayRequest does not take the time of a busy program for that of the relay", async () => {
  for (const [busy, expected] of [[0.4, 4_000], [0.6, undefined]] as const) {
    const test = new RelayRequestTest({}, undefined, { busy });
    await test.clock.advance(4_000);
    test.last.last.eose();
    await settled();
    assert.deepEqual(test.fake.of("answered"), [[RELAY, expected]]);
  }
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
