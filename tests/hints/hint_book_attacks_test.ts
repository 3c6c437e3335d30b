import fc from "fast-check";
import assert from "node:assert/strict";
import type { Hint } from "../../src/hints/hint.ts";
import { isMoreTrusted, TRUST } from "../../src/hints/hint_weight.ts";
import type { HintSource } from "../../src/nostr/relay_knowledge.ts";
import { subjectKey } from "../../src/nostr/subject_key.ts";
import { hint, person, relay, setUp } from "../support/hint_set_up.ts";
import { A, B, DAY_MS, RecordMap } from "../support/relay_records.ts";

const SOURCES = Object.keys(TRUST) as HintSource[];
const ALICE = person(1);

/** Hints about many strangers, or many relays for one. */
function* flood(count: number, source: HintSource = "tag", about?: string): Generator<Hint> {
  for (let i = 0; i < count; i++) {
    yield hint(about ?? person(1_000_000 + i), relay(about ? i : i % 500), source);
  }
}

/** How long a book waits before it writes, in milliseconds. */
const WRITE_MS = 5_000;

Deno.test("HintBook keeps hints about requested people through a million hints about strangers", async () => {
  const backend = new RecordMap();
  const { book, clock, urls } = setUp({ backend });
  await book.ready();
  const follows = Array.from({ length: 2_000 }, (_, i) => person(i));
  const [known, unknown] = [follows.slice(0, 1_000), follows.slice(1_000)];
  book.add(known.map((about) => hint(about, A)));
  for (const follow of follows) book.get(follow);
  book.add([hint(person(5_000), B, "hand"), hint(subjectKey("group", "dogs"), B, "hand")]);
  book.add(flood(500_000));
  // Some had no hints when they were requested.
  book.add(unknown.map((about) => hint(about, B)));
  book.add(flood(500_000, "follows"));
  assert.ok(known.every((follow) => urls(follow)[0] === A));
  assert.ok(unknown.every((follow) => urls(follow)[0] === B));
  assert.deepEqual([person(5_000), subjectKey("group", "dogs")].map(urls), [[B], [B]]);
  await clock.advance(WRITE_MS);
  assert.ok(backend.records.size <= 20_000 && backend.records.size > 19_000);
});

Deno.test("HintBook keeps hints by hand through a flood, also after a restart", async () => {
  const backend = new RecordMap();
  const first = setUp({ backend, max: 100 });
  await first.book.ready();
  first.book.add([hint(ALICE, A, "hand"), hint(person(2), A)]);
  await first.book.close();
  const { book, urls } = setUp({ backend, max: 100 });
  await book.ready();
  book.add(flood(1_000));
  assert.deepEqual([ALICE, person(2)].map(urls), [[A], []]);
});

Deno.test("HintBook evicts no people for events, which are requested by the thousand", () => {
  const { book, urls } = setUp({ max: 100 });
  book.add([hint(ALICE, A)]);
  book.get(ALICE);
  for (let i = 0; i < 1_000; i++) book.get(subjectKey("id", person(i)));
  book.add(flood(1_000));
  assert.deepEqual(urls(ALICE), [A]);
});

Deno.test("HintBook keeps half of its places for the subjects that were requested last", () => {
  const { book } = setUp({ max: 100 });
  const requested = Array.from({ length: 80 }, (_, i) => person(i));
  for (const key of requested) book.get(key);
  book.add(requested.map((about) => hint(about, A)));
  book.get(requested[30]);
  book.get(person(500));
  book.add(flood(1_000));
  const left = requested.filter((key) => book.has(key));
  assert.deepEqual(left, [requested[30], ...requested.slice(32)]);
  const strangers = [...flood(1_000)].filter(({ subject }) => book.has(subject));
  const size = left.length + strangers.length;
  assert.ok(size <= 100 && size >= 99, `${size}`);
});

Deno.test("HintBook evicts first the subjects without news for the longest time, if none was requested", () => {
  const { book } = setUp({ max: 3 });
  for (const n of [1, 2, 3]) book.add([hint(person(n), A)]);
  book.add([hint(person(1), B)]);
  book.add([hint(person(2), A)]);
  book.add([hint(person(4), A)]);
  assert.deepEqual([1, 2, 3, 4].map((n) => book.has(person(n))), [true, false, true, true]);
});

Deno.test("HintBook keeps eight relays for one person, and a flood from one source changes none", () => {
  const { book, urls } = setUp();
  book.add(flood(100_000, "tag", ALICE));
  assert.deepEqual(urls(ALICE), Array.from({ length: 8 }, (_, i) => relay(i)));
});

Deno.test("HintBook never evicts a relay for a less trusted source than the one that named it", async () => {
  const named = fc.uniqueArray(
    fc.record({ n: fc.nat(50), source: fc.constantFrom(...SOURCES), age: fc.nat(360) }),
    { selector: ({ n }) => n, maxLength: 8 },
  );
  const attack = fc.record({
    source: fc.constantFrom(...SOURCES),
    ns: fc.array(fc.integer({ min: 40, max: 200 }), { maxLength: 30 }),
    later: fc.nat(100),
  });
  await fc.assert(fc.asyncProperty(named, attack, async (named, { source, ns, later }) => {
    const { book, clock, urls } = setUp();
    await clock.advance(360 * DAY_MS);
    const now = clock.now() / 1000;
    for (const { n, source, age } of named) {
      book.add([hint(ALICE, relay(n), source)], now - age * 86_400);
    }
    await clock.advance(later * DAY_MS);
    book.add(ns.map((n) => hint(ALICE, relay(n), source)));
    const left = urls(ALICE);
    assert.ok(left.length <= 8);
    for (const { n, source: by, age } of named) {
      const vouches = age + later <= 4 * TRUST[by].halfLifeDays;
      if (isMoreTrusted(by, source) && vouches) assert.ok(left.includes(relay(n)), relay(n));
    }
  }));
});

Deno.test("HintBook evicts what no source has said for four half-lives for what one says today", async () => {
  const { book, clock, urls } = setUp({ perSubject: 2 });
  book.add([hint(ALICE, A, "nip05"), hint(ALICE, B, "nip05")]);
  await clock.advance(720 * DAY_MS);
  assert.equal(book.add([hint(ALICE, relay(1))]), 0);
  await clock.advance(DAY_MS);
  assert.equal(book.add([hint(ALICE, relay(1))]), 1);
  assert.deepEqual(urls(ALICE), [relay(1), A], "of equals the larger URL goes");
});

Deno.test("HintBook keeps at most a thousand characters for each subject, however long the URLs are", async () => {
  const backend = new RecordMap();
  const { book, clock, urls } = setUp({ backend });
  await book.ready();
  const url = fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 230 }))
    .map(([n, length]) => `${relay(n)}${"x".repeat(length)}`);
  const source = fc.constantFrom(...SOURCES);
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(url, source)), async (hints) => {
    book.add(hints.map(([url, source]) => hint(ALICE, url, source)));
    await clock.advance(WRITE_MS);
    const [[, text] = [ALICE, ""]] = backend.records;
    assert.ok(text.length <= 1_000);
    assert.ok(urls(ALICE).length <= 8);
  }));
  const [[, text]] = backend.records;
  assert.ok(text.length > 700, "there is enough to reach the bound");
});
