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

/** The people scope of a filter, without what sorts and narrows it. */
function scopeIn(filter: NostrFilter) {
  const scope = peopleScope(filter);
  return scope && { role: scope.role, key: scope.key, subjects: [...scope.subjects] };
}

/** A filter that names people, and some of these people. */
const narrowing = filter
  .map((filter) => ({ filter, people: peopleScope(filter) }))
  .filter(({ people }) => people !== undefined)
  .chain(({ filter, people }) =>
    fc.subarray([...people!.subjects], { minLength: Math.min(1, people!.subjects.length) })
      .map((some) => ({ filter, some, narrowed: narrowFilter(filter, people!, some) }))
  );

Deno.test("NIP-65: peopleScope() of a filter with authors names them as authors, even if it has tags", () => {
  const filter = { authors: [A, B], "#p": [C], "#P": [C], "#a": [`1:${C}:`], "#A": [`1:${C}:`] };
  assert.deepEqual(scopeIn(filter), { role: "write", key: "authors", subjects: [A, B] });
});

Deno.test("NIP-65: peopleScope() of a filter that tags people names them as tagged users", () => {
  assert.deepEqual(scopeIn({ "#p": [A, B] }), { role: "read", key: "#p", subjects: [A, B] });
  for (const also of [{ "#a": [`1:${B}:`] }, { "#e": [C] }, { "#q": [C] }]) {
    assert.deepEqual(scopeIn({ "#P": [A], ...also }), { role: "read", key: "#P", subjects: [A] });
  }
  assert.deepEqual(scopeIn({ "#P": [A], "#p": [B] }), { role: "read", key: "#p", subjects: [B] });
});

Deno.test("NIP-50, NIP-29: peopleScope() of a search or a group names nobody", () => {
  assert.equal(peopleScope({ authors: [A], search: "words" }), undefined);
  assert.equal(peopleScope({ authors: [A], "#h": ["group"] }), undefined);
  assert.equal(peopleScope({ ids: [A], kinds: [1], "#t": ["x"] }), undefined);
  assert.equal(peopleScope({ authors: undefined, "#p": undefined }), undefined);
});

Deno.test("NIP-29: eventOrGroupScope() of a filter with #h names its groups, whatever else it has", () => {
  for (const also of [{}, { authors: [A] }, { search: "words" }, { ids: [B] }]) {
    const { role, key, subjects } = eventOrGroupScope({ "#h": ["x", "y", "x"], ...also })!;
    assert.deepEqual([role, key, subjects], ["group", "#h", ["x", "y"]]);
  }
});

Deno.test("NIP-01: eventOrGroupScope() of a filter with ids names its events, unless it names people or is a search", () => {
  const { role, key, subjects } = eventOrGroupScope({ ids: [B, A, B], kinds: [1], "#t": ["x"] })!;
  assert.deepEqual([role, key, subjects], ["id", "ids", [B, A]]);
  for (const also of [{ authors: [A] }, { "#p": [A] }, { search: "" }]) {
    assert.equal(eventOrGroupScope({ ids: [A], ...also }), undefined);
  }
  assert.equal(eventOrGroupScope({ kinds: [1] }), undefined);
});

Deno.test("NIP-10, NIP-18, NIP-22: eventOrGroupScope() of a filter with #e, #E, #q, #a or #A names events whose thread it asks for", () => {
  for (const key of ["#e", "#E", "#q"] as const) {
    const { subjects, ...scope } = eventOrGroupScope({ [key]: [B, A, B] })!;
    assert.deepEqual([scope.role, scope.key, subjects], ["thread", key, [B, A]]);
  }
  const coordinates = [`30023:${A}:b:c`, `1:${B}:`, `30023:${A}:a`, `30023:${A}:a`, "junk"];
  for (const key of ["#a", "#A", "#q"] as const) {
    const { role, subjects } = eventOrGroupScope({ [key]: coordinates })!;
    assert.deepEqual([role, [...subjects]], ["thread", [...new Set(coordinates)]]);
  }
  for (const also of [{ authors: [A] }, { "#p": [A] }, { "#P": [A] }, { search: "" }]) {
    assert.equal(eventOrGroupScope({ "#e": [A], ...also }), undefined);
  }
  assert.equal(eventOrGroupScope({ "#e": [A], ids: [B] })!.role, "id");
  assert.equal(eventOrGroupScope({ "#e": [A], "#h": ["x"] })!.role, "group");
  assert.equal(eventOrGroupScope({ "#e": [A], "#a": coordinates })!.key, "#a");
});

Deno.test("peopleScope() names each person once, and gives the order that sorts them", () => {
  fc.assert(
    fc.property(fc.array(person), (authors) => {
      const { subjects, order } = peopleScope({ authors })!;
      assert.deepEqual(subjects, [...new Set(authors)]);
      assert.deepEqual([...order].map((at) => subjects[at]), [...subjects].sort());
    }),
  );
});

Deno.test("R1: narrowFilter() gives a filter that matches nothing its original does not", () => {
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

Deno.test("R2: narrowFilter() to each half of the people loses no matching event", () => {
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

Deno.test("narrowFilter() changes nothing but the subjects of a filter", () => {
  fc.assert(
    fc.property(narrowing, ({ filter, some, narrowed }) => {
      const { key } = peopleScope(filter)!;
      assert.deepEqual({ ...narrowed, [key]: filter[key as "#p"] }, filter);
      assert.deepEqual(peopleScope(narrowed)!.subjects.toSorted(), some.toSorted());
    }),
  );
});

Deno.test("NIP-10: narrowFilter() to some events of a thread keeps these and the other conditions", () => {
  const filter = { "#e": [A, B, C, A], kinds: [1], limit: 5 };
  const events = eventOrGroupScope(filter)!;
  assert.deepEqual(narrowFilter(filter, events, [A, C]), { "#e": [A, C], kinds: [1], limit: 5 });
});

Deno.test("R6: copyFilter() and narrowFilter() share no array with the filter, nor with each other", () => {
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

Deno.test("copyFilter() drops undefined values, and keeps 0 and empty strings", () => {
  const filter = { since: undefined, authors: undefined, until: 0, limit: 0, search: "" };
  assert.deepEqual(copyFilter(filter), { until: 0, limit: 0, search: "" });
});

Deno.test("NIP-01: matchesNothing() holds for a filter with an empty list, and not for limit 0", () => {
  assert.ok(matchesNothing({ kinds: [1], authors: [] }));
  assert.ok(matchesNothing({ "#t": [] }));
  assert.ok(!matchesNothing({ kinds: [1], limit: 0, search: "" }));
  assert.ok(!matchesNothing({}));
});

Deno.test("NIP-01: matchesNothing() holds for a time range that is empty, or ends before all events", () => {
  assert.ok(matchesNothing({ since: 2, until: 1 }));
  assert.ok(!matchesNothing({ since: 1, until: 1 }));
  // A relay may refuse a whole REQ for a negative time.
  assert.ok(matchesNothing({ until: -1 }));
  assert.ok(!matchesNothing({ until: 0 }));
});
