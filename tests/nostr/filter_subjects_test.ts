import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { matchFilter } from "nostr-tools";
import {
  copyFilter,
  eventOrGroupScope,
  matchesNothing,
  narrowFilter,
  peopleScope,
} from "../../src/nostr/filter_subjects.ts";
import { event, eventFor, filter, person } from "../support/arbitraries.ts";

const A = "aa".repeat(32);
const B = "bb".repeat(32);
const C = "cc".repeat(32);

/** Whom a filter is about, in plain words: the lane, the key and the people, sorted. */
function about(filter: NostrFilter) {
  const people = peopleScope(filter);
  return people && { lane: people.role, key: people.key, names: [...people.subjects] };
}

/** A filter about people, with some of those it is about. */
const narrowing = filter
  .map((filter) => ({ filter, people: peopleScope(filter) }))
  .filter(({ people }) => people !== undefined)
  .chain(({ filter, people }) =>
    fc.subarray([...people!.subjects], { minLength: Math.min(1, people!.subjects.length) })
      .map((some) => ({ filter, some, narrowed: narrowFilter(filter, people!, some) }))
  );

Deno.test("NIP-65: a filter with authors is about their outboxes, also where it has tags", () => {
  const filter = { authors: [A, B], "#p": [C], "#P": [C], "#a": [`1:${C}:`], "#A": [`1:${C}:`] };
  assert.deepEqual(about(filter), { lane: "write", key: "authors", names: [A, B] });
});

Deno.test("NIP-65: a filter that tags people is about their inboxes", () => {
  assert.deepEqual(about({ "#p": [A, B] }), { lane: "read", key: "#p", names: [A, B] });
  assert.deepEqual(about({ "#P": [A], "#a": [`1:${B}:`] }), {
    lane: "read",
    key: "#P",
    names: [A],
  });
  assert.deepEqual(about({ "#P": [A], "#p": [B] }), { lane: "read", key: "#p", names: [B] });
});

Deno.test("NIP-22: a filter that names coordinates is about their authors' inboxes", () => {
  const coordinates = [`30023:${A}:b:c`, `1:${B}:`, `30023:${A}:a`, `30023:${A}:a`, "junk"];
  assert.deepEqual(about({ "#a": coordinates }), {
    lane: "read",
    key: "#a",
    names: [B, A, ""],
  });
  assert.deepEqual(about({ "#A": [`1:${B}:`] }), { lane: "read", key: "#A", names: [B] });
  assert.deepEqual(about({ "#a": [`1:${A}:`], "#A": [`1:${B}:`] })?.names, [A]);
});

Deno.test("NIP-50, NIP-29: a search or a group is about nobody", () => {
  assert.equal(peopleScope({ authors: [A], search: "words" }), undefined);
  assert.equal(peopleScope({ authors: [A], "#h": ["group"] }), undefined);
  assert.equal(peopleScope({ ids: [A], kinds: [1], "#t": ["x"] }), undefined);
  assert.equal(peopleScope({ authors: undefined, "#p": undefined }), undefined);
});

Deno.test("NIP-29: a filter with #h is about its groups, whatever else it has", () => {
  for (const also of [{}, { authors: [A] }, { search: "words" }, { ids: [B] }]) {
    const { role, key, subjects } = eventOrGroupScope({ "#h": ["x", "y", "x"], ...also })!;
    assert.deepEqual([role, key, subjects], ["group", "#h", ["x", "y"]]);
  }
});

Deno.test("NIP-01: a filter with ids is about its events, unless it names people or is a search", () => {
  const { role, key, subjects } = eventOrGroupScope({ ids: [B, A, B], kinds: [1], "#t": ["x"] })!;
  assert.deepEqual([role, key, subjects], ["id", "ids", [B, A]]);
  for (const also of [{ authors: [A] }, { "#p": [A] }, { search: "" }]) {
    assert.equal(eventOrGroupScope({ ids: [A], ...also }), undefined);
  }
  assert.equal(eventOrGroupScope({ kinds: [1] }), undefined);
});

Deno.test("peopleScope() names each person once, and says how to sort them", () => {
  fc.assert(
    fc.property(fc.array(person), (authors) => {
      const { subjects, order } = peopleScope({ authors })!;
      assert.deepEqual(subjects, [...new Set(authors)]);
      assert.deepEqual([...order].map((place) => subjects[place]), [...subjects].sort());
    }),
  );
});

