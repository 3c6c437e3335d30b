import assert from "node:assert/strict";
import { holding } from "../../testing/scripted_network.ts";
import type { Script } from "../../testing/scripted_relay.ts";
import { settled, START } from "../../testing/test_clock.ts";
import { HeldVerifier } from "../support/held_verifier.ts";
import { AUTHORS, note, notes } from "../support/notes.ts";
import { RequestTest, url } from "../support/scripted_request.ts";

const [ALICE, BOB] = AUTHORS;
const posts = (...authors: string[]) => ({ kinds: [1], authors });

/** A relay that answers with these events after so many milliseconds of a test's clock. */
function slow(test: () => RequestTest, ms: number, script: Script): Script {
  return { onReq: (req, relay) => void test().clock.after(ms, () => script.onReq!(req, relay)) };
}

/** A request to relays that answer after so many milliseconds each, with these events. */
function timed(
  lists: string[],
  relays: Record<string, [ms: number, ...events: ReturnType<typeof note>[]]>,
): RequestTest {
  const test: RequestTest = new RequestTest({
    lists,
    scripts: Object.fromEntries(
      Object.entries(relays).map(([letter, [ms, ...events]]) => [
        letter,
        slow(() => test, ms, holding(events)),
      ]),
    ),
  });
  return test;
}

Deno.test("OutboxRequest is done as soon as every relay has answered, and sends EOSE once for each", async () => {
  const test = timed(["ab"], { a: [10, note()], b: [60, note()] });
  await test.begin(posts(ALICE));
  await test.clock.advance(1_000);
  assert.deepEqual(test.eoses, ["10 a EOSE", "60 b EOSE"]);
  assert.equal(test.events.length, 2);
  assert.equal(test.doneAt, 60);
});

Deno.test("OutboxRequest that is done before it has settled waits for nothing any longer", async () => {
  const test = timed(["ab"], { a: [10, note()], b: [60, note()] });
  await test.begin(posts(ALICE));
  await test.clock.advance(60);
  assert.equal(test.doneAt, 60);
  test.controller.abort();
  await settled();
  for (const letter of "ab") test.link(url(letter)).close();
  assert.equal(test.clock.pending, 0);
});

Deno.test("OutboxRequest ends with its signal, though its reader has stopped reading", async () => {
  const test = new RequestTest({ lists: ["a"], scripts: { a: holding(notes(9)) } });
  await test.plan(posts(ALICE));
  const reader = test.messages("a");
  await reader.next();
  assert.equal(test.live.length, 1);
  test.controller.abort();
  await settled();
  assert.equal(test.live.length, 0);
  assert.equal((await reader.next()).done, true);
});

Deno.test("OutboxRequest lets go of the relay and of the signal when its reader returns", async () => {
  const test = new RequestTest({ lists: ["a"], scripts: { a: holding(notes(9)) } });
  await test.plan(posts(ALICE));
  const reader = test.messages("a");
  await reader.next();
  await reader.return();
  assert.equal(test.live.length, 0);
  assert.equal(test.controller.listeners, 0);
});

Deno.test("OutboxRequest is done a little after everybody is covered, and goes on with slower relays", async () => {
  const late = note();
  const test = timed(["ab"], { a: [10, note()], b: [2_000, late] });
  await test.begin(posts(ALICE));
  await test.clock.advance(109);
  assert.deepEqual(test.eoses, ["10 a EOSE"]);
  await test.clock.advance(1);
  assert.deepEqual(test.eoses, ["10 a EOSE", "110 b EOSE"]);
  await test.clock.advance(5_000);
  assert.equal(test.events.at(-1), late);
  assert.equal(test.eoses.length, 2, "no EOSE is sent twice");
  assert.equal(test.live.length, 2);
});

Deno.test("OutboxRequest lets no fast and empty relay hide a slower one that alone has the events", async () => {
  const test = timed(["ab", "a"], { a: [10, note({ pubkey: BOB })], b: [2_500, note()] });
  await test.begin(posts(ALICE, BOB));
  await test.clock.advance(10_000);
  assert.equal(test.doneAt, 2_500);
  assert.equal(test.events.length, 2);
});

Deno.test("OutboxRequest waits no longer for a late relay where another has answered", async () => {
  const test = timed(["ab"], { a: [10], b: [60_000] });
  await test.begin(posts(ALICE));
  await test.clock.advance(10_000);
  assert.equal(test.doneAt, 3_100);
});

