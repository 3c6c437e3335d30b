import assert from "node:assert/strict";
import { withHints } from "../../src/hints/with_hints.ts";
import { holding } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { settled } from "../../testing/test_clock.ts";
import { LiveTest } from "../support/live_world.ts";
import { AUTHORS, note, notes } from "../support/notes.ts";
import { RequestTest, url } from "../support/scripted_request.ts";

const [ALICE, BOB] = AUTHORS;
const posts = (...authors: string[]) => ({ kinds: [1], authors });
const dead: Script = { connect: "refuse" };
const one = { maxRelays: 1, relaysPerAuthor: 1 };

Deno.test("OutboxRequest asks a person's other relays where all that it asked are lost", async () => {
  const post = note();
  const test = new RequestTest({
    lists: ["abc"],
    scripts: { a: dead, b: dead, c: holding([post]) },
  });
  await test.begin(posts(ALICE));
  assert.deepEqual(test.events, [post]);
  assert.equal(test.doneAt, 0);
  assert.equal(test.asked, "abc");
  assert.deepEqual(test.relay("c").last.filters, [posts(ALICE)]);
});

Deno.test("OutboxRequest asks no replacement as long as one relay of a person is not lost", async () => {
  const test = new RequestTest({ lists: ["abc"], scripts: { a: dead } });
  await test.begin(posts(ALICE));
  await test.clock.advance(2_000);
  assert.equal(test.asked, "ab");
  assert.equal(test.doneAt, undefined);
});

Deno.test("OutboxRequest asks the fallback relays for people who have no other relay", async () => {
  const test = new RequestTest({
    lists: ["a"],
    scripts: { a: dead, h: holding([note()]) },
    routing: { fallbackRelays: [url("h")] },
  });
  await test.begin(posts(ALICE));
  assert.equal(test.asked, "ah");
  assert.equal(test.events.length, 1);
});

Deno.test("OutboxRequest of people without a replacement ends with their relays", async () => {
  const test = new RequestTest({ lists: ["ab"], scripts: { a: dead, b: dead } });
  await test.begin(posts(ALICE));
  assert.equal(test.doneAt, 0);
  assert.deepEqual(test.eoses, ["0 a EOSE", "0 b EOSE"]);
});

Deno.test("OutboxRequest replaces relays only for people who have none left, once for each of them", async () => {
  const test = new RequestTest({
    lists: ["ax", "bx", "ab"],
    scripts: { a: dead, b: {}, x: holding([]) },
    routing: { relaysPerAuthor: 1 },
  });
  const planned = await test.plan(posts(...AUTHORS.slice(0, 3)));
  assert.ok(planned.plan.routes.size > 0);
  for (const url of planned.plan.routes.keys()) test.join(url[6]);
  await test.clock.advance(120_000);
  const asked = test.relays.flatMap(({ url, reqs }) =>
    reqs.flatMap(({ filters }) =>
      filters.flatMap(({ authors }) => authors?.map((a) => url + a) ?? [])
    )
  );
  assert.equal(new Set(asked).size, asked.length, "nobody is asked for twice at a relay");
});

Deno.test("OutboxRequest waits for replacements before it sends EOSE, for a while", async () => {
  const test = new RequestTest({ lists: ["ab"], scripts: { a: dead }, routing: one });
  Object.assign(test.fake.times, { soft: 20_000, hard: 20_000 });
  await test.begin(posts(ALICE));
  assert.deepEqual(test.eoses, []);
  await test.clock.advance(2_000);
  const post = note();
  test.relay("b").last.send(post);
  await test.clock.advance(900);
  assert.deepEqual(test.eoses, []);
  test.relay("b").last.eose();
  await settled();
  assert.deepEqual(test.eoses, ["2900 a EOSE"]);
  assert.deepEqual(test.events, [post]);

  const other = new RequestTest({ lists: ["ab"], scripts: { a: dead }, routing: one });
  Object.assign(other.fake.times, { soft: 20_000, hard: 20_000 });
  await other.begin(posts(ALICE));
  await other.clock.advance(30_000);
  assert.deepEqual(other.eoses, ["3000 a EOSE"]);
});

