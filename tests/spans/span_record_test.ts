import fc from "fast-check";
import assert from "node:assert/strict";
import {
  addRange,
  type AuthorRange,
  MAX_LISTS,
  MAX_RELAYS,
  MAX_SPANS,
  NO_SPANS,
  rangeAdder,
  relaysIn,
  spansIn,
} from "../../src/spans/span_record.ts";
import { MAX_TEXT, parseSpans } from "../../src/spans/span_text.ts";
import { START } from "../../testing/test_clock.ts";
import { DAY_S } from "../support/spans.ts";

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

/** Answers of few relays about many kinds, or of many; each URL is the beginning of the next. */
const alike = fc.constantFrom(1, 12).chain((max) =>
  fc.array(
    fc.record({
      relay: fc.nat({ max }).map((n) => `wss://example/${"a".repeat(n)}`),
      kinds: fc.nat({ max: 200 }).map((first) => [...Array(40).keys()].map((n) => first + 2 * n)),
      since: fc.nat({ max: 1_000 }),
      until: fc.integer({ min: 900, max: 2_000 }),
      proof: fc.constantFrom("finish", "drained", "inferred"),
      at: fc.nat({ max: 6 }).map((days) => START - days * DAY_S),
      store: fc.constantFrom(undefined, 1),
    }, { noNullPrototype: true }),
    { maxLength: 12, size: "max" },
  )
);

Deno.test("rangeAdder() adds an answer to many texts as addRange() does to each", () => {
  const later = fc.constantFrom(0, 0, 3, 9, 40).map((days) => START + days * DAY_S);
  const texts = fc.array(fc.oneof(alike, ranges), { maxLength: 5 });
  fc.assert(
    fc.property(texts, fc.oneof(alike, ranges), later, (texts, [range], now) => {
      if (range === undefined) return;
      const add = rangeAdder(range, now);
      for (const ranges of texts) {
        const text = ranges.reduce((text, range) => addRange(text, range, START), NO_SPANS);
        assert.equal(add(text), addRange(text, range, now));
      }
    }),
    { numRuns: 150 },
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

const range: AuthorRange = {
  relay: "wss://a.example/",
  kinds: [1],
  since: 0,
  until: START,
  proof: "finish",
  at: START,
};

Deno.test("addRange() keeps 64 kinds of a relay, eight relays, and no text that is too long", () => {
  const kinds = Array.from({ length: 100 }, (_, kind) => kind);
  const many = parseSpans(addRange(NO_SPANS, { ...range, kinds }, START))!;
  assert.deepEqual(many.map(({ kind }) => kind), kinds.slice(0, MAX_LISTS));

  let text = NO_SPANS;
  for (let n = 0; n < 9; n++) {
    const at = START - (n * 5 % 9) * DAY_S;
    text = addRange(text, { ...range, relay: `wss://${n * 5 % 9}.example/`, until: 9, at }, START);
  }
  // The ninth was seen longest ago.
  assert.deepEqual(relaysIn(text, START), kinds.slice(0, 8).map((n) => `wss://${n}.example/`));

  for (let n = 0; n < 8; n++) {
    for (const kind of kinds.slice(0, 40)) {
      const own = {
        ...range,
        kinds: [kind],
        relay: `wss://${n}.example/`,
        since: 1_000 * n + kind,
      };
      const added = addRange(text, own, START);
      assert.equal(rangeAdder(own, START)(text), added);
      text = added;
      assert.ok(text.length <= MAX_TEXT, `${text.length}`);
    }
  }
  assert.ok(MAX_TEXT / 2 < text.length, `${text.length}`);
  assert.ok(parseSpans(text));
});

Deno.test("addRange() leaves out what counts no longer", () => {
  const before = addRange(NO_SPANS, { ...range, relay: "wss://b.example/" }, START);
  const later = START + 40 * DAY_S;
  const after = addRange(before, { ...range, at: later, until: later }, later);
  assert.deepEqual(parseSpans(after)!.map(({ relay }) => relay), ["wss://a.example/"]);
});

Deno.test("addRange() takes a time in the future for now", () => {
  const ahead = { ...range, until: START + 9 * DAY_S, at: START + 9 * DAY_S };
  assert.equal(addRange(NO_SPANS, ahead, START), addRange(NO_SPANS, range, START));
});

Deno.test("addRange() changes nothing by what is no relay or store", () => {
  const text = addRange(NO_SPANS, range, START);
  for (
    const wrong of [{ relay: "a b" }, { relay: "wss://a.example" }, { store: 0 }, { store: 1e4 }]
  ) {
    assert.equal(addRange(text, { ...range, ...wrong }, START), text);
  }
});

Deno.test("addRange() writes what can be read, also where each day's answer begins where the last one ended", () => {
  const first = START - 40 * DAY_S;
  let text = NO_SPANS;
  for (let day = 0; day < 40; day++) {
    const at = first + day * DAY_S;
    text = addRange(text, { ...range, since: day === 0 ? 0 : at - DAY_S + 1, until: at, at }, at);
    const [span, ...others] = spansIn(text, range, at);
    assert.deepEqual(others, []);
    assert.equal(span.until, at);
    assert.ok(day > 6 || span.since === 0, `Day ${day} begins at ${span.since}`);
  }
});
