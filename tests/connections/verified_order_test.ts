import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import { VerifiedOrder } from "../../src/connections/verified_order.ts";
import { settled } from "../../testing/test_clock.ts";
import { notes } from "../support/notes.ts";

/** An order whose events are verified when the test says so, and what it reports. */
function setUp() {
  const answers = new Map<NostrEvent, (isGenuine: boolean | Promise<boolean>) => void>();
  const reports: unknown[] = [];
  const order = new VerifiedOrder({
    verify: (event) => new Promise((resolve) => answers.set(event, resolve)),
    onEvent: (event) => reports.push(event),
    onError: (error) => reports.push(error),
  });
  const answer = async (event: NostrEvent, isGenuine: boolean | Promise<boolean> = true) => {
    answers.get(event)!(isGenuine);
    await settled();
  };
  return { order, reports, answers, answer };
}

Deno.test("VerifiedOrder reports at once what is verified at once", () => {
  const [genuine, forged] = notes(2);
  const reports: unknown[] = [];
  const order = new VerifiedOrder({
    verify: (event) => event === genuine,
    onEvent: (event) => reports.push(event),
    onError: () => {},
  });
  order.event(genuine);
  order.event(forged);
  order.then(() => reports.push("eose"));
  assert.deepEqual(reports, [genuine, "eose"]);
  assert.ok(!order.isWaiting);
});

Deno.test("VerifiedOrder reports in order, whichever event is verified first, and no forged one", async () => {
  const { order, reports, answer } = setUp();
  const [first, forged, third, live] = notes(4);
  for (const event of [first, forged, third]) order.event(event);
  order.then(() => reports.push("eose"));
  order.event(live);
  await answer(live);
  await answer(third);
  await answer(forged, false);
  assert.deepEqual(reports, []);
  assert.ok(order.isWaiting);
  await answer(first);
  assert.deepEqual(reports, [first, third, "eose", live]);
  assert.ok(!order.isWaiting);
});

Deno.test("VerifiedOrder has at most 256 events verified at once, and the rest in turn", async () => {
  const { order, reports, answers, answer } = setUp();
  const events = notes(300);
  for (const event of events) order.event(event);
  assert.deepEqual([...answers.keys()], events.slice(0, 256));
  await answer(events[1]);
  assert.equal(answers.size, 256, "what is reported later still counts");
  await answer(events[0]);
  assert.equal(answers.size, 258);
  for (const event of events.slice(2)) await answer(event);
  assert.deepEqual(reports, events);
});

Deno.test("VerifiedOrder clear() forgets what waits, even while it reports", async () => {
  const { order, reports, answers, answer } = setUp();
  const events = notes(300);
  for (const event of events) order.event(event);
  order.clear();
  assert.ok(!order.isWaiting);
  for (const event of events.slice(0, 256)) await answer(event);
  assert.deepEqual(reports, []);
  assert.equal(answers.size, 256, "no other is verified");
  const [one, two] = notes(2);
  order.event(one);
  order.then(() => order.clear());
  order.event(two);
  await answer(two);
  await answer(one);
  assert.deepEqual(reports, [one]);
});

Deno.test("VerifiedOrder reports an error of the verifier, and not the event", async () => {
  const { order, reports, answer } = setUp();
  const [event] = notes(1);
  order.event(event);
  const error = new Error("no verifier");
  await answer(event, Promise.reject(error));
  assert.deepEqual(reports, [error]);
});

Deno.test("VerifiedOrder settled() waits for what came so far, reported or forgotten, and for nothing else", async () => {
  const { order, reports, answer } = setUp();
  const wait = (name: string) => void order.settled().then(() => reports.push(name));
  const [first, second, later, last] = notes(4);
  order.event(first);
  order.event(second);
  wait("both");
  order.event(later);
  await answer(second);
  assert.deepEqual(reports, []);
  await answer(first);
  assert.deepEqual(reports, [first, second, "both"]);
  order.event(last);
  wait("all");
  order.clear();
  await settled();
  assert.deepEqual(reports.slice(3), ["all"]);
  wait("nothing");
  await settled();
  assert.deepEqual(reports.slice(4), ["nothing"]);
});
