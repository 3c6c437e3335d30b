import type { NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { splitLiveReqs, splitReqs } from "../../src/connections/split_reqs.ts";
import { frozen } from "../support/requests.ts";

const filters: fc.Arbitrary<NostrFilter[]> = fc.array(
  fc.record({
    kinds: fc.constantFrom([1], [0, 3], [4], [4, 1059], [21_059]),
    authors: fc.nat(6).map((count) => hex(count)),
    "#t": fc.array(fc.string({ unit: "binary", maxLength: 8 }), { maxLength: 6 }),
    limit: fc.nat(1000),
  }, { requiredKeys: ["kinds"] }),
  { maxLength: 12 },
);
const limits = fc.record({
  maxFilters: fc.integer({ min: 1, max: 5 }),
  maxMessageLength: fc.integer({ min: 512, max: 1500 }),
}, { requiredKeys: [] });

/** With which others a kind may share a REQ. */
function groupOf(kind: number): number {
  return kind === 21_059 ? 2 : [4, 1059].includes(kind) ? 1 : 0;
}

/** With which others a filter that these tests make may share a REQ. */
function groupOfFilter({ kinds }: NostrFilter): number {
  return groupOf(kinds![0]);
}

function hex(count: number): string[] {
  return Array.from({ length: count }, (_, i) => i.toString(16).padStart(64, "0"));
}

/** The length of the message with the longest id of a subscription (NIP-01). */
function lengthOf(req: readonly NostrFilter[]): number {
  return new TextEncoder().encode(JSON.stringify(["REQ", "x".repeat(64), ...req])).length;
}

Deno.test("splitReqs() sends every filter once, in order, as the very object if it fits", () => {
  fc.assert(fc.property(filters, limits, (filters, limits) => {
    const roomy = { ...limits, maxMessageLength: 100_000 };
    const reqs = splitReqs(frozen(filters), roomy);
    const sorted = filters.toSorted((a, b) => groupOfFilter(a) - groupOfFilter(b));
    assert.deepEqual(reqs.flat(), sorted);
    reqs.flat().forEach((filter, i) => assert.equal(filter, sorted[i]));
    assert.ok(reqs.every((req) => req.length > 0));
  }));
});

Deno.test("NIP-17, NIP-42: splitReqs() asks for kinds 4 and 1059, for 21059 and for others in separate REQs, and loses none", () => {
  const someKinds = fc.uniqueArray(fc.constantFrom(0, 1, 4, 1059, 10_050, 21_059), {
    minLength: 1,
  });
  const mixed = fc.array(
    fc.record({ kinds: someKinds, "#p": fc.constant(hex(2)), limit: fc.nat(9) }, {
      requiredKeys: [],
    }),
    { maxLength: 6 },
  );
  fc.assert(fc.property(mixed, limits, (filters, limits) => {
    const reqs = splitReqs(frozen(filters), limits);
    for (const req of reqs) {
      const kinds = req.flatMap(({ kinds = [1] }) => kinds);
      assert.equal(new Set(kinds.map(groupOf)).size, 1, JSON.stringify(req));
    }
    const asked = (filters: readonly NostrFilter[]) =>
      filters.flatMap(({ kinds, ...rest }) =>
        (kinds ?? [undefined]).map((kind) => JSON.stringify([kind, Object.entries(rest).sort()]))
      ).sort();
    assert.deepEqual(asked(reqs.flat()), asked(filters));
  }));
});

Deno.test("NIP-17, NIP-42: splitReqs() splits a filter of mixed kinds, and no other", () => {
  const [mixed, wraps, posts, any] = frozen<NostrFilter[]>([
    { kinds: [1059, 1, 4], limit: 9 },
    { kinds: [21_059] },
    { kinds: [1] },
    { "#p": hex(1) },
  ]);
  assert.deepEqual(splitReqs([mixed, wraps, posts, any]), [
    [{ kinds: [1], limit: 9 }, posts, any],
    [{ kinds: [1059, 4], limit: 9 }],
    [wraps],
  ]);
  assert.deepEqual(splitReqs([{ kinds: [1059, 21_059, 4] }]), [[{ kinds: [1059, 4] }], [wraps]]);
  assert.equal(splitReqs([wraps, posts])[1][0], wraps);
  assert.deepEqual(splitReqs([{ kinds: [] }]), [[{ kinds: [] }]]);
});

Deno.test("splitReqs() makes no REQ with more filters or bytes than the relay takes", () => {
  fc.assert(fc.property(filters, limits, (filters, limits) => {
    for (const req of splitReqs(filters, limits)) {
      assert.ok(req.length <= (limits.maxFilters ?? 100));
      assert.ok(lengthOf(req) <= (limits.maxMessageLength ?? 100_000));
    }
  }));
});

Deno.test("splitReqs() begins another REQ only if the next filter would not fit", () => {
  fc.assert(fc.property(filters, limits, (filters, limits) => {
    const reqs = splitReqs(filters, limits);
    for (let i = 1; i < reqs.length; i++) {
      const more = [...reqs[i - 1], reqs[i][0]];
      assert.ok(
        groupOfFilter(more[0]) !== groupOfFilter(more[more.length - 1]) ||
          more.length > (limits.maxFilters ?? 100) ||
          lengthOf(more) > (limits.maxMessageLength ?? 100_000),
      );
    }
  }));
});

Deno.test("splitReqs() fills a message to the last byte", () => {
  const filters = [{ authors: hex(3) }, { authors: hex(2) }, { kinds: [1] }];
  const length = lengthOf(filters);
  assert.equal(splitReqs(filters, { maxMessageLength: length }).length, 1);
  assert.equal(splitReqs(filters, { maxMessageLength: length - 1 }).length, 2);
  const alone = lengthOf(filters.slice(0, 1));
  assert.equal(splitReqs(filters.slice(0, 1), { maxMessageLength: alone }).length, 1);
  assert.equal(splitReqs(filters.slice(0, 1), { maxMessageLength: alone - 1 }).flat().length, 2);
});

Deno.test("splitReqs() splits a filter with a `limit` only if it is too long by itself", () => {
  fc.assert(fc.property(filters, limits, (filters, limits) => {
    const parts = splitReqs(filters, limits).flat();
    for (const filter of filters) {
      if (lengthOf([filter]) <= (limits.maxMessageLength ?? 100_000)) {
        assert.ok(parts.includes(filter));
      }
    }
  }));
});

Deno.test("splitReqs() puts what the planner makes by default into one REQ", () => {
  const people = hex(1000);
  const filters = Array.from({ length: 100 }, (_, i) => ({
    kinds: [1, 6, 30_023],
    authors: people.slice(10 * i, 10 * i + 10),
    since: 1_700_000_000,
  }));
  assert.equal(splitReqs(filters).length, 1);
  assert.equal(splitReqs([...filters, { kinds: [0] }]).length, 2);
  assert.equal(splitReqs([{ authors: people, limit: 20 }]).length, 1);
  assert.equal(splitReqs(filters, {}, { maxFilters: 30, maxMessageLength: 16_384 }).length, 5);
  assert.equal(splitReqs(filters, { maxFilters: 10 }, { maxFilters: 30 }).length, 10);
  const known = { maxMessageLength: 16_384 };
  assert.equal(splitReqs(filters, known, { maxMessageLength: 30_000 }).length, 5);
});

Deno.test("splitReqs() lowers a `limit` that would be refused, in a copy of the filter", () => {
  const filters = frozen([{ limit: 9000 }, { limit: 5000 }, { kinds: [1] }, { limit: 0 }]);
  const reqs = splitReqs(filters, { maxLimit: 5000, cutAt: 100 });
  assert.deepEqual(reqs, [[{ limit: 5000 }, { limit: 5000 }, { kinds: [1] }, { limit: 0 }]]);
  assert.equal(reqs[0][1], filters[1]);
});

Deno.test("splitReqs() makes no REQ without filters, and REQs of at least one filter", () => {
  assert.deepEqual(splitReqs([]), []);
  assert.deepEqual(splitReqs([{}, {}], { maxFilters: 0 }), [[{}], [{}]]);
  assert.deepEqual(splitReqs([{}, {}], { maxMessageLength: 0 }), [[{}], [{}]]);
});

Deno.test("NIP-17: splitLiveReqs() mixes private kinds with others only where the relay takes too few REQs", () => {
  const filters = frozen([{ kinds: [1] }, { kinds: [1059] }]);
  assert.deepEqual(splitLiveReqs(filters, {}, 2), [[filters[0]], [filters[1]]]);
  assert.deepEqual(splitLiveReqs(filters, {}, 1), [filters]);
  const mixed = frozen([{ kinds: [1, 1059] }]);
  assert.equal(splitLiveReqs(mixed, {}, 2).length, 2);
  assert.deepEqual(splitLiveReqs(mixed, {}, 1), [mixed]);
});
