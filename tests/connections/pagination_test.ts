import type { NostrEvent, NostrFilter } from "@nostrify/types";
import fc from "fast-check";
import assert from "node:assert/strict";
import { matchFilter } from "nostr-tools";
import {
  addToPage,
  type FilterPage,
  firstPage,
  isCut,
  isPaged,
  lessonOf,
  nextPage,
  samePage,
} from "../../src/connections/pagination.ts";
import type { RelayLimits } from "../../src/nostr/relay_failure.ts";
import { START } from "../../testing/test_clock.ts";
import { note, notes } from "../support/notes.ts";

const WINDOW = { kinds: [1], since: START - 1000 };

/** Reads a window from a relay with a cap, as long as there are pages to ask for. */
function readAll(events: readonly NostrEvent[], cap: number, known: RelayLimits = {}) {
  const found = new Set<NostrEvent>();
  const pages: FilterPage[] = [];
  let limits = known;
  for (let page: FilterPage | undefined = firstPage(WINDOW); page;) {
    const { filter }: FilterPage = page;
    const answer = events.filter((event) => matchFilter(filter, event)).slice(0, cap);
    for (const event of answer) {
      found.add(event);
      addToPage(page, event);
    }
    pages.push(page);
    limits = { ...limits, ...lessonOf(page, limits) };
    page = isCut(page, limits) ? nextPage(page) : undefined;
  }
  return { found: [...found], pages, limits };
}

/** Events, the newest first, with at most `cap` in a second; many seconds hold as many. */
const worlds = fc.record({
  cap: fc.integer({ min: 1, max: 6 }),
  seconds: fc.array(fc.record({ after: fc.integer({ min: 1, max: 3 }), count: fc.nat(6) }), {
    maxLength: 12,
  }),
}).map(({ cap, seconds }) => {
  let created_at = START;
  const events = seconds.flatMap(({ after, count }) => {
    created_at -= after;
    return Array.from({ length: Math.min(count, cap) }, () => note({ created_at }));
  });
  return { cap, events };
});

