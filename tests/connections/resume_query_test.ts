import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { found, holding, RELAY } from "../../testing/scripted_network.ts";
import type { ScriptedReq } from "../../testing/scripted_req.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { note } from "../support/notes.ts";
import { QueryTest } from "../support/scripted_query.ts";
import { RelayRequestTest } from "../support/scripted_relay_request.ts";

/** As many tags that only few fit into a REQ of 600 bytes. */
const TAGS = Array.from({ length: 20 }, (_, i) => `${i}`.padEnd(90, "x"));
const tagged = (i: number, created_at = START) => note({ tags: [["t", TAGS[i]]], created_at });
/** When a request polls after this long, in milliseconds. */
const POLL_MS = 300_000;

/** A request for all tags at a relay that takes short REQs, and so many at once. */
function crowded(maxSubscriptions: number, resumeFrom?: number) {
  const posts = [tagged(0), tagged(19)];
  const test = new RelayRequestTest(holding(posts), [{ kinds: [1], "#t": TAGS }], { resumeFrom });
  test.fake.learnLimits(RELAY, { maxSubscriptions, maxMessageLength: 600 });
  return { test, posts };
}

Deno.test("RelayRequest requests what it missed where it has more REQs for new events than places", async () => {
  for (const places of [1, 2, 3]) {
    const { test, posts } = crowded(places, START - 100);
    await test.clock.advance(1_000);
    assert.deepEqual(new Set(test.events), new Set(posts), `${places}`);
    assert.deepEqual(test.reports, ["0 settled complete"]);
  }
});

Deno.test("RelayRequest gets new events some minutes late for filters whose REQs have no place", async () => {
  for (const places of [1, 2, 3]) {
    const { test, posts } = crowded(places);
    await test.clock.advance(1_000);
    assert.ok(test.live.length < places, "the last place is for stored events");
    for (let round = 1; round < 4; round++) {
      const late = TAGS.map((_, i) => tagged(i, START + round * 300 - 10));
      posts.push(...late);
      for (const req of test.live) {
        req.send(...late.filter(({ tags }) => req.filters[0]["#t"]!.includes(tags[0][1])));
      }
      await test.clock.advance(POLL_MS);
      assert.deepEqual(new Set(test.events), new Set(posts), `${places}, round ${round}`);
    }
    assert.deepEqual(test.reports, ["0 settled complete"]);
    test.controller.abort();
    await settled();
    assert.equal(test.live.length, 0);
    assert.equal(test.isOver, true);
  }
});

/** The `since` of the last REQ that has one. */
const lastSince = ({ last }: RelayRequestTest) =>
  last.reqs.map(({ filters }) => filters[0].since).filter(Boolean).at(-1);
const OVERLAP_S = 3 * 3_600;

Deno.test("RelayRequest requests the new events of filters without a REQ from when it last did", async () => {
  const { test, posts } = crowded(3);
  await test.clock.advance(POLL_MS + 1_000);
  assert.equal(lastSince(test), START - OVERLAP_S);
  posts.push(tagged(19, START + 400));
  await test.clock.advance(POLL_MS);
  assert.equal(lastSince(test), START - OVERLAP_S);
  await test.clock.advance(POLL_MS);
  assert.equal(lastSince(test), START + 400 - OVERLAP_S);
});

Deno.test("RelayRequest requests on the next connection what filters without a REQ missed", async () => {
  for (const pollsBefore of [0, 1]) {
    const { test } = crowded(3, START - 100);
    await test.clock.advance(pollsBefore * POLL_MS + 1_000);
    // This is the newest event of a REQ that stays open: the others are without its time.
    test.live[0].send(tagged(0, START + pollsBefore * 300 + 10));
    await test.clock.advance(20_000);
    test.last.cut();
    await test.clock.advance(200);
    assert.equal(test.relays.length, 2);
    assert.equal(lastSince(test), START - (pollsBefore ? 0 : 100) - OVERLAP_S);
  }
});

Deno.test("RelayRequest connects again where the relay hung up between two polls", async () => {
  const { test, posts } = crowded(1);
  await test.clock.advance(1_000);
  assert.equal(test.live.length, 0);
  test.last.cut();
  posts.push(tagged(5, START + 100));
  await test.clock.advance(POLL_MS + 1_000);
  assert.equal(test.relays.length, 2);
  assert.deepEqual(new Set(test.events), new Set(posts));
});

Deno.test("RelayRequest repeats a poll during which the relay hung up", async () => {
  const early = tagged(0, START + 200);
  const posts = [tagged(0)];
  let cutAt = Infinity;
  const test = new RelayRequestTest({
    onReq(req, relay) {
      if (relay.reqs.length < cutAt) req.send(...found(posts, req.filters)).eose();
      else relay.cut();
    },
  }, [{ kinds: [1], "#t": TAGS }]);
  test.fake.learnLimits(RELAY, { maxSubscriptions: 1, maxMessageLength: 600 });
  await test.clock.advance(1_000);
  posts.push(early);
  cutAt = test.last.reqs.length + 2;
  await test.clock.advance(POLL_MS);
  assert.deepEqual(new Set(test.events), new Set(posts));
  cutAt = Infinity;
  await test.clock.advance(2 * POLL_MS);
  assert.equal(test.relays.length, 2);
  assert.equal(test.last.reqs[0].filters[0].since, START - OVERLAP_S);
});

