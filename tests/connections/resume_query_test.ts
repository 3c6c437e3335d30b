import assert from "node:assert/strict";
import { holding, RELAY } from "../../testing/scripted_network.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { note } from "../support/notes.ts";
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

Deno.test("RelayRequest requests the new events of filters without a REQ from when it last did, on the next connection too", async () => {
  const { test } = crowded(3);
  await test.clock.advance(1_000);
  const since = () => test.last.reqs.map(({ filters }) => filters[0].since).filter(Boolean).at(-1);
  const stored = START - 3 * 3_600;
  await test.clock.advance(POLL_MS);
  assert.equal(since(), stored);
  // This is the newest event of a REQ that stays open: the others are without its time.
  test.live[0].send(tagged(0, START + 310));
  await test.clock.advance(20_000);
  test.last.cut();
  await test.clock.advance(200);
  assert.equal(since(), stored);
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
