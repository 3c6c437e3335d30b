import assert from "node:assert/strict";
import { cleanLimits, learnLimits, reportLimits } from "../../src/relays/relay_limits.ts";

Deno.test("cleanLimits() keeps integers of at least 1, and booleans", () => {
  const clean = {
    maxFilters: 1,
    maxSubscriptions: 20,
    maxMessageLength: 131_072,
    maxLimit: 500,
    cutAt: 500,
    fullAt: 300,
    authRequired: false,
    paymentRequired: true,
  };
  assert.deepEqual(cleanLimits({ ...clean, other: 3 }), clean);
  for (const bad of [0, -1, 1.5, NaN, Infinity, "10", null, undefined, {}, true]) {
    assert.deepEqual(cleanLimits({ maxFilters: bad, cutAt: bad }), {});
  }
  for (const bad of [0, 1, "yes", null]) assert.deepEqual(cleanLimits({ authRequired: bad }), {});
});

Deno.test("learnLimits() puts what was learned in place of what was known", () => {
  const known = { maxFilters: 100, cutAt: 500 };
  assert.deepEqual(learnLimits(known, { maxFilters: 10 }), { maxFilters: 10, cutAt: 500 });
  assert.deepEqual(learnLimits(known, { maxFilters: NaN, cutAt: undefined }), known);
  assert.deepEqual(known, { maxFilters: 100, cutAt: 500 });
});

Deno.test("reportLimits() adds the first description to what was learned", () => {
  const known = { maxFilters: 10, maxSubscriptions: 5, fullAt: 300 };
  assert.deepEqual(
    reportLimits(known, { maxSubscriptions: 20, authRequired: true }, true),
    { maxFilters: 10, maxSubscriptions: 20, fullAt: 300, authRequired: true },
  );
});

Deno.test("reportLimits() forgets what a later description does not say", () => {
  const known = { maxFilters: 10, maxSubscriptions: 5, fullAt: 300, authRequired: true };
  assert.deepEqual(reportLimits(known, { maxSubscriptions: 20 }, false), { maxSubscriptions: 20 });
  assert.deepEqual(reportLimits(known, {}, false), {});
});

Deno.test("reportLimits() keeps the smallest number of events at which an answer was cut", () => {
  for (const isFirst of [true, false]) {
    assert.deepEqual(reportLimits({ cutAt: 300 }, { cutAt: 500 }, isFirst), { cutAt: 300 });
    assert.deepEqual(reportLimits({ cutAt: 500 }, { cutAt: 300 }, isFirst), { cutAt: 300 });
    assert.deepEqual(reportLimits({ cutAt: 300 }, {}, isFirst), { cutAt: 300 });
    assert.deepEqual(reportLimits({}, { cutAt: 500 }, isFirst), { cutAt: 500 });
    assert.deepEqual(reportLimits({}, {}, isFirst), {});
  }
});
