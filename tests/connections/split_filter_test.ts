import type { NostrEvent, NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { matchFilter } from "nostr-tools";
import { splitFilter } from "../../src/connections/split_filter.ts";
import { frozen } from "../support/requests.ts";

/** Few values of many lengths, so that events match often. */
const VALUES = [
  "a",
  "b",
  "ff".repeat(32),
  "0e".repeat(32),
  "ä",
  '"\n',
  "x".repeat(90),
  "\ud800",
  "ß".repeat(64),
];

const list = fc.uniqueArray(fc.constantFrom(...VALUES), { maxLength: 8 });
const filters: fc.Arbitrary<NostrFilter> = fc.record({
  ids: list,
  authors: list,
  kinds: fc.uniqueArray(fc.constantFrom(0, 1, 30_023), { maxLength: 3 }),
  "#p": list,
  "#t": list,
  search: fc.constantFrom("bitcoin", "x".repeat(80)),
  since: fc.constant(1_700_000_000),
  limit: fc.constantFrom(0, 20),
}, { requiredKeys: [] });

const events: fc.Arbitrary<NostrEvent> = fc.record({
  id: fc.constantFrom(...VALUES),
  pubkey: fc.constantFrom(...VALUES),
  kind: fc.constantFrom(0, 1, 30_023),
  created_at: fc.constantFrom(1_600_000_000, 1_700_000_000),
  tags: fc.array(
    fc.tuple(fc.constantFrom("p", "t"), fc.constantFrom(...VALUES)),
    { maxLength: 4 },
  ),
  content: fc.constant(""),
  sig: fc.constant(""),
});

const room = fc.integer({ min: 0, max: 700 });

function hex(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => (from + i).toString(16).padStart(64, "0"));
}

function lengthOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

/** The filter with one value in each of its lists: what no cutting makes shorter. */
function isUncuttable(filter: NostrFilter): boolean {
  return Object.values(filter).every((value) => !Array.isArray(value) || value.length <= 1);
}

/** Whether even the shortest values of all lists together are too long. */
function isHopeless(filter: NostrFilter, room: number): boolean {
  const shortest = Object.fromEntries(
    Object.entries(filter).map(([name, value]) => {
      if (!Array.isArray(value) || value.length === 0) return [name, value];
      const lengths = value.map(lengthOf);
      return [name, [value[lengths.indexOf(Math.min(...lengths))]]];
    }),
  );
  return lengthOf(shortest) > room;
}

Deno.test("splitFilter() gives parts that together match what the filter matches, and nothing else", () => {
  fc.assert(
    fc.property(
      filters,
      room,
      fc.array(events, { minLength: 5, maxLength: 20 }),
      (filter, room, events) => {
        const parts = splitFilter(filter, room);
        for (const event of events) {
          assert.equal(
            parts.some((part) => matchFilter(part.filter, event)),
            matchFilter(filter, event),
          );
        }
      },
    ),
    { numRuns: 1000 },
  );
});

