import type { NostrEvent, NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import { matchFilter, matchFilters } from "nostr-tools";
import assert from "node:assert/strict";
import { joinFilters } from "../../src/nostr/join_filters.ts";
import { areMerged, requestShape, varyingValues } from "../../src/nostr/request_shape.ts";
import { mostMatches } from "../../src/nostr/most_matches.ts";

const [A, B, C] = ["a", "b", "c"].map((digit) => digit.repeat(64));

const some = (...values: string[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 3 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const filter: fc.Arbitrary<NostrFilter> = fc.record({
  kinds: maybe(fc.uniqueArray(fc.constantFrom(0, 1, 10002), { maxLength: 2 })),
  authors: maybe(some(A, B, C)),
  ids: maybe(some(A, B, C)),
  "#p": maybe(some(A, B, C)),
  "#e": maybe(some(A, B)),
  "#h": fc.option(some("g"), { nil: undefined, freq: 9 }),
  since: maybe(fc.constantFrom(1, 2)),
  limit: maybe(fc.constantFrom(0, 1, 2, 9)),
}, { requiredKeys: [] }).map((filter) => JSON.parse(JSON.stringify(filter)));
const event: fc.Arbitrary<NostrEvent> = fc.record({
  id: fc.constantFrom(A, B, C),
  pubkey: fc.constantFrom(A, B, C),
  kind: fc.constantFrom(0, 1, 10002),
  created_at: fc.constantFrom(0, 1, 2, 3),
  tags: fc.array(fc.tuple(fc.constantFrom("p", "e", "h"), fc.constantFrom(A, B, C, "g")), {
    maxLength: 3,
  }),
  content: fc.constant(""),
  sig: fc.constant(""),
});

/** Requests of one shape: those of some drawn ones that have the shape of the first. */
const requests = fc.array(fc.array(filter, { minLength: 1, maxLength: 2 }), {
  minLength: 1,
  maxLength: 30,
}).map((drawn) => drawn.filter((one) => requestShape(one) === requestShape(drawn[0])));

Deno.test("joinFilters() matches exactly what its requests match, and each finds its own in it", () => {
  const law = fc.property(requests, event, fc.boolean(), (requests, event, areBig) => {
    const { filters, indexes } = joinFilters(requests, areBig);
    const isMatched = requests.some((request) => matchFilters([...request], event));
    assert.equal(matchFilters([...filters], event), isMatched);
    for (const [r, request] of requests.entries()) {
      for (const [i, own] of request.entries()) {
        if (matchFilter(own, event)) assert.ok(matchFilter(filters[indexes[r][i]], event));
      }
    }
  });
  fc.assert(law, { numRuns: 2_000 });
});

Deno.test("joinFilters() never puts the limit of one request on another, and drops none that cuts", () => {
  const law = fc.property(requests, fc.boolean(), (requests, areBig) => {
    const { filters, indexes } = joinFilters(requests, areBig);
    for (const [r, request] of requests.entries()) {
      for (const [i, own] of request.entries()) {
        const { limit } = filters[indexes[r][i]];
        const isCut = own.limit !== undefined && !(own.limit >= (mostMatches(own) ?? Infinity));
        if (limit === undefined) assert.ok(!isCut);
        else {
          const { limit: _, ...joined } = filters[indexes[r][i]];
          assert.equal(limit, own.limit);
          const { limit: __, ...rest } = own;
          assert.equal(requestShape([joined]), requestShape([rest]));
          assert.deepEqual(varyingValues([joined]), varyingValues([rest]));
        }
      }
    }
  });
  fc.assert(law, { numRuns: 1_000 });
});

Deno.test("joinFilters() makes one filter of profiles, and keeps posts apart with their limits", () => {
  const of = (kind: number, limit?: number) =>
    [A, B, A].map((author) => [{ kinds: [kind], authors: [author], ...limit ? { limit } : {} }]);
  const profile = { kinds: [0], authors: [A, B] };
  assert.deepEqual(joinFilters(of(0)).filters, [profile]);
  assert.deepEqual(joinFilters(of(0, 1)).filters, [profile]);
  assert.deepEqual(joinFilters(of(1, 20)), {
    filters: [A, B].map((author) => ({ kinds: [1], authors: [author], limit: 20 })),
    indexes: [[0], [1], [0]],
  });
});

Deno.test("joinFilters() makes one filter of big feeds without a limit, since their answers are continued", () => {
  const feeds = [[A, B], [B, C]].map((authors) => [{ kinds: [1], authors, since: 5 }]);
  assert.deepEqual(joinFilters(feeds, true), {
    filters: [{ kinds: [1], authors: [A, B, C], since: 5 }],
    indexes: [[0], [0]],
  });
  assert.equal(joinFilters(feeds).filters.length, 2);
  for (const [one] of feeds) assert.ok(areMerged([one]));
  for (const other of [{ limit: 9 }, { since: undefined }, { search: "a" }]) {
    const feeds = [A, B].map((author) => [{ kinds: [1], authors: [author], since: 5, ...other }]);
    assert.equal(joinFilters(feeds, true).filters.length, 2);
    assert.ok(!areMerged(feeds[0]));
  }
});

Deno.test("requestShape() is the same for other authors, ids or tags, and for nothing else", () => {
  const same: [NostrFilter, NostrFilter][] = [
    [{ kinds: [0, 3], authors: [A] }, { authors: [B, C], kinds: [3, 0] }],
    [{ kinds: [0], authors: [A], limit: 1 }, { kinds: [0], authors: [B] }],
    [{ ids: [A] }, { ids: [B], limit: 5 }],
    [{ kinds: [7], "#e": [A] }, { kinds: [7], "#e": [B] }],
    [{ kinds: [1], "#p": [A], limit: 9 }, { kinds: [1], "#p": [B], limit: 9 }],
  ];
  for (const [one, other] of same) assert.equal(requestShape([one]), requestShape([other]));
  const others: [NostrFilter, NostrFilter][] = [
    [{ kinds: [0], authors: [A] }, { kinds: [1], authors: [A] }],
    [{ kinds: [1], authors: [A], limit: 1 }, { kinds: [1], authors: [A], limit: 2 }],
    [{ kinds: [1], authors: [A] }, { kinds: [1], authors: [A], since: 1 }],
    [{ kinds: [1], authors: [A], "#t": ["x"] }, { kinds: [1], authors: [A], "#t": ["y"] }],
    [{ ids: [A] }, { authors: [A] }],
    [{ search: "a" }, { search: "b" }],
    [{ search: "a", authors: [A] }, { search: "a", authors: [B] }],
    [{ kinds: [9], "#h": ["a"] }, { kinds: [9], "#h": ["b"] }],
    [{ kinds: [0], authors: [A, B], limit: 1 }, { kinds: [0], authors: [A, B] }],
  ];
  for (const [one, other] of others) assert.notEqual(requestShape([one]), requestShape([other]));
});

Deno.test("varyingValues() has the values that may differ", () => {
  assert.deepEqual(
    varyingValues([{ kinds: [0], authors: [A, B] }, { "#e": [A], kinds: [7] }]),
    [A, B, A],
  );
  assert.deepEqual(varyingValues([{ kinds: [1] }, { search: "a", authors: [A] }]), []);
});
