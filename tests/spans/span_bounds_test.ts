import fc from "fast-check";
import assert from "node:assert/strict";
import { MAX_LISTS, MAX_RELAYS, MAX_SPANS } from "../../src/spans/span_record.ts";
import { addRange, NO_SPANS } from "../../src/spans/span_record.ts";
import { MAX_TEXT, parseSpans } from "../../src/spans/span_text.ts";
import { START } from "../../testing/test_clock.ts";
import { people } from "../support/listed_people.ts";
import { RecordMap } from "../support/relay_records.ts";
import { bookOf, DAY_S } from "../support/spans.ts";

Deno.test("SpanBook takes less than 1 MB for two relays and two kinds of 2,784 authors, at its fullest", async () => {
  const backend = new RecordMap();
  // All authors have equal texts.
  const authors = people(100);
  const book = bookOf([], backend);
  await book.ready();
  for (const [r, relay] of ["wss://relay-of-usual.length.example/", "wss://nos.lol/"].entries()) {
    for (const kind of [1, 30_023]) {
      // Each day's answer leaves a gap to the one before, and no two kinds agree.
      for (let day = 6; day >= 0; day--) {
        const at = START - day * DAY_S - kind % 999 - r;
        const since = day === 6 ? 0 : at - 70_000 - day * 999;
        book.add({ relay, authors, kinds: [kind], since, until: at, proof: "inferred", at });
      }
    }
  }
  await book.close();
  const sizes = [...backend.records].map(([key, text]) => key.length + text.length);
  assert.equal(sizes.length, 100);
  const size = sizes.reduce((a, b) => a + b) * 2_784 / 100;
  assert.ok(size < 1_000_000, `${size} characters`);
  assert.ok(size > 900_000, `${size} characters: no longer the fullest`);
});

Deno.test("SpanBook takes less than 500 kB for 2,784 authors whose two kinds are requested together", async () => {
  const backend = new RecordMap();
  const authors = people(2_784);
  const book = bookOf([], backend);
  await book.ready();
  for (const relay of ["wss://relay-of-usual.length.example/", "wss://nos.lol/"]) {
    const range = {
      relay,
      authors,
      kinds: [1, 6],
      until: START,
      at: START,
      proof: "inferred",
    } as const;
    book.add({ ...range, since: START - 7 * DAY_S });
    book.add({ ...range, since: 0, until: START - 6 * DAY_S, at: START - DAY_S });
  }
  await book.close();
  const size = [...backend.records].reduce((sum, [key, text]) => sum + key.length + text.length, 0);
  assert.ok(size < 500_000, `${size} characters`);
});

const ranges = fc.array(
  fc.record({
    relay: fc.nat({ max: 12 }).map((n) => `wss://${"long-name.".repeat(n)}example/`),
    kinds: fc.uniqueArray(fc.nat({ max: 200 }), { minLength: 1, maxLength: 40 }),
    since: fc.nat({ max: 1_000 }),
    until: fc.nat({ max: 1_000 }),
    proof: fc.constantFrom("finish", "drained", "inferred"),
    at: fc.nat({ max: 6 }).map((days) => START - days * DAY_S),
    store: fc.constantFrom(undefined, 1, 2),
  }, { noNullPrototype: true }),
  { minLength: 20, maxLength: 60 },
);

Deno.test("addRange() keeps to its bounds, and keeps what counts longest", () => {
  fc.assert(
    fc.property(ranges, (ranges) => {
      let text = NO_SPANS;
      for (const range of ranges) text = addRange(text, range, START);
      assert.ok(text.length <= MAX_TEXT);
      const lists = parseSpans(text) ?? [];
      const counts = Map.groupBy(lists, ({ relay }) => relay);
      assert.ok(counts.size <= MAX_RELAYS);
      for (const ofRelay of counts.values()) assert.ok(ofRelay.length <= MAX_LISTS);
      for (const { spans } of lists) assert.ok(spans.length <= MAX_SPANS);
    }),
    { numRuns: 50 },
  );
});

Deno.test("addRange() joins the neighbours that differ least, and then drops the oldest spans", () => {
  const range = { relay: "wss://a.example/", kinds: [1], proof: "finish" } as const;
  const add = (text: string, since: number, until: number, days: number) =>
    addRange(text, { ...range, since, until, at: START - days * DAY_S }, START);
  const spansOf = (text: string) =>
    parseSpans(text)![0].spans.map(({ since, until, seenAt }) => [
      since,
      until,
      Math.floor((START - seenAt) / DAY_S),
    ]);
  let text = add(NO_SPANS, 0, 9, 20);
  for (const [i, days] of [15, 9, 2].entries()) text = add(text, 10 * i + 10, 10 * i + 19, days);
  assert.deepEqual(spansOf(text), [[30, 39, 2], [20, 29, 9], [10, 19, 15], [0, 9, 20]]);
  text = add(text, 40, 49, 0);
  assert.deepEqual(spansOf(text), [[30, 49, 2], [20, 29, 9], [10, 19, 15], [0, 9, 20]]);

  text = NO_SPANS;
  for (let i = 0; i < 5; i++) text = add(text, 10 * i, 10 * i + 5, 0);
  assert.deepEqual(spansOf(text), [[40, 45, 0], [30, 35, 0], [20, 25, 0], [10, 15, 0]]);
});
