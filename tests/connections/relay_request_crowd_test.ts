import assert from "node:assert/strict";
import { holding, RELAY } from "../../testing/scripted_network.ts";
import { settled } from "../../testing/test_clock.ts";
import { note } from "../support/notes.ts";
import { RelayRequestTest } from "../support/scripted_relay_request.ts";

/** Requests for as many filters at once, at a relay that takes so many subscriptions. */
async function crowd(
  { count, filters = 1, subscriptions }: {
    count: number;
    filters?: number;
    subscriptions: number;
  },
) {
  const wanted = () => Array.from({ length: filters }, (_, i) => ({ kinds: [1], "#t": [`${i}`] }));
  const test = new RelayRequestTest(holding([note({ tags: [["t", "0"]] })]), wanted());
  test.fake.learnLimits(RELAY, { maxSubscriptions: subscriptions, maxFilters: 10 });
  const requests = [test.request];
  while (requests.length < count) requests.push(test.another(wanted()));
  await test.clock.advance(1_000);
  return { test, requests };
}

Deno.test("RelayRequests are all answered and get new events, however many begin at once", async () => {
  for (
    const [count, filters, subscriptions, connections] of [
      [12, 1, 10, 2],
      [30, 1, 10, 4],
      [6, 15, 10, 1],
      [30, 15, 10, 4],
      [3, 1, 2, 3],
      [3, 15, 1, 3],
      [1, 35, 1, 1],
      [1, 35, 2, 1],
    ]
  ) {
    const { test, requests } = await crowd({ count, filters, subscriptions });
    const claim = `${count} of ${filters} filters, ${subscriptions} at once`;
    for (const { reports } of requests) assert.deepEqual(reports, ["0 settled complete"], claim);
    assert.equal(test.relays.length, connections, claim);
    for (const relay of test.relays) {
      assert.ok(relay.live.length <= subscriptions);
      const live = note({ tags: [["t", "0"]] });
      for (const req of relay.live) req.send(live);
    }
    await settled();
    for (const { events } of requests) assert.equal(new Set(events).size, 2, claim);
  }
});

Deno.test("RelayRequests are answered even if no slot is left for their new events", async () => {
  const { test, requests } = await crowd({ count: 40, subscriptions: 3 });
  for (const { reports } of requests) assert.deepEqual(reports, ["0 settled complete"]);
  const isLive = requests.map(({ events }) => events.length);
  assert.deepEqual(new Set(isLive), new Set([1]));
  assert.equal(test.live.length, 2 * test.relays.length);
  // The slots of requests that end go to others.
  for (const { controller } of requests.slice(0, 30)) controller.abort();
  await test.clock.advance(1_000);
  assert.equal(test.live.length, 10);
});

Deno.test("RelayRequests share one connection, and each gets only the events that it asked for", async () => {
  const test = new RelayRequestTest(holding([]), [{ kinds: [1] }]);
  const other = test.another([{ kinds: [7] }]);
  await settled();
  assert.equal(test.relays.length, 1);
  const [post, like] = [note(), note({ kind: 7 })];
  for (const req of test.live) req.send(post, like);
  await settled();
  assert.deepEqual(test.events, [post]);
  assert.deepEqual(other.events, [like]);
  other.controller.abort();
  await settled();
  assert.equal(test.live.length, 1);
  assert.ok(test.link().isOpen);
});

Deno.test("RelayRequest keeps the rest of the answer if one part is refused", async () => {
  const filters = Array.from({ length: 20 }, (_, i) => ({ kinds: [1], "#t": [`${i}`] }));
  const posts = filters.map((filter) => note({ tags: [["t", filter["#t"][0]]] }));
  const script = holding(posts);
  const test = new RelayRequestTest({
    onReq(req, relay) {
      const isRefused = req.filters.some((filter) => filter["#t"]![0] === "15");
      if (isRefused) req.closed("restricted: members only");
      else script.onReq!(req, relay);
    },
  }, filters);
  test.fake.learnLimits(RELAY, { maxFilters: 10 });
  await test.clock.advance(0);
  assert.deepEqual(test.reports, ["0 settled cut"]);
  assert.deepEqual(new Set(test.events), new Set(posts.slice(0, 10)));
});

Deno.test("RelayRequest reports nothing when the connection opens after it was aborted", async () => {
  const test = new RelayRequestTest({ connect: "wait" });
  const other = test.another();
  await test.clock.advance(1_000);
  test.controller.abort();
  await settled();
  test.last.accept();
  await test.clock.advance(10_000);
  assert.deepEqual(test.reports, []);
  assert.deepEqual(other.reports, ["4000 late", "9000 lost", "9000 settled no-answer"]);
  assert.deepEqual(test.fake.of("unanswered"), [[RELAY]]);
  other.controller.abort();
  await test.link().close();
  assert.equal(test.clock.pending, 0);
});