Deno.test("OutboxRequest is over for all at its timeout, whatever relays do", async () => {
  const test = timed(["a", "b"], { a: [10, note()] });
  Object.assign(test.fake.times, { soft: 100_000, hard: 200_000 });
  await test.begin(posts(ALICE, BOB));
  await test.clock.advance(29_999);
  assert.deepEqual(test.eoses, ["10 a EOSE"]);
  await test.clock.advance(1);
  assert.deepEqual(test.eoses, ["10 a EOSE", "30000 b EOSE"]);
});

Deno.test("OutboxRequest sends EOSE for a relay that fails, so that nobody waits for it", async () => {
  const test = new RequestTest({ lists: ["ab"], scripts: { a: { connect: "refuse" } } });
  await test.begin(posts(ALICE));
  assert.deepEqual(test.eoses, ["0 a EOSE"]);
  test.relay("b").last.eose();
  await settled();
  assert.equal(test.doneAt, 0);
});

Deno.test("OutboxRequest sends EOSE at once to whoever joins when it is done", async () => {
  const test = timed(["ab"], { a: [10, note()], b: [500, note()] });
  await test.plan(posts(ALICE));
  test.join("a");
  await test.clock.advance(29_000);
  assert.deepEqual(test.eoses, ["10 a EOSE"], "it is not known that b is not coming");
  await test.clock.advance(1_000);
  test.join("b");
  await test.clock.advance(1_000);
  assert.deepEqual(test.eoses, ["10 a EOSE", "30000 b EOSE"]);
  assert.equal(test.events.length, 2);
});

Deno.test("OutboxRequest passes each event on once, whichever relays send it, and however often", async () => {
  const shared = notes(300);
  const test = new RequestTest({ lists: ["ab"], scripts: { a: holding(shared) } });
  await test.begin(posts(ALICE));
  test.relay("b").last.send(...shared, note(), ...shared).eose();
  await settled();
  assert.equal(test.events.length, 301);
  assert.equal(new Set(test.events).size, 301);
});

Deno.test("OutboxRequest remembers far more than NPool's 1,000 ids when a relay comes back", async () => {
  const held = notes(4_000);
  const test = new RequestTest({
    lists: ["a"],
    scripts: { a: { onReq: (req) => req.send(...held).eose() } },
  });
  await test.begin(posts(ALICE));
  assert.equal(test.events.length, 4_000);
  await test.clock.advance(20_000);
  test.relay("a").cut();
  await test.clock.advance(1_000);
  assert.equal(test.relays.length, 2);
  assert.equal(test.events.length, 4_000);
});

Deno.test("OutboxRequest reports to the memory which relays had what others had, if their answers were complete", async () => {
  const shared = notes(4);
  const test = timed(["abc"], {
    a: [10, ...shared],
    b: [20, shared[0]],
  });
  await test.begin(posts(ALICE));
  await test.clock.advance(1_000);
  const learned = [[url("a"), 1, 0], [url("b"), 1 / 4, 3 / 4]];
  assert.deepEqual(test.fake.of("learned"), learned);
  test.controller.abort();
  await settled();
  assert.deepEqual(test.fake.of("learned"), learned, "once");
});

Deno.test("OutboxRequest credits a relay once for an event that it sends again and again", async () => {
  const [post, other] = notes(2);
  const test = timed(["ab"], { a: [10], b: [20, post, other] });
  test.scripts.set(url("a"), { onReq: (req) => req.send(post, post, post).eose() });
  await test.begin(posts(ALICE));
  await test.clock.advance(1_000);
  const [[, hits, misses]] = test.fake.of("learned") as number[][];
  assert.ok(hits <= 1 && misses >= 0, `${hits} ${misses}`);
});

Deno.test("OutboxRequest reports nothing of answers that were cut, failed, or came alone", async () => {
  const shared = notes(120);
  const script = holding(shared);
  const cut = { ...posts(ALICE), limit: 5 };
  for (
    const [filter, scripts] of [
      [cut, { a: script, b: holding([]) }],
      [posts(ALICE), { a: script, b: { connect: "refuse" } }],
      [posts(ALICE), { a: holding([]), b: holding([]) }],
    ] as const
  ) {
    const test = new RequestTest({ lists: ["ab"], scripts });
    await test.begin(filter);
    await test.clock.advance(10_000);
    const learned = test.fake.of("learned").filter(([url]) => url === "wss://a.example/");
    assert.deepEqual(learned, []);
  }
});

Deno.test("OutboxRequest reports nothing of what came after it was done", async () => {
  const test = timed(["ab"], { a: [10, note()], b: [500, note(), note()] });
  await test.begin(posts(ALICE));
  await test.clock.advance(1_000);
  assert.equal(test.doneAt, 110);
  assert.deepEqual(test.fake.of("learned"), []);
});

