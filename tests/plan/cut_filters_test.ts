import fc from "fast-check";
import assert from "node:assert/strict";
import { MAX_SUBJECTS_PER_FILTER } from "../../src/nostr/filter_subjects.ts";
import { cutFilters, type RelayShare } from "../../src/plan/cut_filters.ts";
import { reqParts } from "../../src/plan/req_parts.ts";

function share(people: number, limit?: number): RelayShare {
  const authors = Array.from({ length: people }, (_, i) => i.toString(16).padStart(64, "0"));
  const [part] = reqParts([{ kinds: [1], authors, ...(limit !== undefined && { limit }) }]).scoped;
  return { part, subjects: authors };
}

const shares = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 60 }), fc.option(fc.nat(10), { nil: undefined })),
  { maxLength: 4 },
).map((all) => all.map(([people, limit]) => share(people, limit)));

Deno.test("cutFilters() keeps every subject, each once", () => {
  fc.assert(fc.property(shares, fc.nat(20), fc.nat(20), (shares, size, count) => {
    const cut = cutFilters(shares, { authorsPerFilter: size + 1, maxFiltersPerRelay: count + 1 });
    assert.deepEqual(
      cut.flatMap((filter) => filter.authors!).sort(),
      shares.flatMap(({ subjects }) => subjects).sort(),
    );
  }));
});

Deno.test("cutFilters() grows filters no further than maxFiltersPerRelay requires", () => {
  fc.assert(fc.property(shares, fc.nat(20), fc.nat(20), (shares, size, count) => {
    const options = { authorsPerFilter: size + 1, maxFiltersPerRelay: count + shares.length };
    const cut = cutFilters(shares, options);
    assert.ok(cut.length <= options.maxFiltersPerRelay || shares.length === 0);

    const unlimited = cut.filter(({ limit }) => limit === undefined);
    const largest = Math.max(0, ...unlimited.map(({ authors }) => authors!.length));
    if (largest <= options.authorsPerFilter) return;
    // One subject less in the largest would have been one filter too many.
    const needed = shares.reduce(
      (sum, { part, subjects }) =>
        sum + (part.filter.limit === undefined ? Math.ceil(subjects.length / (largest - 1)) : 1),
      0,
    );
    assert.ok(needed > options.maxFiltersPerRelay);
  }));
});

Deno.test("cutFilters() makes as many filters as it may if it has to grow them", () => {
  for (let people = 4; people <= 60; people++) {
    const cut = cutFilters([share(people)], { authorsPerFilter: 1, maxFiltersPerRelay: 3 });
    const largest = Math.ceil(people / 3);
    assert.equal(Math.max(...cut.map(({ authors }) => authors!.length)), largest);
  }
});

Deno.test("cutFilters() makes parts whose sizes differ by at most one", () => {
  const cut = cutFilters([share(11)], { authorsPerFilter: 10, maxFiltersPerRelay: 100 });
  assert.deepEqual(cut.map(({ authors }) => authors!.length), [6, 5]);
});

Deno.test("cutFilters() puts authors beside different neighbours if there are more parts", () => {
  const together = (people: number) =>
    cutFilters([share(people)], { authorsPerFilter: 10, maxFiltersPerRelay: 100 })
      .find(({ authors }) => authors!.includes(share(1).subjects[0]))!.authors!;
  const shared = together(30).filter((author) => together(40).includes(author));
  assert.ok(shared.length < 5, `${shared.length} neighbours are the same`);
});

Deno.test("cutFilters() sends a filter with a limit once, however many authors it names", () => {
  const cut = cutFilters([share(300, 20)], { authorsPerFilter: 10, maxFiltersPerRelay: 100 });
  assert.deepEqual(cut.map(({ authors }) => authors!.length), [300]);
});

Deno.test("cutFilters() never exceeds what fits into a message, whatever the options", () => {
  const options = { authorsPerFilter: 5000, maxFiltersPerRelay: 1 };
  for (const limit of [undefined, 20]) {
    for (const { authors } of cutFilters([share(2500, limit)], options)) {
      assert.ok(authors!.length <= MAX_SUBJECTS_PER_FILTER);
    }
  }
});
