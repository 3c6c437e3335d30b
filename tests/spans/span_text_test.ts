import fc from "fast-check";
import assert from "node:assert/strict";
import { addRange, NO_SPANS, relaysIn, spansIn } from "../../src/spans/span_record.ts";
import { formatSpans, MAX_TEXT, parseSpans } from "../../src/spans/span_text.ts";
import { START } from "../../testing/test_clock.ts";
import { A } from "../support/relay_records.ts";
import { answers } from "../support/spans.ts";

/** A text that says something. */
const texts = answers(8).map((some) =>
  some.reduce(
    (text, { proof, ...answer }) =>
      proof === "unknown" ? text : addRange(text, { ...answer, proof }, START),
    NO_SPANS,
  )
).filter((text) => text !== NO_SPANS);

Deno.test("parseSpans() reads what formatSpans() writes, relay by relay or at once", () => {
  fc.assert(fc.property(texts, (text) => {
    const lists = parseSpans(text)!;
    assert.equal(formatSpans(lists), text);
    assert.equal(formatSpans(lists.toReversed()), text);
    assert.deepEqual(parseSpans(text, A), lists.filter(({ relay }) => relay === A));
  }));
});

Deno.test("formatSpans() groups kinds with equal spans, and leaves out what is obvious", () => {
  const range = { relay: A, kinds: [6, 1], since: 0, proof: "finish" } as const;
  const first = addRange(NO_SPANS, { ...range, until: START, at: START }, START);
  assert.equal(first, "a.example/ 1,6:s44we8.s44we8Ff6j");
  const next = { ...range, since: START + 1, until: START + 86_400, at: START + 86_400 };
  const second = addRange(first, next, START + 86_400);
  assert.equal(second, "a.example/ 1,6:s46r28.1unzFf6k,.s44we8Ff6j");
  const stored = { ...range, kinds: undefined, until: START, at: START, store: 2 };
  assert.equal(
    addRange(first, stored, START),
    "a.example/ *@2:s44we8.s44we8Ff6j 1,6:s44we8.s44we8Ff6j 1059@2:s411i8.s411i8Ff6j",
  );
});

Deno.test("parseSpans() gives lists or nothing for any text, in little time", () => {
  const edited = texts.chain((text) =>
    fc.tuple(fc.nat({ max: text.length }), fc.nat({ max: 3 }), fc.string({ maxLength: 3 }))
      .map(([at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut))
  );
  fc.assert(fc.property(fc.oneof(edited, fc.string(), fc.string({ unit: "binary" })), (text) => {
    const lists = parseSpans(text);
    if (lists) assert.deepEqual(parseSpans(formatSpans(lists)), parseSpans(formatSpans(lists)));
    for (const { spans } of lists ?? []) {
      for (const [i, { since, until, seenAt }] of spans.entries()) {
        assert.ok(Number.isSafeInteger(since) && 0 <= since && since <= until);
        assert.ok(until < seenAt + 31 * 86_400 && until < (spans[i - 1]?.since ?? Infinity));
      }
    }
    spansIn(text, { relay: A, kinds: [1] }, START);
    relaysIn(text, START);
    addRange(text, { relay: A, since: 0, until: 9, at: START, proof: "finish" }, START);
  }));
  const bad = [
    "",
    "a.example/",
    "a.example/ ",
    "a.example/ 1",
    "a.example/ 1:",
    "a.example/ 1:5",
    "a.example/ 1:5.6Ff6j",
    "a.example/ 1:s5olc0.1Ff6j",
    "a.example/ 1:5.1Xf6j",
    "a.example/ 1:5.1Ff6j,",
    "a.example/ 1:5.1Ff6j,9.1Ff6j",
    "a.example/ 1@0:5.1Ff6j",
    "a.example/ 70000:5.1Ff6j",
    "a.example/ 1,1:5.1Ff6j",
    "a.example/ 1:5.1Ff6j 1:5.1Ff6j",
    "A.example/ 1:5.1Ff6j",
    "https://a.example/ 1:5.1Ff6j",
    "a.example/ 1:5.1Ff6j\n",
    `a.example/ 1:s44we8.0Ff6j${",1.0Ff6j".repeat(MAX_TEXT / 8)}`,
  ];
  for (const text of bad) assert.equal(parseSpans(text), undefined, text.slice(0, 40));
  assert.ok(parseSpans("a.example/ 1:5.1Ff6j"));
});