Deno.test("OutboxRequest looks for replacements three times, and not after that", async () => {
  const test = new RequestTest({
    lists: ["abcdefgh"],
    scripts: Object.fromEntries([..."abcdefgh"].map((letter) => [letter, dead])),
    routing: one,
  });
  await test.begin(posts(ALICE));
  assert.equal(test.asked.length, 4);
  assert.equal(test.doneAt, 0);
});

Deno.test("OutboxRequest never takes a lost relay as a replacement", async () => {
  const test = new RequestTest({
    lists: ["abcd", "a", "b"],
    scripts: { a: dead, b: dead, c: dead, d: holding([note()]) },
  });
  await test.begin(posts(...AUTHORS.slice(0, 3)));
  assert.equal(test.events.length, 1);
  const attempts = test.relays.map(({ url }) => url);
  assert.equal(new Set(attempts).size, attempts.length);
});

Deno.test("OutboxRequest goes on with replacements: new events come from there", async () => {
  const test = new RequestTest({
    lists: ["ab"],
    scripts: { a: dead, b: holding([]) },
    routing: one,
  });
  await test.begin(posts(ALICE));
  await test.clock.advance(1_000);
  const post = note();
  test.relay("b").last.send(post, post);
  await settled();
  assert.deepEqual(test.events, [post]);
  test.controller.abort();
  await settled();
  assert.ok(test.isOver);
  assert.equal(test.live.length, 0);
});

Deno.test("OutboxRequest passes on once what a lost relay and its replacement both send", async () => {
  const posted = notes(3);
  const test = new RequestTest({ lists: ["ab"], scripts: { b: holding(posted) }, routing: one });
  await test.begin(posts(ALICE));
  test.relay("a").last.send(posted[0]);
  test.relay("a").cut();
  await test.clock.advance(200);
  test.relay("a").cut();
  await test.clock.advance(60_000);
  assert.equal(test.asked, "ab");
  test.relay("a").reqs[0].send(...posted, note()).eose();
  await settled();
  assert.equal(test.events.length, 4);
  assert.equal(new Set(test.events).size, 4);
});

Deno.test("OutboxRequest counts a relay that comes back as answered", async () => {
  const test = new RequestTest({ lists: ["ab"], scripts: { a: dead, b: {} }, routing: one });
  Object.assign(test.fake.times, { soft: 20_000, hard: 20_000 });
  await test.begin(posts(ALICE));
  test.scripts.set(url("a"), holding([note()]));
  await test.clock.advance(2_999);
  assert.equal(test.events.length, 1);
  await test.clock.advance(20_000);
  assert.equal(test.eoses.length, 1);
  // Those who were rescued are not rescued again.
  test.scripts.set(url("a"), dead);
  test.relay("a").cut();
  await test.clock.advance(60_000);
  assert.equal(test.relays.filter((relay) => relay.url === url("b")).length, 1);
});

Deno.test("OutboxRequest finds replacements for a relay that is lost after the request was done", async () => {
  const test = new RequestTest({
    lists: ["ab"],
    scripts: { a: holding([]), b: holding([note()]) },
    routing: one,
  });
  await test.begin(posts(ALICE));
  await test.clock.advance(20_000);
  assert.equal(test.asked, "a");
  test.scripts.set(url("a"), dead);
  test.relay("a").cut();
  await test.clock.advance(1_000);
  assert.equal(test.asked, "ab");
  assert.equal(test.events.length, 1);
  assert.deepEqual(test.eoses, ["0 a EOSE"]);
});

Deno.test("OutboxRequest keeps tagged users and authors apart when it looks for replacements", async () => {
  const about = { kinds: [7], "#p": [BOB] };
  const test = new RequestTest({
    lists: ["ab", "cd"],
    scripts: { a: holding([]), c: dead, d: holding([note({ kind: 7, tags: [["p", BOB]] })]) },
    routing: { relaysPerAuthor: 1 },
  });
  await test.begin(posts(ALICE), about);
  assert.deepEqual(test.relay("d").last.filters, [about]);
  assert.equal(test.events.length, 1);
  assert.ok(!test.asked.includes("b"));
});

