import assert from "node:assert/strict";
import { holding } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { LiveTest, openFeed } from "../support/live_world.ts";
import { AUTHORS, note, notes } from "../support/notes.ts";
import { url } from "../support/scripted_request.ts";

const posts = (count: number) => ({ kinds: [1], authors: AUTHORS.slice(0, count) });
const post = (author: number, draft = {}) => note({ pubkey: AUTHORS[author], ...draft });

Deno.test("LiveRequest asks the relays of lists that become known: stored events come, and new ones", async () => {
  const [old, fresh, elsewhere] = [post(0), post(0, { created_at: START + 9 }), post(1)];
  const test = await openFeed(2, { a: holding([old]) });
  assert.deepEqual(test.asking("z"), ["AB"]);
  test.announce(0, "a");
  await test.clock.advance(249);
  assert.equal(test.asked, "z");
  await test.clock.advance(500);
  assert.deepEqual(test.asking("a"), ["A"]);
  assert.deepEqual(test.events, [old]);
  test.relay("a").live[0].send(fresh, old);
  test.relay("z").live[0].send(elsewhere, old, fresh);
  await settled();
  assert.deepEqual(test.events, [old, fresh, elsewhere]);
});

Deno.test("LiveRequest narrows the filters for new relays, one by one", async () => {
  const test = new LiveTest({ scripts: { z: holding([]) } });
  await test.begin(
    { kinds: [1], authors: AUTHORS.slice(0, 3), since: 5 },
    { kinds: [7], authors: AUTHORS.slice(1, 3) },
    { kinds: [1], "#p": [AUTHORS[0]] },
  );
  for (const author of [0, 1, 2]) test.announce(author, author === 2 ? "b" : "a");
  await test.clock.advance(250);
  assert.deepEqual(test.relay("a").last.filters, [
    { kinds: [1], authors: [AUTHORS[0], AUTHORS[1]], since: 5 },
    { kinds: [7], authors: [AUTHORS[1]] },
    { kinds: [1], "#p": [AUTHORS[0]] },
  ]);
  assert.deepEqual(test.relay("b").last.filters, [
    { kinds: [1], authors: [AUTHORS[2]], since: 5 },
    { kinds: [7], authors: [AUTHORS[2]] },
  ]);
});

Deno.test("LiveRequest asks a relay that many lists name for people without one, too", async () => {
  const found = post(11);
  const test = await openFeed(12, { a: holding([found]) }, { routing: { popularRelays: 1 } });
  for (let author = 0; author < 11; author++) test.announce(author, "a");
  await test.clock.advance(1_000);
  assert.equal(test.asking("a").join("").split("").sort().join(""), "ABCDEFGHIJKL");
  assert.deepEqual(test.asking("z"), ["L"]);
  assert.deepEqual(test.events, [found]);
});

Deno.test("LiveRequest delays the end of the stored events for relays that came meanwhile, for a while", async () => {
  for (const [answersAt, doneAt] of [[2_000, 2_000], [60_000, 3_400]]) {
    const test = new LiveTest({ lists: ["b"] });
    test.scripts.set(url("z"), {
      onReq: (req) => void test.clock.after(400, () => req.eose()),
    });
    test.scripts.set(url("b"), holding([]));
    test.scripts.set(url("a"), {
      onReq: (req) => void test.clock.after(answersAt - 250, () => req.send(post(1)).eose()),
    });
    Object.assign(test.fake.times, { soft: 100_000, hard: 100_000 });
    await test.begin(posts(3));
    test.announce(1, "a");
    await test.clock.advance(10_000);
    assert.equal(test.doneAt, doneAt);
    assert.equal(test.events.length, answersAt === 2_000 ? 1 : 0);
  }
});

Deno.test("LiveRequest delays the end also where everybody was covered just before", async () => {
  const test: LiveTest = new LiveTest({ routing: { fallbackRelays: [url("y"), url("z")] } });
  const after = (ms: number, script: Script): Script => ({
    onReq: (req, relay) => void test.clock.after(ms, () => script.onReq!(req, relay)),
  });
  test.scripts.set(url("y"), after(200, holding([post(0), post(1)])));
  test.scripts.set(url("z"), after(20_000, holding([])));
  test.scripts.set(url("a"), after(700, holding([post(0)])));
  await test.begin(posts(2));
  test.announce(0, "a");
  await test.clock.advance(5_000);
  assert.equal(test.doneAt, 1_050);
  assert.equal(test.events.length, 3);
});

Deno.test("LiveRequest lets go of a relay that is no longer asked for anybody, and the request goes on", async () => {
  const test = await openFeed(2);
  test.announce(0, "a");
  test.announce(1, "b");
  await test.clock.advance(1_000);
  assert.deepEqual(["a", "b", "z"].map((letter) => test.asking(letter)), [["A"], ["B"], []]);
  assert.ok(!test.isOver);
  const fresh = post(1, { created_at: START + 5 });
  test.relay("b").live[0].send(fresh);
  await settled();
  assert.deepEqual(test.events, [fresh]);
  test.announce(1, "z");
  await test.clock.advance(1_000);
  assert.deepEqual(["a", "b", "z"].map((letter) => test.asking(letter)), [["A"], [], ["B"]]);
});

