import type { NostrEvent, NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { matchFilter, matchFilters } from "nostr-tools";
import { catchUpFilters, liveFilters, OVERLAP_S } from "../../src/connections/resume_filters.ts";
import { cutFilters } from "../../src/plan/cut_filters.ts";
import { reqParts } from "../../src/plan/req_parts.ts";
import { frozen, PEOPLE } from "../support/requests.ts";

const SINCE = 1_700_000_000;
/** The filters for what came since a time, without the overlap and without gift wraps. */
const resumeFilters = (filters: readonly NostrFilter[], since: number) =>
  catchUpFilters(filters, since + OVERLAP_S).filter(({ kinds }) => !kinds?.includes(1059));
const people = fc.array(fc.constantFrom(...PEOPLE.slice(0, 4)), { maxLength: 3 });
const times = fc.integer({ min: SINCE - 3, max: SINCE + 3 });

const filters: fc.Arbitrary<NostrFilter[]> = fc.array(
  fc.record({
    authors: people,
    "#p": people,
    "#t": fc.array(fc.constantFrom("a", "b"), { maxLength: 2 }),
    kinds: fc.array(fc.constantFrom(1, 7), { maxLength: 2 }),
    since: times,
    until: times,
    limit: fc.constantFrom(0, 1, 20),
  }, { requiredKeys: [] }),
  { maxLength: 8 },
);

const events: fc.Arbitrary<NostrEvent> = fc.record({
  id: fc.constant("ee".repeat(32)),
  pubkey: fc.constantFrom(...PEOPLE.slice(0, 4)),
  kind: fc.constantFrom(1, 7),
  created_at: times,
  tags: fc.array(
    fc.oneof(
      fc.tuple(fc.constant("p"), fc.constantFrom(...PEOPLE.slice(0, 4))),
      fc.tuple(fc.constant("t"), fc.constantFrom("a", "b")),
    ),
    { maxLength: 3 },
  ),
  content: fc.constant(""),
  sig: fc.constant(""),
});

function hex(count: number): string[] {
  return Array.from({ length: count }, (_, i) => i.toString(16).padStart(64, "0"));
}

Deno.test("catchUpFilters() match new events exactly where the given filters do, and no old ones", () => {
  fc.assert(
    fc.property(filters, fc.array(events, { minLength: 10, maxLength: 30 }), (filters, events) => {
      const live = resumeFilters(filters, SINCE);
      for (const event of events) {
        assert.equal(
          matchFilters(live, event),
          event.created_at >= SINCE && filters.some((filter) => matchFilter(filter, event)),
        );
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("catchUpFilters() are no more than the given ones, and each can match something", () => {
  fc.assert(fc.property(filters, (filters) => {
    const live = resumeFilters(filters, SINCE);
    assert.ok(live.length <= filters.length);
    for (const { since, until = Infinity, limit, authors, kinds } of live) {
      assert.ok(since! >= SINCE && until >= SINCE && limit === undefined);
      assert.ok(authors?.length !== 0 && kinds?.length !== 0);
    }
  }));
});

Deno.test("catchUpFilters() of live filters are the same, whatever the order of keys and values", () => {
  fc.assert(fc.property(filters, (filters) => {
    const live = resumeFilters(filters, SINCE);
    assert.deepEqual(resumeFilters(live, SINCE), live);
    const turned = live.map((filter) =>
      Object.fromEntries(
        Object.entries(filter).reverse()
          .map(([key, value]) => [key, Array.isArray(value) ? value.toReversed() : value]),
      )
    );
    assert.equal(resumeFilters([...live, ...turned], SINCE).length, live.length);
  }));
  const inTwoRounds = [{ authors: ["a"], kinds: [1] }, { authors: ["a"], kinds: [7] }, {
    authors: ["b"],
    kinds: [7, 1],
  }];
  assert.deepEqual(resumeFilters(inTwoRounds, SINCE), [
    { authors: ["a", "b"], kinds: [1, 7], since: SINCE },
  ]);
  const inOtherRounds = [{ kinds: [1], authors: ["a"] }, { kinds: [1], authors: ["b"] }, {
    kinds: [7],
    authors: ["b", "a"],
  }];
  assert.equal(resumeFilters(inOtherRounds, SINCE).length, 1);
  assert.equal(resumeFilters([{ search: "a" }, { search: "a" }], SINCE).length, 1);
  const twice = [{ authors: ["a", "a"], kinds: [1] }, { authors: ["a"], kinds: [7] }];
  assert.equal(resumeFilters(twice, SINCE).length, 1);
});

Deno.test("catchUpFilters() merge again what was cut for one relay", () => {
  const authors = hex(995);
  const [part] = reqParts([{ kinds: [1, 6], authors, since: SINCE - 1000 }]).scoped;
  const cut = cutFilters([{ part, subjects: authors }], {
    authorsPerFilter: 10,
    maxFiltersPerRelay: 100,
  });
  assert.equal(cut.length, 100);
  const live = resumeFilters(cut, SINCE);
  assert.deepEqual(live.map((filter) => filter.authors!.toSorted()), [authors]);
  assert.deepEqual(live[0], { kinds: [1, 6], authors: live[0].authors, since: SINCE });
});

Deno.test("catchUpFilters() have at most 1,000 values in a list", () => {
  const authors = hex(2500);
  const filters = authors.map((author) => ({ kinds: [1], authors: [author] }));
  const live = resumeFilters(filters, SINCE);
  assert.deepEqual(live.map((filter) => filter.authors!.length), [834, 834, 832]);
  assert.deepEqual(live.flatMap((filter) => filter.authors), authors);
  assert.equal(resumeFilters(filters.slice(0, 1000), SINCE).length, 1);
  const crossed = resumeFilters([{ authors, "#p": authors.slice(0, 1001) }], SINCE);
  assert.deepEqual(crossed.map((filter) => filter["#p"]!.length), [501, 500, 501, 500, 501, 500]);
});

Deno.test("NIP-01: a `limit` is about stored events, so catchUpFilters() have none", () => {
  assert.deepEqual(resumeFilters([{ kinds: [1], limit: 20 }, { kinds: [1], limit: 0 }], SINCE), [
    { kinds: [1], since: SINCE },
  ]);
});

Deno.test("catchUpFilters() do not merge filters that differ in more than one list, or in other keys", () => {
  const [a, b] = hex(2);
  const apart: NostrFilter[] = [
    { kinds: [1], authors: [a], since: SINCE },
    { kinds: [7], authors: [b], since: SINCE },
    { kinds: [7], authors: [b], since: SINCE + 5 },
    { kinds: [7], authors: [b], since: SINCE, until: SINCE + 9 },
    { authors: [b], since: SINCE },
    { kinds: [7], search: "a", since: SINCE },
    { kinds: [7], search: "b", since: SINCE },
  ];
  assert.deepEqual(resumeFilters(apart, SINCE), apart);
  assert.deepEqual(resumeFilters([{ search: "a", kinds: [7] }, ...apart.slice(5)], SINCE), [
    { search: "a", kinds: [7], since: SINCE },
    apart[6],
  ]);
});

Deno.test("catchUpFilters() round a time down, and never go before 1970", () => {
  assert.deepEqual(resumeFilters([{}], SINCE + 0.9), [{ since: SINCE }]);
  assert.deepEqual(resumeFilters([{}], -5), [{ since: 0 }]);
});

Deno.test("catchUpFilters() leave the given filters alone and share no list with them", () => {
  fc.assert(fc.property(filters, (filters) => {
    const given = structuredClone(filters);
    for (const filter of resumeFilters(frozen(filters), SINCE)) {
      for (const value of Object.values(filter)) if (Array.isArray(value)) value.push("x");
    }
    assert.deepEqual(structuredClone(filters), given);
  }));
});

Deno.test("catchUpFilters() go back further for gift wraps, in filters of their own", () => {
  const since = SINCE + OVERLAP_S;
  const wrapsSince = SINCE - 47 * 3_600;
  const p = ["a"];
  assert.deepEqual(catchUpFilters([{ kinds: [1, 1059], "#p": p }], since), [
    { kinds: [1], "#p": p, since: SINCE },
    { kinds: [1059], "#p": p, since: wrapsSince },
  ]);
  assert.deepEqual(catchUpFilters([{ kinds: [21_059], until: wrapsSince }], since), [
    { kinds: [21_059], until: wrapsSince, since: wrapsSince },
  ]);
  assert.deepEqual(catchUpFilters([{ "#p": p }], since), [
    { "#p": p, since: SINCE },
    { "#p": p, kinds: [1059, 21_059], since: wrapsSince },
  ]);
  assert.deepEqual(catchUpFilters([{ authors: p }], since), [{ authors: p, since: SINCE }]);
  const both = { authors: p, "#p": p };
  assert.deepEqual(catchUpFilters([both], since), [{ ...both, since: SINCE }]);
});

Deno.test("liveFilters() match what the given filters match, of whatever date, and ask for nothing stored", () => {
  fc.assert(fc.property(filters, fc.array(events, { maxLength: 20 }), (filters, events) => {
    const live = liveFilters(filters, SINCE);
    assert.ok(live.length <= filters.length);
    for (const filter of live) assert.equal(filter.limit, 0);
    for (const event of events) {
      assert.equal(matchFilters(live, event), matchFilters(filters, event));
    }
  }));
  assert.deepEqual(
    liveFilters([{ kinds: [1], authors: ["a"] }, { kinds: [1], authors: ["b"] }], 0, 1),
    [
      { kinds: [1], authors: ["a", "b"], limit: 1 },
    ],
  );
  const apart = [{ kinds: [1059], "#p": ["a"] }, { kinds: [1], "#p": ["a"] }];
  assert.equal(liveFilters(apart, SINCE).length, 2, "gift wraps stay apart");
  const past = { kinds: [1], until: SINCE - 51 * 3_600 };
  assert.deepEqual(liveFilters([past], SINCE), []);
});
