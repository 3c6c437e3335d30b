import assert from "node:assert/strict";
import type { AnsweredRange } from "../../src/spans/span_book.ts";
import { SpanBook } from "../../src/spans/span_book.ts";
import { settled, START, TestClock } from "../../testing/test_clock.ts";
import { P, people, person } from "../support/listed_people.ts";
import { A, B, DAY_MS, RecordMap } from "../support/relay_records.ts";
import { SlowClock } from "../support/slow_clock.ts";
import { bookOf, DAY_S, HOUR_S } from "../support/spans.ts";

const answer: AnsweredRange = {
  relay: A,
  authors: [P],
  kinds: [1],
  since: 0,
  until: START,
  proof: "finish",
  at: START,
};

/** When the day began on which tests begin, in Unix seconds. */
const TODAY = Math.floor(START / DAY_S) * DAY_S;

Deno.test("SpanBook lets an inferred span count for 7 days, and others for 30, by the day", async () => {
  const clock = new TestClock();
  const book = new SpanBook({ clock, onError: assert.ifError });
  book.add({ ...answer, proof: "inferred" });
  book.add({ ...answer, proof: "drained", relay: B });
  await clock.advance(TODAY * 1000 + 7 * DAY_MS - 1 - clock.now());
  assert.equal(book.get(P, A, [1]).length, 1);
  await clock.advance(1);
  assert.deepEqual(book.get(P, A, [1]), []);
  assert.deepEqual(book.relaysOf(P), [B]);
  await clock.advance(23 * DAY_MS - 1);
  assert.equal(book.get(P, B, [1]).length, 1);
  await clock.advance(1);
  assert.deepEqual(book.get(P, B, [1]), []);
});

Deno.test("SpanBook leaves other work its turn between many answers, and reads and writes with all that came", async () => {
  const relays = Array.from({ length: 40 }, (_, n) => `wss://${n}.example/`);
  const records = new RecordMap();
  const clock = new SlowClock();
  const book = new SpanBook({ clock, backend: records, onError: assert.ifError });
  await book.ready();
  const at = START + 3_600;
  for (const [n, relay] of relays.entries()) {
    book.add({ ...answer, authors: [person(n)], relay, at });
  }
  await clock.turn();
  assert.ok(clock.isSet);
  await book.close();
  assert.equal((await records.readRecords("span")).size, relays.length);
  for (const [n, relay] of relays.entries()) {
    book.add({ ...answer, authors: [person(n)], relay, at });
  }
  for (const [n, relay] of relays.entries()) assert.deepEqual(book.relaysOf(person(n)), [relay]);
});

Deno.test("SpanBook puts answers off for a second, unless they are asked for or many", async () => {
  const clock = new TestClock();
  const book = new SpanBook({ clock, onError: assert.ifError });
  let read = 0;
  const authors = {
    ...{ length: 1, 0: P },
    *[Symbol.iterator]() {
      read++;
      yield P;
    },
  } as unknown as string[];
  book.add({ ...answer, authors });
  await clock.advance(999);
  assert.equal(read, 0);
  await clock.advance(1);
  assert.equal(read, 1);

  book.add({ ...answer, authors });
  assert.equal(book.get(P, A, [1]).length, 1);
  assert.equal(read, 2);

  for (let n = 0; n < 1_000; n++) book.add({ ...answer, authors });
  await settled();
  assert.ok(read > 2);
});

Deno.test("SpanBook close() leaves no timer", async () => {
  const clock = new TestClock();
  const book = new SpanBook({ clock, onError: assert.ifError });
  book.add(answer);
  await book.close();
  assert.equal(clock.pending, 0);
});

Deno.test("NIP-59: SpanBook never lets gift wraps count that are younger than 50 hours", () => {
  for (const kinds of [[1059], undefined]) {
    const book = bookOf([{ ...answer, kinds }]);
    assert.deepEqual(book.get(P, A, [1059]).map(({ until }) => until), [START - 50 * HOUR_S]);
  }
  assert.deepEqual(
    bookOf([{ ...answer, kinds: [1059], since: START - 50 * HOUR_S + 1 }]).get(P, A, [
      1059,
    ]),
    [],
  );
});

Deno.test("NIP-01: SpanBook never lets ephemeral kinds count", () => {
  const book = bookOf([{ ...answer, kinds: [1, 20_000, 21_059, 29_999] }, {
    ...answer,
    relay: B,
    kinds: undefined,
  }]);
  for (const kind of [20_000, 21_059, 29_999]) {
    for (const relay of [A, B]) {
      assert.deepEqual(book.get(P, relay, [kind]), []);
      assert.deepEqual(book.get(P, relay, [1, kind]), []);
    }
  }
});

Deno.test("SpanBook ignores what is no pubkey, relay, kind, time or store", () => {
  const wrong: Partial<AnsweredRange>[] = [
    { authors: ["npub1", P.slice(1), "store:1"] },
    { relay: "a.example" },
    { relay: "WSS://A.example" },
    { relay: "wss://a.example/\n" },
    { kinds: [-1, 0.5, NaN, 65_536] },
    { kinds: [] },
    { since: NaN },
    { until: NaN },
    { until: -1 },
    { at: NaN },
    { since: 10, until: 9 },
    { proof: "unknown" },
    { store: 0 },
    { store: 1.5 },
    { store: 10_000 },
  ];
  for (const fields of wrong) {
    const backend = new RecordMap();
    const book = bookOf([{ ...answer, ...fields }], backend);
    assert.deepEqual(book.relaysOf(P), [], JSON.stringify(fields));
  }
  const [span] = bookOf([{ ...answer, since: 0.5, until: 9.5 }]).get(P, A, [1]);
  assert.deepEqual([span.since, span.until], [1, 9]);
  assert.deepEqual(bookOf([answer]).get(P, A, []), []);
});