Deno.test("LiveRequest that lets go of a relay before it has answered does not wait for it", async () => {
  const test = await openFeed(1, { y: {}, z: {}, a: holding([post(0)]) }, {
    routing: { fallbackRelays: [url("y"), url("z")] },
  });
  assert.equal(test.asked, "yz");
  test.announce(0, "a");
  await test.clock.advance(250);
  assert.equal(test.doneAt, 1_250);
  assert.equal(test.events.length, 1);
  assert.deepEqual([...test.asking("y"), ...test.asking("z")], []);
});

Deno.test("LiveRequest gathers what becomes known, for longer the more there was", async () => {
  const test = await openFeed(40, {}, { routing: { relaysPerAuthor: 1 } });
  const asked: number[] = [];
  for (let author = 0; author < 39; author++) {
    test.announce(author, "a");
    const before = test.relay("a")?.reqs.length ?? 0;
    await test.clock.advance(1_000);
    if ((test.relay("a")?.reqs.length ?? 0) > before) asked.push(author);
  }
  assert.deepEqual(asked.slice(0, 6), [0, 1, 2, 4, 8, 16], `${asked}`);
  for (let round = 0; round < 100; round++) {
    test.announce(0, round % 2 ? "a" : "b");
    await test.clock.advance(10_000);
  }
  await test.clock.advance(31_000);
  test.announce(0, "c");
  test.announce(0, "d");
  await test.clock.advance(30_000);
  assert.deepEqual(test.asking("d"), ["A"], "within half a minute");
  await test.clock.advance(100_000);
  const before = test.relay("a").reqs.length;
  test.announce(39, "a");
  await test.clock.advance(250);
  const asking = test.relay("a").reqs.slice(before).flatMap(({ filters }) => filters);
  assert.ok(
    asking.some(({ authors }) => authors?.includes(AUTHORS[39])),
    "after a silence at once",
  );
});

Deno.test("LiveRequest makes one subscription of many at a relay, from their newest event on", async () => {
  const held = AUTHORS.map((pubkey, i) => note({ pubkey, created_at: START - 1_000 + i }));
  const test = await openFeed(20, { a: holding(held) });
  for (let author = 0; author < 10; author++) {
    test.announce(author, "a");
    await test.clock.advance(60_000);
    assert.ok(test.asking("a").length <= 5, `${test.asking("a")}`);
  }
  assert.equal(test.events.length, 10);
  const all = test.asking("a").join("").split("").sort().join("");
  assert.equal(all, "ABCDEFGHIJ", "everybody is asked for, nobody twice");
  const [merged] = test.relay("a").live;
  assert.ok(merged.filters.every(({ limit }) => limit === 0), "only what is new");
  const { reqs } = test.relay("a");
  const isMissed = ({ filters }: typeof merged) =>
    filters.every(({ since }) => since! >= START - 1_000 - 3 * 3_600);
  assert.ok(reqs.slice(reqs.indexOf(merged)).some(isMissed), "and what was missed");
  const fresh = notes(10, { created_at: START + 700 })
    .map((post, i) => ({ ...post, pubkey: AUTHORS[i] }));
  for (const req of test.relay("a").live) req.send(...fresh);
  await settled();
  assert.equal(test.events.length, 20);
});

Deno.test("LiveRequest asks everything anew where a relay has not answered many subscriptions", async () => {
  const test = await openFeed(20, { a: {} });
  Object.assign(test.fake.times, { soft: 1e9, hard: 1e9 });
  for (let author = 0; author < 12; author++) {
    test.announce(author, "a");
    await test.clock.advance(60_000);
    assert.ok(test.asking("a").length <= 9, `${test.asking("a")}`);
    if (author < 7) assert.equal(test.asking("a").length, author + 1, "it may yet answer");
  }
  const all = test.asking("a").join("").split("").sort().join("");
  assert.equal(all, "ABCDEFGHIJKL");
  assert.ok(
    test.relay("a").live.every(({ filters }) => filters.every(({ since }) => since === undefined)),
  );
});

Deno.test("LiveRequest no longer asks a relay for people who have left it, once they are many", async () => {
  const test = await openFeed(10);
  for (let author = 0; author < 4; author++) test.announce(author, "a");
  await test.clock.advance(30_000);
  assert.deepEqual(test.asking("z"), ["ABCDEFGHIJ"]);
  for (let author = 4; author < 9; author++) test.announce(author, "b");
  await test.clock.advance(30_000);
  assert.deepEqual(test.asking("z"), ["J"]);
  const reqs = test.relay("z").reqs.length;
  test.announce(0, "b");
  await test.clock.advance(1_000);
  assert.equal(test.relay("z").reqs.length, reqs, "what is as it should be stays");
  const fresh = post(9, { created_at: START + 50 });
  test.relay("z").live[0].send(fresh);
  await settled();
  assert.deepEqual(test.events, [fresh]);
});