Deno.test("splitFilter() makes every part short enough, unless its shortest values already are too long", () => {
  fc.assert(
    fc.property(filters, room, (filter, room) => {
      for (const part of splitFilter(filter, room)) {
        assert.equal(part.bytes, lengthOf(part.filter));
        if (part.bytes <= room) continue;
        assert.ok(isUncuttable(part.filter) || isHopeless(part.filter, room));
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("splitFilter() returns a filter itself that fits, or that no cut can make fit", () => {
  fc.assert(fc.property(filters, room, (filter, room) => {
    const parts = splitFilter(filter, room);
    if (lengthOf(filter) > room && !isHopeless(filter, room) && !isUncuttable(filter)) {
      assert.ok(parts.length > 1);
    } else {
      assert.equal(parts.length, 1);
      assert.equal(parts[0].filter, filter);
    }
  }));
});

Deno.test("splitFilter() needs room for one value of each list, and not a byte less", () => {
  const filter = { authors: hex(2), "#p": hex(3), kinds: [1, 2] };
  const room = lengthOf({ authors: hex(1), "#p": hex(1), kinds: [1] });
  assert.equal(splitFilter(filter, room).length, 12);
  assert.deepEqual(splitFilter(filter, room - 1), [{ filter, bytes: lengthOf(filter) }]);
});

Deno.test("splitFilter() keeps the order of each list and all other keys, and does not change the filter", () => {
  fc.assert(fc.property(filters, room, (filter, room) => {
    const parts = splitFilter(frozen(structuredClone(filter)), room);
    for (const [name, value] of Object.entries(filter)) {
      const values = parts.map((part) => part.filter[name as "#p"]);
      if (!Array.isArray(value)) {
        for (const own of values) assert.deepEqual(own, value);
      } else {
        assert.deepEqual([...new Set(values.flat())], value);
        const places = values.map((own) => own!.map((one) => value.indexOf(one)));
        for (const own of places) {
          assert.deepEqual(own, Array.from(own, (_, i) => own[0] + i));
        }
      }
      assert.ok(
        parts.every((part) => Object.keys(part.filter).length === Object.keys(filter).length),
      );
    }
  }));
});

Deno.test("splitFilter() cuts one long list into as few parts as possible, of about the same length", () => {
  const filter = { kinds: [1], authors: hex(1000), limit: 5 };
  const exact = lengthOf({ ...filter, authors: hex(250) });
  assert.equal(splitFilter(filter, exact).length, 4);
  assert.equal(splitFilter(filter, exact - 1).length, 5);
  for (const room of [500, 5000, 16_384, 40_000, 67_000]) {
    const parts = splitFilter(filter, room);
    const fits = Math.floor((room - lengthOf({ kinds: [1], authors: [], limit: 5 }) + 1) / 67);
    assert.equal(parts.length, Math.ceil(1000 / fits));
    const sizes = parts.map((part) => part.filter.authors!.length);
    // The last one makes up for the rounding of the others.
    assert.ok(Math.max(...sizes) <= fits);
    assert.ok(new Set(sizes.slice(0, -1)).size <= 2);
    assert.ok(parts.every((part) => part.filter.limit === 5));
  }
});

Deno.test("splitFilter() makes no more parts for other keys than their length costs", () => {
  const authors = hex(1000);
  const others: NostrFilter[] = [{ search: "x".repeat(8000) }, { "#p": hex(2), kinds: [1, 2, 3] }];
  for (const other of others) {
    const fits = Math.floor((10_000 - lengthOf({ ...other, authors: [] }) + 1) / 67);
    const parts = splitFilter({ ...other, authors }, 10_000);
    assert.equal(parts.length, Math.ceil(1000 / fits));
  }
});

Deno.test("splitFilter() cuts both of two long lists", () => {
  const parts = splitFilter({ authors: hex(400), "#p": hex(400, 1000) }, 16_384);
  for (const { filter, bytes } of parts) {
    assert.ok(bytes <= 16_384);
    assert.ok(filter.authors!.length >= 40 && filter["#p"]!.length >= 40);
  }
  // 53.6 kB in all; each part has 26.8 kB / 2 ^ n.
  assert.equal(parts.length, 16);
});

Deno.test("splitFilter() cuts a list of more than 65,535 bytes even if the message may be longer", () => {
  const sizesOf = (filter: NostrFilter, name: "ids" | "#a" | "authors") =>
    splitFilter(filter, 1_000_000).map((part) => part.filter[name as "#p"]!.length);
  assert.deepEqual(sizesOf({ ids: hex(1900) }, "ids"), [1900]);
  assert.deepEqual(sizesOf({ ids: hex(3000) }, "ids"), [1500, 1500]);
  const coordinates = hex(1000).map((pubkey) => `30023:${pubkey}:x`);
  assert.deepEqual(sizesOf({ "#a": coordinates, authors: hex(1500) }, "#a"), [500, 500]);
  assert.deepEqual(sizesOf({ "#a": coordinates, authors: hex(1500) }, "authors"), [1500, 1500]);
});

Deno.test("splitFilter() never cuts a list whose values must all match", () => {
  const filter = { kinds: [1, 2], "&t": ["a", "b", "x".repeat(50)] } as NostrFilter;
  const parts = splitFilter(filter, lengthOf(filter) - 1);
  assert.deepEqual(parts.map((part) => part.filter), [{ ...filter, kinds: [1] }, {
    ...filter,
    kinds: [2],
  }]);
});