Deno.test("OutboxRequest that is aborted leaves nothing behind, at whichever stage", async () => {
  for (const ms of [0, 5, 15, 50, 150, 3_500, 9_000, 40_000]) {
    const test = timed(["ab", "bc", "d", "ef"], {
      a: [10, note()],
      b: [20],
      c: [100_000],
      d: [40, note()],
    });
    test.scripts.set(url("e"), { connect: "refuse" });
    test.scripts.set(url("f"), { onReq: (_, relay) => relay.cut() });
    await test.begin(posts(...AUTHORS.slice(0, 4)));
    await test.clock.advance(ms);
    test.controller.abort();
    await settled();
    assert.ok(test.isOver);
    assert.equal(test.live.length, 0);
    assert.equal(test.controller.listeners, 0);
    for (const letter of "abcdef") test.link(url(letter)).close();
    await test.clock.advance(100_000 - ms);
    assert.equal(test.clock.pending, 0, `${ms}`);
  }
});

Deno.test("NIP-40: OutboxRequest passes no expired event on, and takes it for none", async () => {
  const gone = note({ tags: [["expiration", `${START}`]] });
  const here = note({ tags: [["expiration", `${START + 60}`]] });
  const test = new RequestTest({ lists: ["a"], scripts: { a: holding([gone, here]) } });
  await test.begin({ kinds: [1], authors: [AUTHORS[0]] });
  assert.deepEqual(test.events, [here]);
  assert.equal(test.doneAt, 0);
});

Deno.test("OutboxRequest waits for what came in time to be verified, beyond stragglers and its timeout", async () => {
  const late = note({ pubkey: ALICE });
  const test = timed(["ab"], { a: [10, note({ pubkey: ALICE })], b: [20, late] });
  const held = new HeldVerifier();
  test.verifyEvent = (event) => event === late ? held.verify(event) : true;
  await test.begin(posts(ALICE));
  await test.clock.advance(40_000);
  assert.equal(test.doneAt, undefined);
  await held.answer();
  await test.clock.advance(50);
  assert.ok(test.events.includes(late));
  assert.equal(test.doneAt, 40_000);
});

Deno.test("OutboxRequest waits for the verifying of what came in time, and not for what came later", async () => {
  const [early, late] = [note({ pubkey: ALICE }), note({ pubkey: ALICE })];
  const test = timed(["ab"], { a: [10, note({ pubkey: ALICE })] });
  const held = new HeldVerifier();
  test.verifyEvent = (event) => [early, late].includes(event) ? held.verify(event) : true;
  await test.begin(posts(ALICE));
  await test.clock.advance(20);
  test.relay("b").last.send(early);
  await test.clock.advance(20_000);
  test.relay("b").last.send(late);
  await test.clock.advance(100);
  await held.answer(true, [early]);
  await test.clock.advance(50);
  assert.equal(test.doneAt, 20_120);
  assert.ok(test.events.includes(early) && !test.events.includes(late));
});

Deno.test("OutboxRequest ends at once when its only relay floods, though none of it is verified", async () => {
  const test = new RequestTest({ lists: ["a"] });
  test.verifyEvent = new HeldVerifier().verify;
  await test.begin(posts(ALICE));
  test.relay("a").last.send(...Array(20_001).fill(note({ pubkey: ALICE })));
  await test.clock.advance(1_000);
  assert.equal(test.doneAt, 0);
  assert.deepEqual(test.events, []);
});

Deno.test("OutboxRequest waits ten times as long as its timeout for a verifier that never answers", async () => {
  const test = timed(["a"], { a: [10, note({ pubkey: ALICE })] });
  test.verifyEvent = new HeldVerifier().verify;
  await test.begin(posts(ALICE));
  await test.clock.advance(310_000);
  assert.equal(test.doneAt, 300_000);
  assert.deepEqual(test.events, []);
});

Deno.test("OutboxRequest counts no time in which the program was behind once all is being asked for, either", async () => {
  const test = new RequestTest({ lists: ["a"], busy: 0.5, request: { timeout: 5_000 } });
  const planned = await test.plan(posts(ALICE));
  test.request!.hold();
  for (const url of planned.plan.routes.keys()) void test.join(url[6]);
  await test.clock.advance(100);
  test.request!.release();
  await test.clock.advance(9_000);
  assert.equal(test.doneAt, undefined);
  await test.clock.advance(2_000);
  assert.ok(test.doneAt! >= 10_000);
});
