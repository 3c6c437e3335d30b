import fc from "fast-check";
import assert from "node:assert/strict";
import type { Hint } from "../../src/hints/hint.ts";
import { DAY_S } from "../../src/hints/hint_weight.ts";
import type { HintSource } from "../../src/nostr/relay_knowledge.ts";
import { checkRelayUrl } from "../../src/nostr/relay_url.ts";
import { subjectKey } from "../../src/nostr/subject_key.ts";
import { START } from "../../testing/test_clock.ts";
import { hint, person, relay, setUp } from "../support/hint_set_up.ts";
import { A, B, C, DAY_MS, RecordMap } from "../support/relay_records.ts";

const ALICE = person(1);
const BOB = person(2);
const NOTE = subjectKey("id", person(9));
const GROUP = subjectKey("group", "dogs");

Deno.test("HintBook get() returns hints with their weight and source, the best first", () => {
  const { book } = setUp();
  const added = book.add([
    hint(ALICE, B, "tag"),
    hint(ALICE, A, "nip05"),
    hint(ALICE, C, "tag"),
    hint(BOB, A, "hand"),
  ]);
  assert.equal(added, 4);
  assert.deepEqual(book.get(ALICE), [
    { url: A, weight: 0.6, source: "nip05" },
    { url: B, weight: 0.25, source: "tag" },
    { url: C, weight: 0.25, source: "tag" },
  ]);
  assert.deepEqual(book.get(BOB), [{ url: A, weight: 1, source: "hand" }]);
  assert.deepEqual(book.get(person(3)), []);
  assert.deepEqual([book.has(ALICE), book.has(person(3))], [true, false]);
});

Deno.test("HintBook weighs a relay more that several sources name, and names the best of them", () => {
  const { book, urls } = setUp();
  book.add([hint(ALICE, A), hint(ALICE, B, "follows"), hint(ALICE, A, "delivered")]);
  book.add([hint(ALICE, A, "follows")]);
  assert.deepEqual(urls(ALICE), [A, B]);
  const [{ source, weight }] = book.get(ALICE);
  assert.equal(source, "follows");
  assert.ok(Math.abs(weight - (1 - 0.75 * 0.8 * 0.6)) < 1e-9);
});

Deno.test("HintBook takes spellings of one relay for one relay", () => {
  const { book, urls } = setUp();
  assert.equal(book.add([hint(ALICE, "WSS://A.example:443"), hint(ALICE, A)]), 1);
  assert.deepEqual(urls(ALICE), [A]);
});

Deno.test("HintBook lets hints fade, and puts fresh ones before old ones", async () => {
  const { book, clock, urls } = setUp();
  book.add([hint(ALICE, A, "follows")]);
  await clock.advance(180 * DAY_MS);
  assert.equal(book.get(ALICE)[0].weight.toFixed(6), "0.200000");
  book.add([hint(ALICE, B)]);
  assert.deepEqual(urls(ALICE), [B, A]);
});

Deno.test("HintBook add() counts hints that were new, or a day fresher; others change nothing", async () => {
  const backend = new RecordMap();
  const { book, clock } = setUp({ backend });
  await book.ready();
  assert.equal(book.add([hint(ALICE, A), hint(ALICE, A)]), 1);
  await clock.advance(DAY_MS - 1_000);
  assert.equal(book.add([hint(ALICE, A)]), 0);
  assert.equal(clock.pending, 0, "nothing to write");
  await clock.advance(1_000);
  assert.equal(book.add([hint(ALICE, A), hint(ALICE, A)]), 1);
  await clock.advance(5_000);
  assert.equal(backend.writes.length, 2);
  assert.equal(book.get(ALICE)[0].weight.toFixed(6), "0.250000");
});

Deno.test("HintBook add() takes a time in the past as it is, and one in the future for now", () => {
  const { book } = setUp();
  book.add([hint(ALICE, A)], START - 90 * DAY_S);
  assert.equal(book.get(ALICE)[0].weight, 0.125);
  assert.equal(book.add([hint(ALICE, A)], START - 91 * DAY_S), 0, "older than what is known");
  assert.equal(book.add([hint(ALICE, A)], START + 900 * DAY_S), 1);
  assert.equal(book.get(ALICE)[0].weight, 0.25);
  assert.equal(book.add([hint(ALICE, A)], START + 900 * DAY_S), 0);
});