Deno.test("OutboxRequest looks for replacements for authors and tagged users in one go", async () => {
  const about = { kinds: [7], "#p": [ALICE] };
  const test = new RequestTest({ lists: ["ab"], scripts: { a: dead, b: {} }, routing: one });
  await test.begin(posts(ALICE), about);
  assert.equal(test.asked, "ab");
  assert.deepEqual(test.relay("b").last.filters, [posts(ALICE), about]);
});

Deno.test("OutboxRequest that is aborted lets go of replacements, at whichever stage", async () => {
  for (const ms of [0, 100, 3_000, 9_000, 60_000]) {
    const test = new RequestTest({
      lists: ["abc", "de"],
      scripts: { a: dead, b: { connect: "wait" }, d: dead, e: {} },
      routing: { relaysPerAuthor: 1 },
    });
    await test.begin(posts(ALICE, BOB));
    await test.clock.advance(ms);
    test.controller.abort();
    await settled();
    assert.ok(test.isOver);
    assert.equal(test.live.length, 0);
    assert.equal(test.controller.listeners, 0);
    for (const letter of "abcde") test.link(url(letter)).close();
    assert.equal(test.clock.pending, 0);
  }
});

Deno.test("OutboxRequest waits for all replacements of a relay that is lost twice", async () => {
  const test = new RequestTest({
    lists: ["acx", "ay", "s"],
    scripts: { a: dead },
    routing: { maxRelays: 3 },
  });
  Object.assign(test.fake.times, { soft: 25_000, hard: 25_000 });
  await test.begin(posts(...AUTHORS.slice(0, 3)));
  assert.equal(test.asked, "ascy", "y is the replacement for the second author");
  // It comes back, and is lost again when the first author has no other relay either.
  test.scripts.set(url("a"), holding([]));
  await test.clock.advance(3_000);
  test.scripts.set(url("c"), dead);
  test.relay("c").cut();
  await test.clock.advance(500);
  test.scripts.set(url("a"), dead);
  test.relay("a").cut();
  await test.clock.advance(0);
  assert.equal(test.asked, "ascyx");
  test.relay("y").last.eose();
  await settled();
  assert.deepEqual(test.eoses.map((eose) => eose.slice(-6)), ["c EOSE"]);
  test.relay("x").last.eose();
  await settled();
  assert.deepEqual(test.eoses.map((eose) => eose.slice(-6)), ["c EOSE", "a EOSE"]);
});

Deno.test("OutboxRequest asks as many replacements as relays are lost", async () => {
  const test = new RequestTest({
    lists: ["abc", "abd"],
    scripts: { a: dead, b: dead, c: holding([]), d: holding([]) },
  });
  await test.begin(posts(ALICE, BOB));
  assert.equal(test.asked, "abcd");
  assert.equal(test.doneAt, 0);
});

Deno.test("OutboxRequest looks for replacements three times for what was planned later, too", async () => {
  const scripts = Object.fromEntries([..."abcdef"].map((letter) => [letter, dead]));
  const test = new LiveTest({ scripts: { ...scripts, z: holding([]) }, routing: one });
  await test.begin(posts(ALICE));
  test.announce(0, "abcdef");
  await test.clock.advance(250);
  assert.equal(test.asked, "zabcd");
});

Deno.test("OutboxRequest asks the next hint where the first is dead and the fallback relay answers that it has nothing", async () => {
  const post = note();
  const hints = ["p", "q"].map((letter, i) => ({
    subject: ALICE,
    url: url(letter),
    source: i === 0 ? "follows" as const : "tag" as const,
  }));
  const test = new RequestTest({
    scripts: { p: dead, q: holding([post]), h: holding([]) },
    routing: { fallbackRelays: [url("h")] },
  });
  await test.begin(withHints(posts(ALICE), hints));
  assert.equal([...test.asked].sort().join(""), "hpq");
  assert.deepEqual(test.events, [post]);
  assert.equal(test.doneAt, 0);
});