Deno.test("SpanBook counts no answer of the future: a clock was wrong", async () => {
  for (const [ahead, counts] of [[60 * DAY_S, 0], [3_601, 0], [3_600, 1]]) {
    const clock = { now: () => (START + ahead) * 1000, after: () => () => {} };
    const backend = new RecordMap();
    const wrong = new SpanBook({ clock, backend, onError: assert.ifError });
    wrong.add({ ...answer, until: START + ahead, at: START + ahead });
    await wrong.close();
    const book = bookOf([], backend);
    await book.ready();
    assert.equal(book.get(P, A, [1]).length, counts);
    // What is known from now on counts by itself.
    book.add({ ...answer, since: START - 9, until: START, at: START });
    const [span] = book.get(P, A, [1]);
    if (counts === 0) assert.deepEqual([span.since, span.until], [START - 9, START]);
  }
});

Deno.test("SpanBook knows the latest eight stores again, by five ids each", async () => {
  const backend = new RecordMap();
  const book = bookOf([answer], backend);
  const ids = Array.from({ length: 7 }, (_, i) => person(i));
  for (let store = 1; store <= 9; store++) book.markStore(store, [ids[store % 7]]);
  book.markStore(9, ["no id", ...ids]);
  for (const store of [0, -1, 1.5, 10_000]) book.markStore(store, ids);
  book.markStore(3, []);
  await book.close();
  const again = bookOf([], backend);
  await again.ready();
  for (const marks of [book.storeMarks(), again.storeMarks()]) {
    assert.deepEqual([...marks.keys()].sort(), [2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(marks.get(9), ids.slice(0, 5));
    assert.deepEqual(marks.get(3), [ids[3]]);
  }
  assert.equal(again.get(P, A, [1]).length, 1);
});

Deno.test("SpanBook drops the authors first that were seen longest ago, also after it was read", async () => {
  const backend = new RecordMap();
  const before = bookOf([], backend);
  for (let n = 0; n < 16; n++) {
    before.add({ ...answer, authors: [person(n)], until: 9, at: START - n * DAY_S });
  }
  await before.close();
  const clock = new TestClock();
  const book = new SpanBook({ clock, backend, onError: assert.ifError, max: 16 });
  await book.ready();
  book.add({ ...answer, authors: [person(16)] });
  const gone = Array.from({ length: 17 }, (_, n) => n)
    .filter((n) => book.relaysOf(person(n)).length === 0);
  assert.deepEqual(gone, [15]);
  await book.close();
});

Deno.test("SpanBook reads its records with the first answer, so that it loses none of many", async () => {
  const backend = new RecordMap();
  const book = bookOf([], backend);
  const authors = people(5_100);
  book.add({ ...answer, authors });
  await settled();
  book.add({ ...answer, authors, relay: B });
  await book.close();
  assert.equal(backend.records.size, authors.length);
  assert.ok([...backend.records.values()].every((text) => text.split("\n").length === 2));
});

Deno.test("SpanBook drops the authors without news first, and never the marks of stores", async () => {
  const backend = new RecordMap();
  const clock = new TestClock();
  const book = new SpanBook({ clock, backend, onError: assert.ifError, max: 16 });
  book.markStore(1, [person(1)]);
  for (let n = 0; n < 40; n++) book.add({ ...answer, authors: [person(n)] });
  assert.deepEqual([...book.storeMarks().keys()], [1]);
  const kept = Array.from({ length: 40 }, (_, n) => n).filter((n) =>
    book.relaysOf(person(n)).length > 0
  );
  assert.deepEqual(kept, Array.from({ length: 15 }, (_, i) => i + 25));
  await book.close();
  assert.equal(backend.records.size, 16);
});

Deno.test("SpanBook reads what strangers wrote into its records, or leaves it as it is", async () => {
  const errors: Error[] = [];
  const backend = new RecordMap([
    [P, "a.example/ 1:5.1Ff6j"],
    [person(1), "junk"],
    [person(2), `1 ${person(1)}`],
    ["store:1", "a.example/ 1:5.1Ff6j"],
    ["store:9", `9 ${person(1)}`],
  ]);
  const clock = new TestClock();
  const book = new SpanBook({ clock, backend, onError: (error) => errors.push(error) });
  await book.ready();
  assert.deepEqual(book.get(P, A, [1]).map(({ since, until }) => [since, until]), [[4, 5]]);
  assert.deepEqual([book.relaysOf(person(2)), book.storeMarks().size], [[], 0]);
  assert.match(errors.map(String).join(), /Cannot read 2 of 5 records of spans/);
  book.add({ ...answer, authors: [person(2)] });
  assert.equal(book.get(person(2), A, [1]).length, 1);
  await book.close();
});
