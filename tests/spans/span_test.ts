import assert from "node:assert/strict";
import {
  atMost,
  intersected,
  isValid,
  joined,
  overlaid,
  type Span,
  type SpanProof,
} from "../../src/spans/span.ts";
import { DAY_S } from "../support/spans.ts";

/** A span that was seen on a day. */
const span = (since: number, until: number, proof: SpanProof, day = 100, store?: number): Span => ({
  since,
  until,
  proof,
  seenAt: day * DAY_S,
  ...store === undefined ? {} : { store },
});

Deno.test("overlaid() takes for each second what counts longest, then the stronger proof", () => {
  const spans = [
    span(0, 9, "inferred", 100),
    span(5, 14, "finish", 77),
    span(12, 20, "drained", 78),
  ];
  const expected = [
    span(12, 20, "drained", 78),
    span(5, 11, "finish", 77),
    span(0, 4, "inferred", 100),
  ];
  assert.deepEqual(overlaid(spans), expected);
  assert.deepEqual(overlaid(spans.toReversed()), expected);
});

Deno.test("overlaid() joins what touches and agrees, and keeps the rest apart", () => {
  assert.deepEqual(overlaid([span(0, 4, "finish"), span(5, 9, "finish")]), [span(0, 9, "finish")]);
  for (
    const other of [
      span(6, 9, "finish"),
      span(5, 9, "drained"),
      span(5, 9, "finish", 99),
      span(5, 9, "finish", 100, 1),
    ]
  ) {
    assert.deepEqual(overlaid([span(0, 4, "finish"), other]), [other, span(0, 4, "finish")]);
  }
});

Deno.test("joined() and intersected() claim no more than the weaker and the older of two", () => {
  const [a, b] = [span(5, 9, "drained", 100, 1), span(0, 4, "finish", 90, 1)];
  assert.deepEqual(joined([a, b]), [span(0, 9, "drained", 90, 1)]);
  assert.deepEqual(joined([a, { ...b, until: 3 }]), [a, { ...b, until: 3 }]);
  assert.deepEqual(joined([{ ...a, store: 2 }, b])[0].store, undefined);
  assert.deepEqual(
    intersected([span(10, 20, "finish"), span(0, 5, "finish")], [span(4, 12, "inferred", 99)]),
    [span(10, 12, "inferred", 99), span(4, 5, "inferred", 99)],
  );
});

Deno.test("atMost() joins only what touches", () => {
  const apart = [span(20, 25, "finish"), span(10, 15, "finish"), span(0, 5, "finish")];
  assert.deepEqual(atMost(apart, 2), apart.slice(0, 2));
  assert.deepEqual(atMost(apart, 3), apart);
});

Deno.test("isValid() counts days from the one on which a span was seen", () => {
  const at = (day: number, seconds = 0) => day * DAY_S + seconds;
  assert.ok(!isValid(span(0, 1, "inferred"), at(100, -1)));
  assert.ok(isValid(span(0, 1, "inferred"), at(107, -1)));
  assert.ok(!isValid(span(0, 1, "inferred"), at(107)));
  assert.ok(isValid(span(0, 1, "drained"), at(130, -1)));
  assert.ok(!isValid(span(0, 1, "finish"), at(130)));
});