Deno.test("peopleScope() says the same of coordinates in any order", () => {
  const shuffled = fc.uniqueArray(
    fc.tuple(fc.constantFrom(1, 30023), person, fc.constantFrom("", "d"))
      .map((parts) => parts.join(":")),
  ).chain((some) =>
    fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length }))
  );
  fc.assert(
    fc.property(shuffled, ([some, others]) => {
      assert.deepEqual(peopleScope({ "#a": some }), peopleScope({ "#a": others }));
    }),
  );
});

Deno.test("R1: what matches a narrowed filter matches the filter it came from", () => {
  const matching = narrowing.chain((narrowing) =>
    fc.tuple(fc.constant(narrowing), fc.oneof(eventFor(narrowing.narrowed), event))
  );
  let matched = 0;
  fc.assert(
    fc.property(matching, ([{ filter, narrowed }, event]) => {
      if (!matchFilter(narrowed, event)) return;
      matched++;
      assert.ok(matchFilter(filter, event));
    }),
    { numRuns: 500 },
  );

  assert.ok(matched > 50, `only ${matched} events matched: the law says little`);
});

Deno.test("R2: what matches a filter matches one of those it is narrowed to", () => {
  const cut = filter
    .filter((filter) => peopleScope(filter) !== undefined)
    .chain((filter) => fc.tuple(fc.constant(filter), eventFor(filter), fc.func(fc.boolean())));
  let matched = 0;
  fc.assert(
    fc.property(cut, ([filter, event, isLeft]) => {
      if (!matchFilter(filter, event)) return;
      matched++;
      const people = peopleScope(filter)!;
      const left = people.subjects.filter((pubkey) => isLeft(pubkey));
      const right = people.subjects.filter((pubkey) => !isLeft(pubkey));
      const halves = [left, right].map((some) => narrowFilter(filter, people, some));
      assert.ok(halves.some((half) => matchFilter(half, event)));
    }),
    { numRuns: 500 },
  );

  assert.ok(matched > 50, `only ${matched} events matched: the law says little`);
});

Deno.test("narrowFilter() changes nothing but whom a filter is about", () => {
  fc.assert(
    fc.property(narrowing, ({ filter, some, narrowed }) => {
      const { key } = peopleScope(filter)!;
      assert.deepEqual({ ...narrowed, [key]: filter[key as "#p"] }, filter);
      assert.deepEqual(peopleScope(narrowed)!.subjects.toSorted(), some.toSorted());
    }),
  );
});

Deno.test("narrowFilter() to everyone it names leaves out none of the values, and doubles none", () => {
  const values = [`30023:${B}:x`, `30023:${A}:y`, `1:${B}:`];
  const filter = { "#a": [...values, values[0]], kinds: [1] };
  const people = peopleScope(filter)!;
  const narrowed = narrowFilter(filter, people, people.subjects);
  assert.deepEqual(narrowed["#a"]!.toSorted(), values.toSorted());
});

Deno.test("R6: copies and narrowed filters share no array with the filter, nor with each other", () => {
  fc.assert(
    fc.property(narrowing, ({ filter, some, narrowed }) => {
      const again = narrowFilter(filter, peopleScope(filter)!, some);
      const filters = [filter, narrowed, again, copyFilter(filter)];
      const arrays = [some, ...filters.flatMap((filter) => Object.values(filter))]
        .filter((value) => Array.isArray(value));
      assert.equal(new Set(arrays).size, arrays.length);
      assert.equal(new Set(filters).size, filters.length);
    }),
  );
});

Deno.test("copyFilter() leaves out what is undefined, and keeps 0 and empty strings", () => {
  const filter = { since: undefined, authors: undefined, until: 0, limit: 0, search: "" };
  assert.deepEqual(copyFilter(filter), { until: 0, limit: 0, search: "" });
});

Deno.test("NIP-01: a filter with an empty list matches nothing, and limit 0 is no empty list", () => {
  assert.ok(matchesNothing({ kinds: [1], authors: [] }));
  assert.ok(matchesNothing({ "#t": [] }));
  assert.ok(!matchesNothing({ kinds: [1], limit: 0, search: "" }));
  assert.ok(!matchesNothing({}));
});
