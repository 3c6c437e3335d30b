import assert from "node:assert/strict";
import type { NostrEvent } from "@nostrify/types";
import type { AnswerProof } from "../../src/nostr/answer_proof.ts";
import { Cursor, type CursorOptions, OVERLAP_S } from "../../src/feeds/cursor.ts";
import { notes } from "../support/notes.ts";

const TOP = 1_000_000;

/** A cursor of one author, from {@link TOP} down to 0. */
function cursor(options: Partial<CursorOptions> = {}): Cursor {
  const authors = ["aa".repeat(32)];
  return new Cursor({
    url: "wss://a.example/",
    filter: { kinds: [1], authors },
    shape: "",
    subjects: authors,
    top: TOP,
    floor: 0,
    ...options,
  });
}

/** Events of these times. */
const at = (...times: number[]): NostrEvent[] =>
  times.map((created_at) => notes(1, { created_at })[0]);

/** Sends the next request, and answers it. */
function turn(
  one: Cursor,
  events: readonly NostrEvent[],
  { proof = "inferred", goal = -Infinity, limit = 10, uncut = -1 }: {
    proof?: AnswerProof;
    goal?: number;
    limit?: number;
    uncut?: number;
  } = {},
) {
  const request = one.request(goal, limit);
  const proofs = new Map([[request.filter, proof]]);
  const read = one.answered(request, { events, proofs, uncut });
  return { filter: request.filter, read };
}

Deno.test("Cursor goes on in the second of the oldest event of an answer that may be cut", () => {
  const one = cursor();
  const { filter, read } = turn(one, at(900, 800, 800), { proof: "unknown" });
  assert.deepEqual(filter, { ...one.filter, until: TOP, limit: 10 });
  assert.deepEqual(read, { since: 801, until: TOP, proof: "inferred" });
  assert.equal(one.position, 801);
  assert.equal(one.request(-Infinity, 10).filter.until, 800);
});

Deno.test("Cursor takes fewer events than asked for as all only if the relay is known to send more", () => {
  const suspicious = cursor();
  turn(suspicious, at(900, 800), { uncut: 1 });
  assert.equal(suspicious.position, 801);
  const known = cursor();
  assert.deepEqual(turn(known, at(900, 800), { uncut: 2 }).read?.since, 0);
  assert.ok(known.isDone);
});

Deno.test("Cursor is done once an answer is empty, brings one event again, or the relay says so", () => {
  for (const [events, proof] of [[[], "inferred"], [at(5, 4), "finish"]] as const) {
    const one = cursor();
    assert.equal(turn(one, events, { proof }).read?.proof, proof);
    assert.ok(one.isDone);
  }
  const one = cursor();
  const [event] = at(700);
  turn(one, [event]);
  assert.equal(one.position, 701);
  assert.deepEqual(turn(one, [event]).read, { since: 0, until: 700, proof: "drained" });
});

Deno.test("Cursor asks for more of a second that fills an answer, and remembers that the relay cuts it", () => {
  const one = cursor();
  const first = at(700, 700, 700);
  turn(one, first, { proof: "unknown", limit: 3 });
  assert.equal(turn(one, first, { proof: "unknown", limit: 3 }).filter.until, 700);
  assert.equal(one.request(-Infinity, 3).limit, 12);
  turn(one, [...first, ...at(700, 700)], { proof: "unknown", limit: 3 });
  assert.deepEqual(one.cutSeconds, [700]);
  assert.equal(one.position, 700);
  assert.deepEqual(turn(one, at(), { limit: 3 }).filter, { ...one.filter, until: 699, limit: 3 });
  assert.ok(one.isDone);
});

Deno.test("Cursor reads down to a goal, and not below its floor", () => {
  const one = cursor({ floor: 100 });
  assert.equal(turn(one, [], { goal: 500 }).filter.since, 500);
  assert.equal(one.position, 500);
  assert.equal(turn(one, [], { goal: 50 }).filter.since, 100);
  assert.ok(one.isDone);
});

Deno.test("Cursor leaves out ranges that are known, but for an overlap", () => {
  const known = [{ since: 400_000, until: 900_000 }, { since: 0, until: 100_000 }];
  const one = cursor({ known });
  assert.deepEqual([0, 200_000, 500_000].map((at) => one.gapSince(at)), [
    100_001,
    200_000,
    900_001,
  ]);
  assert.equal(turn(one, at(950_000), { proof: "unknown" }).filter.since, 900_000 - OVERLAP_S);
  assert.equal(one.position, 950_001);
  turn(one, []);
  assert.equal(one.position, 400_000);
  assert.equal(one.gapSince(0), 100_001);
  const { filter } = turn(one, []);
  assert.deepEqual([filter.until, filter.since], [399_999, 100_000 - OVERLAP_S]);
  assert.ok(one.isDone);
});

Deno.test("Cursor fails where a relay keeps back all that is asked for", () => {
  const one = cursor();
  assert.equal(turn(one, [], { proof: "unknown" }).read, undefined);
  assert.deepEqual(one.failure, { reason: "withheld" });
  assert.ok(!one.isAwaited && !one.isIdle);
});

Deno.test("Cursor goes on, unproven, at a relay that never says that it is done", () => {
  const one = cursor();
  assert.ok(one.unproven(at(900, 800)));
  assert.equal(one.position, 801);
  assert.ok(one.isUnproven && !one.isAwaited);
  assert.ok(!one.unproven(at(800)), "It brings nothing older");
  turn(one, []);
  assert.ok(one.isUnproven, "What it did not prove before stays so");
});

Deno.test("Cursor leaves subjects out of its filter once nobody wants them", () => {
  const one = cursor({
    subjects: ["a", "b"],
    narrow: (authors) => ({ kinds: [1], authors: [...authors] }),
  });
  one.leave((subject) => subject === "a");
  assert.deepEqual(one.filter, { kinds: [1], authors: ["b"] });
  assert.deepEqual(one.subjects, ["b"]);
});

Deno.test("Cursor takes an answer in parts for no further than its least part", () => {
  const [a, b] = ["aa".repeat(32), "bb".repeat(32)];
  const one = cursor({ filter: { kinds: [1], authors: [a, b] }, subjects: [a, b] });
  const request = one.request(-Infinity, 2);
  const parts = [a, b].map((author) => ({ ...request.filter, authors: [author] }));
  const events = [
    ...notes(2, { pubkey: a, created_at: 900 }),
    ...notes(1, { pubkey: b, created_at: 5 }),
  ];
  one.answered(request, {
    events,
    proofs: new Map([[parts[0], "unknown"], [parts[1], "inferred"]]),
    uncut: 1,
  });
  assert.equal(one.position, 900);
});

Deno.test("Cursor is awaited again once it answers, but not where the relay never says that it is done", () => {
  const one = cursor();
  one.isLate = true;
  turn(one, at(900));
  assert.ok(one.isAwaited);
  one.unproven(at(700));
  turn(one, at(600));
  assert.ok(!one.isAwaited);
});

Deno.test("Cursor goes on below a second of which the relay sends the same events again", () => {
  const one = cursor();
  const events = at(700, 700);
  turn(one, events, { limit: 9 });
  turn(one, events, { limit: 9 });
  assert.deepEqual([one.position, one.isDone, one.cutSeconds], [700, false, [700]]);
});
