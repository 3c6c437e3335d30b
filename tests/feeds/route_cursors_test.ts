import assert from "node:assert/strict";
import type { NostrFilter } from "@nostrify/types";
import { canBeKept, routeCursors } from "../../src/feeds/route_cursors.ts";
import { AUTHORS } from "../support/notes.ts";

const URL = "wss://a.example/";
const [a, b, c] = AUTHORS;

/** The cursors of one relay. */
const cursorsOf = (filters: NostrFilter[], known?: (author: string) => number) =>
  routeCursors(new Map([[URL, filters]]), {
    top: 100,
    known: known && ((author) => [{ since: 0, until: known(author) }]),
  });

Deno.test("routeCursors() makes one cursor of all filters that differ in their people alone", () => {
  const cursors = cursorsOf([
    { kinds: [1, 6], authors: [a, b] },
    { kinds: [6, 1], authors: [b, c] },
    { kinds: [7], authors: [a] },
  ]);
  assert.deepEqual(cursors.map(({ filter }) => filter), [
    { kinds: [1, 6], authors: [a, b, c] },
    { kinds: [7], authors: [a] },
  ]);
  assert.deepEqual(cursors[0].subjects, [a, b, c]);
});

Deno.test("routeCursors() bounds each cursor by the filter's own times", () => {
  const [cursor] = cursorsOf([{ kinds: [1], authors: [a], since: 5, until: 50 }]);
  assert.deepEqual([cursor.floor, cursor.top, cursor.filter], [5, 50, {
    kinds: [1],
    authors: [a],
  }]);
});

Deno.test("routeCursors() puts people apart who were read differently far, in a few groups", () => {
  const until = (author: string) => AUTHORS.indexOf(author) % 20;
  const cursors = cursorsOf([{ kinds: [1], authors: [...AUTHORS] }], until);
  assert.equal(cursors.length, 8);
  assert.deepEqual(cursors.flatMap(({ subjects }) => subjects).sort(), [...AUTHORS].sort());
  for (const cursor of cursors) {
    const { subjects } = cursor;
    assert.equal(cursor.gapSince(0), Math.min(...subjects.map(until)) + 1);
  }
});

Deno.test("routeCursors() leaves people out of a filter, and reads whole what names nobody", () => {
  const [tagged, whole] = cursorsOf([{ "#p": [a, b] }, { kinds: [1], "#t": ["nostr"] }]);
  assert.deepEqual(tagged.subjects, [a, b]);
  tagged.leave((subject) => subject === b);
  assert.deepEqual(tagged.filter, { "#p": [a] });
  assert.deepEqual([whole.subjects, whole.filter], [[], { kinds: [1], "#t": ["nostr"] }]);
});

Deno.test("routeCursors() has at most 1,000 people in one filter", () => {
  const authors = Array.from({ length: 2_500 }, (_, i) => i.toString(16).padStart(64, "0"));
  const cursors = cursorsOf([{ kinds: [1], authors }]);
  assert.deepEqual(cursors.map(({ subjects }) => subjects.length), [1_000, 1_000, 500]);
});

Deno.test("canBeKept() holds for filters with authors, kinds and times alone", () => {
  assert.ok(canBeKept({ authors: [a], kinds: [1], since: 3, until: 4, limit: 5 }));
  assert.ok(canBeKept({ authors: [a], "#t": undefined }));
  assert.ok(!canBeKept({ kinds: [1] }));
  assert.ok(!canBeKept({ authors: [a], "#t": ["nostr"] }));
});

Deno.test("routeCursors() leaves out nothing that is known of people as authors, where a filter names them as recipients", () => {
  const known = () => 50;
  const [cursor] = cursorsOf([{ kinds: [1], "#p": [a] }], known);
  assert.ok(!cursor.hasKnown);
  assert.ok(cursorsOf([{ kinds: [1], authors: [a] }], known)[0].hasKnown);
});