Deno.test("RelayRequest requests what it missed since its newest event if every filter had a REQ", async () => {
  const filters = Array.from({ length: 30 }, (_, i) => ({ kinds: [1], "#t": [`${i}`] }));
  const test = new RelayRequestTest(holding([]), filters);
  test.fake.learnLimits(RELAY, { maxFilters: 10 });
  await test.clock.advance(20_000);
  test.live[0].send(note({ tags: [["t", "0"]], created_at: START + 15 }));
  await test.clock.advance(1_000);
  test.last.cut();
  await test.clock.advance(200);
  assert.equal(lastSince(test), START + 15 - OVERLAP_S);
});

Deno.test("RelayRequest requests what it missed while other requests have all the places", async () => {
  const posts = [note()];
  const test = new RelayRequestTest(holding(posts));
  test.fake.learnLimits(RELAY, { maxSubscriptions: 3 });
  // A relay gets eight connections, here with two places each.
  const others = Array.from({ length: 16 }, () => test.another());
  await test.clock.advance(1_000);
  const last = others.at(-1)!;
  const late = note({ created_at: START + 1 });
  posts.push(late);
  await test.clock.advance(10_000);
  assert.ok(last.events.includes(late));
  // A place is free: what came just before is not missed.
  const newer = note({ created_at: START + 20 });
  posts.push(newer);
  for (const { controller } of [test.request, ...others.slice(0, -1)]) controller.abort();
  await test.clock.advance(2 * POLL_MS);
  assert.ok(last.events.includes(newer));
  assert.equal(test.live.length, 1);
  const live = note();
  for (const req of test.live) req.send(live);
  await settled();
  assert.ok(last.events.includes(live));
});

Deno.test("RelayRequest polls once more where a REQ gets its place during a poll", async () => {
  const posts = [note()];
  const held: ScriptedReq[] = [];
  let isHeld = false;
  const answer = (req: ScriptedReq) => req.send(...found(posts, req.filters)).eose();
  const test = new RelayRequestTest({
    onReq: (req) => isHeld && req.filters[0].since ? held.push(req) : answer(req),
  });
  test.fake.learnLimits(RELAY, { maxSubscriptions: 2 });
  const others = Array.from({ length: 8 }, () => test.another());
  await test.clock.advance(10_000);
  const last = others.at(-1)!;
  isHeld = true;
  await test.clock.advance(POLL_MS);
  assert.equal(held.length, 1);
  for (const { controller } of [test.request, ...others.slice(0, -1)]) controller.abort();
  isHeld = false;
  for (const req of held) answer(req);
  const late = note({ created_at: START + 301 });
  posts.push(late);
  await test.clock.advance(POLL_MS);
  assert.ok(last.events.includes(late));
  const polls = () =>
    test.relays.flatMap(({ reqs }) => reqs).filter(({ filters }) => filters[0].since).length;
  const before = polls();
  await test.clock.advance(3 * POLL_MS);
  assert.equal(polls(), before, "every filter has a REQ now");
});

Deno.test("RelayQuery requestLive() resolves, and names the filters that have no place, whatever the relay refuses", async () => {
  const bytes = (filters: readonly NostrFilter[]) => JSON.stringify(filters).length;
  for (const [before, after, count] of [[3, 3, 20], [6, 3, 20], [10, 1, 20], [10, 6, 100]]) {
    const tags = Array.from({ length: count }, (_, i) => `${i}`.padEnd(90, "x"));
    const test = new QueryTest({
      onReq(req) {
        test.maxSubscriptions = after;
        if (bytes(req.filters) > 600) req.closed("invalid: message too large, max 700");
        else req.eose();
      },
    });
    test.maxSubscriptions = before;
    test.network.fake.learnLimits(RELAY, { maxMessageLength: 1_500 });
    await test.query.requestLive([{ "#t": tags, limit: 0 }], START);
    const live = test.relay.live.flatMap(({ filters }) => filters[0]["#t"]!);
    const unserved = test.query.unserved.flatMap((filter) => filter["#t"]!);
    assert.deepEqual([...live, ...unserved].sort(), tags.toSorted(), `${before} ${after}`);
    assert.ok(unserved.length > 0);
    assert.ok(test.relay.live.length < Math.max(2, after));
  }
});

Deno.test("RelayQuery catchUp() of no filters asks nothing, and is no failure after one", async () => {
  const test = new QueryTest({ onReq: (req) => req.closed("restricted: members only") });
  test.request({ kinds: [1] });
  await settled();
  assert.ok(test.outcome instanceof Error);
  await test.query.catchUp([]);
  assert.equal(test.relay.reqs.length, 1);
});
