import fc from "fast-check";
import assert from "node:assert/strict";
import {
  addHint,
  cleanHints,
  hintedAuthor,
  isHintSource,
  lastSeen,
  missHint,
  NO_HINTS,
  relayHints,
} from "../../src/hints/hint_record.ts";
import { START as NOW } from "../../testing/test_clock.ts";
import { person, relay } from "../support/hint_set_up.ts";
import { A, B } from "../support/relay_records.ts";

const TIME = { seen: NOW, now: NOW, perSubject: 8 };

Deno.test("addHint() writes a short text that people can read", () => {
  const one = addHint(NO_HINTS, { url: A, source: "tag" }, TIME);
  assert.equal(one, `[[["${A}",{"tag":${NOW}}]]]`);
  const two = addHint(one, { url: B, source: "nip19", author: person(1) }, TIME);
  const relays = `[["${A}",{"tag":${NOW}}],["${B}",{"nip19":${NOW}}]]`;
  assert.equal(two, `[${relays},"${person(1)}","nip19"]`);
  assert.equal(hintedAuthor(two), person(1));
  assert.equal(addHint(two, { url: A, source: "tag" }, TIME), two);
});

Deno.test("NO_HINTS hold no relays and no author", () => {
  assert.deepEqual(relayHints(NO_HINTS, NOW), []);
  assert.equal(hintedAuthor(NO_HINTS), undefined);
});

Deno.test("lastSeen() returns the time of the latest hint", () => {
  let text = addHint(NO_HINTS, { url: A, source: "tag" }, { ...TIME, seen: 5 });
  text = addHint(text, { url: B, source: "tag" }, { ...TIME, seen: 9 });
  text = addHint(text, { url: A, source: "hand" }, { ...TIME, seen: 7 });
  assert.equal(lastSeen(text), 9);
});

Deno.test("addHint() makes no mark older for a new author", () => {
  const one = addHint(NO_HINTS, { url: A, source: "tag" }, TIME);
  const hint = { url: A, source: "tag", author: person(1) } as const;
  const two = addHint(one, hint, { ...TIME, seen: NOW - 500 });
  assert.equal(lastSeen(two), NOW);
  assert.equal(hintedAuthor(two), person(1));
});

Deno.test("addHint() changes nothing for a hint that finds no place, whoever it names", () => {
  const time = { ...TIME, perSubject: 1 };
  const full = addHint(NO_HINTS, { url: A, source: "hand" }, time);
  assert.equal(addHint(full, { url: B, source: "tag", author: person(1) }, time), full);
});

Deno.test("cleanHints() keeps what can be read, of the latest relays", () => {
  const named = (n: number) => [relay(n), { tag: n }];
  const read = (value: unknown, perSubject = 8) => {
    const text = cleanHints(JSON.stringify(value), perSubject);
    return text === undefined ? undefined : JSON.parse(text);
  };
  const good = [[named(1), named(2)], person(1), "tag"];
  assert.deepEqual(read(good), good);
  assert.deepEqual(read([[named(1), named(2), named(3)]], 2), [[named(2), named(3)]]);
  assert.deepEqual(read([[named(1), [relay(1), { hand: 7 }]]]), [[[relay(1), { hand: 7 }]]]);
  const marks = { tag: 1, hand: -1, nip05: 0.5, nip19: "7", toString: 7, follows: null };
  assert.deepEqual(read([[[A, marks]]]), [[[A, { tag: 1 }]]]);
  for (const author of [["junk", "tag"], [person(1), "junk"], [person(1)], [null, null]]) {
    assert.deepEqual(read([[named(1)], ...author]), [[named(1)]]);
  }
  for (
    const relay of [[], [A], [A, null], [A, {}], ["", { tag: 1 }], ["x".repeat(257), { tag: 1 }]]
  ) {
    assert.equal(read([[relay]]), undefined);
    assert.deepEqual(read([[relay, named(1)]]), [[named(1)]]);
  }
  assert.equal(read([Array.from({ length: 60 }, (_, n) => named(n))]), undefined, "too long");
});

Deno.test("cleanHints() throws at no text, and changes a cleaned one no further", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    fc.array(fc.tuple(fc.constantFrom(A, B), fc.object({ key: fc.constantFrom("tag", "hand") })))
      .map((relays) => JSON.stringify([relays])),
  );
  fc.assert(fc.property(texts, (text) => {
    const clean = cleanHints(text, 8);
    if (clean === undefined) return;
    assert.equal(cleanHints(clean, 8), clean);
    assert.ok(relayHints(clean, NOW).every(({ source, weight }) => isHintSource(source) && weight));
    assert.ok(lastSeen(clean) >= 0);
  }));
  for (const text of [undefined, null, 7, {}, ""]) assert.equal(cleanHints(text, 8), undefined);
});

Deno.test("NIP-10: addHint() keeps the author of an event without any relay, and when they were named", () => {
  const alone = { source: "tag", author: person(1) } as const;
  const one = addHint(NO_HINTS, alone, { ...TIME, seen: 7 });
  assert.equal(one, `[[],"${person(1)}","tag",7]`);
  assert.equal(hintedAuthor(one), person(1));
  assert.deepEqual(relayHints(one, NOW), []);
  assert.equal(lastSeen(one), 7);
  assert.equal(cleanHints(one, 8), one);
  assert.equal(addHint(one, { ...alone, author: person(2) }, TIME), one);
  const two = addHint(one, { url: A, source: "tag" }, { ...TIME, seen: 3 });
  assert.equal(two, `[[["${A}",{"tag":3}]],"${person(1)}","tag",7]`);
  assert.equal(lastSeen(two), 7);
  assert.equal(cleanHints(two, 8), two);
  assert.equal(hintedAuthor(addHint(two, { source: "hand", author: person(3) }, TIME)), person(3));
  for (const junk of [`[[],"${person(1)}","tag"]`, `[[],"${person(1)}","tag",-1]`, "[[]]"]) {
    assert.equal(cleanHints(junk, 8), undefined);
  }
});

Deno.test("missHint() notes once a day that a relay had nothing, and keeps all else", () => {
  const text = addHint(NO_HINTS, { url: A, source: "tag", author: person(1) }, TIME);
  const missed = missHint(text, A, NOW);
  assert.equal(missed, `[[["${A}",{"tag":${NOW},"missed":${NOW}}]],"${person(1)}","tag"]`);
  assert.equal(cleanHints(missed, 8), missed);
  assert.equal(missHint(missed, A, NOW + 86_399), missed);
  assert.notEqual(missHint(missed, A, NOW + 86_400), missed);
  assert.equal(missHint(text, B, NOW), text);
  assert.equal(missHint(NO_HINTS, A, NOW), NO_HINTS);
  assert.equal(cleanHints(`[[["${A}",{"missed":${NOW}}]]]`, 8), undefined, "nobody names it");
});