Deno.test("HintBook add() turns times before 1970 and parts of seconds into times that it can keep", async () => {
  const backend = new RecordMap();
  const { book } = setUp({ backend });
  for (const [n, at] of [-5, 0.5, -Infinity, START + 0.5].entries()) {
    book.add([hint(ALICE, relay(n))], at);
  }
  await book.close();
  const again = setUp({ backend });
  await again.book.ready();
  assert.equal(again.urls(ALICE).length, 4);
  assert.ok(again.book.get(ALICE).every(({ weight }) => weight > 0 && weight <= 1));
});

Deno.test("HintBook counts a mark from a wrong clock as new, until it is renewed", async () => {
  const marks = `{"tag":${START + 1_000 * DAY_S}}`;
  const { book, clock } = setUp({ backend: new RecordMap([[ALICE, `[[["${A}",${marks}]]]`]]) });
  await book.ready();
  assert.equal(book.get(ALICE)[0].weight, 0.25);
  assert.equal(book.add([hint(ALICE, A)]), 1);
  await clock.advance(90 * DAY_MS);
  assert.equal(book.get(ALICE)[0].weight, 0.125);
});

Deno.test("HintBook authorOf() returns the author that the most trusted source names, of equals the first", () => {
  const { book } = setUp();
  assert.equal(book.authorOf(NOTE), undefined);
  assert.equal(book.add([hint(NOTE, A)]), 1);
  assert.equal(book.authorOf(NOTE), undefined);
  const by = (author: string, source: HintSource, url = A) =>
    book.add([{ subject: NOTE, url, source, author }]);
  assert.equal(by("junk", "hand", B), 1, "the relay counts");
  assert.equal(book.authorOf(NOTE), undefined);
  assert.equal(by(ALICE, "tag"), 1);
  assert.equal(by(BOB, "tag"), 0);
  assert.equal(by(BOB, "delivered"), 1, "a new source of the relay");
  assert.equal(book.authorOf(NOTE), ALICE);
  assert.equal(by(BOB, "nip19"), 1);
  assert.equal(book.authorOf(NOTE), BOB);
  book.add([{ subject: ALICE, url: A, source: "tag", author: BOB }]);
  assert.equal(book.authorOf(ALICE), undefined, "a person is nobody's event");
});

Deno.test("HintBook keeps groups and events beside people", () => {
  const { book, urls } = setUp();
  book.add([hint(GROUP, A), hint(NOTE, B), hint(person(9), C)]);
  assert.deepEqual([GROUP, NOTE, person(9)].map(urls), [[A], [B], [C]]);
});

Deno.test("HintBook leaves out what is malformed or refused, and throws nothing", () => {
  const { book } = setUp();
  const about = [
    "",
    "alice",
    ALICE.slice(1),
    "A".repeat(64),
    `id:${ALICE.slice(1)}`,
    "id:",
    "group:",
    `group:${"x".repeat(101)}`,
    "group:\0",
    "group:\ud83d",
    `relay:${ALICE}`,
    null,
    7,
  ] as string[];
  const urls = ["", "junk", "https://a.example", "ws://a.example", "wss://127.0.0.1", null, {}];
  const sources = ["", "author", "toString", "__proto__", null, 7];
  const bad = [
    ...about.map((about) => hint(about, A)),
    ...urls.map((url) => hint(ALICE, url as string)),
    ...sources.map((source) => hint(ALICE, A, source as HintSource)),
    {} as Hint,
    7 as unknown as Hint,
  ];
  assert.equal(book.add(bad), 0);
  assert.ok(!book.has(ALICE));
  for (const key of about) {
    assert.deepEqual(book.get(key), []);
    assert.equal(book.authorOf(key), undefined);
  }
  assert.equal(book.add([...bad, hint(`group:${"x".repeat(100)}`, A), ...bad]), 1);
});