Deno.test("LiveRequest leaves unscoped filters on their relay", async () => {
  const test = new LiveTest({ scripts: { z: holding([]), a: holding([]), b: holding([]) } });
  await test.begin({ kinds: [1], "#t": ["x"] }, posts(2));
  await test.clock.advance(1_000);
  for (let round = 0; round < 12; round++) {
    test.announce(0, round % 2 ? "a" : "b");
    test.announce(1, round % 2 ? "b" : "a");
    await test.clock.advance(60_000);
    const tags = test.relay("z").live.flatMap(({ filters }) =>
      filters.flatMap((f) => f["#t"] ?? [])
    );
    assert.deepEqual(tags, ["x"]);
  }
});

Deno.test("LiveRequest finds replacements for new relays that are lost, by what is known by then", async () => {
  const test = await openFeed(2, { a: { connect: "refuse" }, b: holding([post(0)]) }, {
    routing: { relaysPerAuthor: 1, weight: (url) => url === "wss://a.example/" ? 2 : 1 },
  });
  test.announce(0, "ab");
  await test.clock.advance(250);
  assert.deepEqual(test.asking("b"), ["A"]);
  assert.equal(test.events.length, 1);
});

Deno.test("LiveRequest makes one subscription of many only once the stored events are over", async () => {
  const test = new LiveTest({ scripts: { z: {}, a: holding([]) } });
  Object.assign(test.fake.times, { soft: 1e9, hard: 1e9 });
  await test.begin(posts(8));
  for (let author = 0; author < 7; author++) {
    test.announce(author, "a");
    await test.clock.advance(4_000);
  }
  const before = test.asking("a");
  assert.ok(before.length > 4, `${before}`);
  assert.equal(test.doneAt, undefined);
  await test.clock.advance(10_000);
  assert.equal(test.doneAt, 30_000);
  assert.deepEqual(test.asking("a"), [before.join("").split("").sort().join("")]);
});

Deno.test("LiveRequest never has more relays asked than the cap", async () => {
  const scripts = Object.fromEntries([..."abcdefghijz"].map((letter) => [letter, holding([])]));
  const test = await openFeed(30, scripts, { routing: { maxRelays: 4 } });
  for (let author = 0; author < 30; author++) {
    test.announce(author, "abcdefghij"[author * 7 % 10] + "abcdefghij"[author * 3 % 10]);
    await test.clock.advance(author % 3 * 5_000);
    const asked = new Set(test.relays.filter(({ live }) => live.length > 0).map(({ url }) => url));
    assert.ok(asked.size <= 4, [...asked].join());
  }
});

Deno.test("LiveRequest lets go of a relay, but not of people for whom it is a replacement", async () => {
  const test = await openFeed(2, { a: { connect: "refuse" } }, {
    lists: ["ab"],
    routing: { relaysPerAuthor: 1 },
  });
  test.announce(1, "b");
  await test.clock.advance(1_000);
  assert.deepEqual(test.asking("b").toSorted(), ["A", "B"]);
  test.announce(1, "c");
  await test.clock.advance(2_000);
  assert.deepEqual(test.asking("b"), ["A"]);
  assert.deepEqual(test.asking("c"), ["B"]);
});

Deno.test("LiveRequest plans once for all lists that were gathered", async () => {
  let weighed = 0;
  const weight = () => ++weighed && 1;
  const test = await openFeed(40, {}, { routing: { weight } });
  for (let author = 0; author < 39; author++) test.announce(author, "abcdefgh"[author % 8]);
  weighed = 0;
  await test.clock.advance(250);
  // Planning weighs each of nine relays once: for the new plan, and for one from scratch.
  assert.ok(weighed <= 18, `${weighed}`);
  assert.equal([...test.asked].sort().join(""), "abcdefghz");
});

Deno.test("LiveRequest delays the EOSE of a relay that has not sent it, so that no pool is done too early", async () => {
  const test: LiveTest = new LiveTest({ routing: { fallbackRelays: [url("y"), url("z")] } });
  const after = (ms: number, script: Script): Script => ({
    onReq: (req, relay) => void test.clock.after(ms, () => script.onReq!(req, relay)),
  });
  test.scripts.set(url("y"), after(200, holding([])));
  test.scripts.set(url("z"), after(500, holding([])));
  test.scripts.set(url("a"), after(700, holding([post(0)])));
  await test.begin(posts(2));
  test.announce(0, "a");
  await test.clock.advance(5_000);
  assert.deepEqual(test.eoses.map((eose) => eose.slice(0, -5)), ["200 y", "950 z"]);
});