Deno.test("nextPage() leads to every event of a time range if no second has more than the relay's cap", () => {
  fc.assert(
    fc.property(worlds, ({ cap, events }) => {
      const { found, pages, limits } = readAll(events, cap, { cutAt: cap });
      assert.deepEqual(new Set(found), new Set(events));
      assert.equal(limits.cutAt, cap);
      assert.ok(pages.length <= events.length + 2);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("lessonOf() and nextPage() find out where a relay cuts, and that a short answer is not cut", () => {
  for (
    const [count, cap, asked, lesson] of [
      [99, 500, 1, {}],
      [300, 500, 2, { fullAt: 300 }],
      [900, 400, 3, { cutAt: 400 }],
      [350, 100, 4, { cutAt: 100 }],
    ] as const
  ) {
    const events = notes(count);
    const { found, pages, limits } = readAll(events, cap);
    assert.equal(found.length, count);
    assert.equal(pages.length, asked);
    assert.deepEqual(limits, lesson);
    // Whoever knows that asks no more than it takes.
    const again = readAll(events.slice(0, 80), cap, limits);
    assert.equal(again.pages.length, 1);
  }
  assert.equal(readAll(notes(300), 500, { fullAt: 300 }).pages.length, 1);
  assert.equal(readAll(notes(301), 500, { fullAt: 300 }).pages.length, 2);
});

Deno.test("nextPage() goes past a second that fills a page, and loses only what that hides", () => {
  const crowd = Array.from({ length: 8 }, () => note({ created_at: START - 5 }));
  const events = [...notes(3), ...crowd, ...notes(20, { created_at: START - 9 })];
  const { found } = readAll(events, 5, { cutAt: 5 });
  assert.deepEqual(found.filter((event) => !crowd.includes(event)).length, 23);
  assert.equal(found.length, 28);
  // As many as the cap, and at the top of the window: nothing is lost.
  assert.equal(readAll(events.slice(6), 5, { cutAt: 5 }).found.length, 25);
});

Deno.test("nextPage() ends if a relay repeats itself or has nothing older", () => {
  const page = firstPage(WINDOW);
  const events = notes(5);
  for (const event of events) addToPage(page, event);
  const next = nextPage(page)!;
  assert.deepEqual(next.filter, { ...WINDOW, until: START - 4 });
  assert.equal(next.page, 1);
  addToPage(next, events[4]);
  assert.equal(next.count, 1);
  assert.equal(nextPage(next), undefined);
  assert.equal(nextPage(firstPage(WINDOW)), undefined);
});

Deno.test("nextPage() ends at the start of the time range", () => {
  const page = firstPage({ since: START });
  addToPage(page, note());
  addToPage(page, note());
  assert.equal(nextPage(page), undefined, "nothing is left before the only second");
  const other = firstPage({ since: START - 1 });
  for (const event of notes(2)) addToPage(other, event);
  assert.deepEqual(nextPage(other)?.filter, { since: START - 1, until: START - 1 });
});

Deno.test("nextPage() continues in the second of the oldest event, whatever the order of events", () => {
  fc.assert(fc.property(fc.array(fc.nat(9), { minLength: 1 }), (ages) => {
    const page = firstPage({ ...WINDOW, until: START + 1 });
    for (const age of ages) addToPage(page, note({ created_at: START - age }));
    const oldest = Math.max(...ages);
    const ofThat = ages.filter((age) => age === oldest).length;
    const next = nextPage(page)!;
    assert.equal(next.filter.until, START - oldest - (ofThat === ages.length ? 1 : 0));
    assert.equal(next.overlap.size, ofThat);
    assert.equal(next.before, ages.length);
  }));
});

Deno.test("isCut() holds for a page with as many events as the filter's `limit`", () => {
  const filters: [NostrFilter, number, boolean][] = [
    [{ limit: 3 }, 3, true],
    [{ limit: 3 }, 2, false],
    [{ limit: 0 }, 0, true],
    [{ limit: 300 }, 200, true],
  ];
  for (const [filter, count, cut] of filters) {
    const page = firstPage(filter);
    for (const event of notes(count)) addToPage(page, event);
    assert.equal(isCut(page, {}), cut, JSON.stringify(filter));
  }
});

Deno.test("isCut() prefers where the relay is known to cut to every other rule", () => {
  const page = firstPage(WINDOW);
  for (const event of notes(120)) addToPage(page, event);
  assert.ok(isCut(page, {}));
  assert.ok(!isCut(page, { cutAt: 121 }));
  assert.ok(isCut(page, { cutAt: 120, fullAt: 500 }));
  assert.ok(!isCut(page, { fullAt: 120 }));
  assert.ok(isCut(page, { fullAt: 119 }));
});

Deno.test("NIP-01: isCut() takes 250 lists of 250 authors for a whole answer, and fewer for none", () => {
  const authors = Array.from({ length: 250 }, (_, i) => `${i}`);
  const page = (pubkeys: readonly string[]) => {
    const made = firstPage({ kinds: [10002], authors, since: 1 });
    for (const pubkey of pubkeys) addToPage(made, note({ kind: 10002, pubkey }));
    return made;
  };
  for (const limits of [{}, { cutAt: 250 }, { fullAt: 100 }]) {
    assert.ok(!isCut(page(authors), limits));
  }
  assert.ok(isCut(page(authors.slice(1)), {}));
  assert.ok(
    isCut(page([...authors.slice(1), authors[1]]), {}),
    "two versions of one are no list more",
  );
  const event = note();
  const byId = firstPage({ ids: [event.id], limit: 1 });
  assert.ok(!isCut(byId, { cutAt: 500 }));
  addToPage(byId, event);
  assert.ok(!isCut(byId, {}));
});

Deno.test("isPaged() holds for filters that ask for everything since a time", () => {
  assert.ok(isPaged({ since: 1 }));
  assert.ok(isPaged({ since: 0, until: 5, authors: [] }));
  for (const more of [{ limit: 5 }, { ids: [] }, { search: "" }]) {
    assert.ok(!isPaged({ since: 1, ...more }));
  }
  assert.ok(!isPaged({ kinds: [1] }));
});

Deno.test("samePage() is the page as it was before any event came", () => {
  const first = firstPage(WINDOW);
  for (const event of notes(3)) addToPage(first, event);
  const second = nextPage(first)!;
  const fresh = samePage(second);
  addToPage(second, note({ created_at: START - 7 }));
  assert.deepEqual(samePage(second), fresh);
  assert.equal(fresh.filter, second.filter);
  assert.deepEqual([fresh.page, fresh.count, fresh.fresh, fresh.before], [1, 0, 0, 3]);
});

Deno.test("lessonOf() learns from what a second page brings, and never raises where a relay cuts", () => {
  const second = (before: number, brings: number) => {
    const first = firstPage(WINDOW);
    for (const event of notes(before)) addToPage(first, event);
    const page = nextPage(first)!;
    for (const event of notes(brings, { created_at: START - before })) addToPage(page, event);
    return page;
  };
  assert.deepEqual(lessonOf(firstPage(WINDOW), {}), {});
  assert.deepEqual(lessonOf(second(100, 1), {}), { cutAt: 100 });
  assert.deepEqual(lessonOf(second(100, 1), { cutAt: 101, fullAt: 300 }), { cutAt: 100 });
  assert.deepEqual(lessonOf(second(100, 1), { cutAt: 100 }), {});
  assert.deepEqual(lessonOf(second(100, 1), { cutAt: 99 }), {});
  assert.deepEqual(lessonOf(second(100, 0), {}), { fullAt: 100 });
  assert.deepEqual(lessonOf(second(100, 0), { fullAt: 100 }), {});
  assert.deepEqual(lessonOf(second(100, 0), { fullAt: 99 }), { fullAt: 100 });
  assert.deepEqual(lessonOf(second(100, 0), { cutAt: 100 }), {});
});

Deno.test("NIP-67: nextPage() goes on after a page that brought nothing new, if the relay says more", () => {
  const first = firstPage({ since: START - 100 });
  const [newest, ...rest] = notes(3);
  for (const event of [newest, ...rest]) addToPage(first, event);
  const again = nextPage(first)!;
  addToPage(again, rest[1]);
  assert.equal(again.fresh, 0);
  assert.equal(nextPage(again), undefined);
  assert.equal(nextPage(again, ["finish"]), undefined);
  assert.equal(nextPage(again, ["more"])!.filter.until, START - 3);
});