Deno.test("HintBook get() leaves out what the policy has refused since", () => {
  const blocked = new Set<string>();
  const { book, urls } = setUp({
    check: (url) => blocked.has(url) ? { reason: "blocked" } : checkRelayUrl(url),
  });
  book.add([hint(ALICE, A), hint(ALICE, B)]);
  blocked.add(A);
  assert.deepEqual(urls(ALICE), [B]);
  assert.equal(book.add([hint(ALICE, A, "hand")]), 0);
  blocked.clear();
  assert.deepEqual(urls(ALICE), [A, B]);
});

Deno.test("HintBook keeps hints over a restart, whatever they are", async () => {
  const key = fc.oneof(
    fc.constantFrom(ALICE, BOB, NOTE),
    fc.string({ unit: "binary", minLength: 1, maxLength: 30 }).map((id) => subjectKey("group", id)),
  );
  const url = fc.oneof(fc.nat(20).map(relay), fc.webUrl({ validSchemes: ["wss"] }));
  const source = fc.constantFrom<HintSource>("hand", "nip19", "nip05", "tag", "delivered");
  const hints = fc.array(
    fc.record({ subject: key, url, source, author: fc.constantFrom(ALICE, undefined) }),
  );
  await fc.assert(fc.asyncProperty(hints, fc.nat(START), async (hints, at) => {
    const backend = new RecordMap();
    const first = setUp({ backend });
    await first.book.ready();
    first.book.add(hints, at);
    await first.book.close();
    const second = setUp({ backend });
    await second.book.ready();
    for (const { subject } of hints) {
      assert.deepEqual(second.book.get(subject), first.book.get(subject));
      assert.equal(second.book.authorOf(subject), first.book.authorOf(subject));
    }
    assert.deepEqual([...first.errors, ...second.errors], []);
    assert.deepEqual([...backend.topics], ["hint"]);
  }));
});

Deno.test("HintBook ignores text in the database that cannot be read, and keeps the rest", async () => {
  const good = `[[["${A}",{"tag":${START}}]]]`;
  const backend = new RecordMap([
    [ALICE, good],
    [BOB, "{"],
    [NOTE, `[[["${A}",{"tag":${START}}],["${B}",{"gossip":1}],7,["${C}"]],"junk","tag"]`],
    ["junk", good],
    [GROUP, "[[]]"],
  ]);
  const { book, errors, urls } = setUp({ backend });
  await book.ready();
  assert.deepEqual([ALICE, BOB, NOTE, GROUP].map(urls), [[A], [], [A], []]);
  assert.equal(book.authorOf(NOTE), undefined);
  assert.match(errors[0].message, /^Cannot read 3 of 5 records of hints/);
  assert.equal(errors.length, 1);
  await book.close();
  assert.equal(backend.records.size, 5, "and it is left as it is");
});

Deno.test("HintBook merges hints that come before the database is read with those in it", async () => {
  const backend = new RecordMap([[ALICE, `[[["${A}",{"nip05":${START}}]]]`]]);
  const { book, urls } = setUp({ backend });
  book.add([hint(ALICE, B), hint(BOB, C)]);
  assert.deepEqual(urls(ALICE), [B]);
  await book.ready();
  assert.deepEqual([ALICE, BOB].map(urls), [[A, B], [C]]);
  await book.close();
  assert.equal(backend.records.size, 2);
});

Deno.test("HintBook missed() puts a relay that had nothing after others, for that subject alone", () => {
  const { book, urls } = setUp();
  const [alice, bob] = [person(1), person(2)];
  for (const who of [alice, bob]) {
    book.add([hint(who, relay(1), "nip19"), hint(who, relay(2), "tag")]);
  }
  book.missed(alice, relay(1));
  book.missed(person(3), relay(1));
  assert.deepEqual(urls(alice), [relay(2), relay(1)]);
  assert.deepEqual(urls(bob), [relay(1), relay(2)]);
  assert.ok(!book.has(person(3)));
});
