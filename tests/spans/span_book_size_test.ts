import assert from "node:assert/strict";
import { START } from "../../testing/test_clock.ts";
import { people } from "../support/listed_people.ts";
import { RecordMap } from "../support/relay_records.ts";
import { bookOf, DAY_S } from "../support/spans.ts";

Deno.test("SpanBook takes less than 1 MB for two relays and two kinds of 2,784 authors, at its fullest", async () => {
  const backend = new RecordMap();
  // All authors have equal texts.
  const authors = people(100);
  const book = bookOf([], backend);
  await book.ready();
  for (const [r, relay] of ["wss://relay-of-usual.length.example/", "wss://nos.lol/"].entries()) {
    for (const kind of [1, 30_023]) {
      // Each day's answer leaves a gap to the one before, and no two kinds agree.
      for (let day = 6; day >= 0; day--) {
        const at = START - day * DAY_S - kind % 999 - r;
        const since = day === 6 ? 0 : at - 70_000 - day * 999;
        book.add({ relay, authors, kinds: [kind], since, until: at, proof: "inferred", at });
      }
    }
  }
  await book.close();
  const sizes = [...backend.records].map(([key, text]) => key.length + text.length);
  assert.equal(sizes.length, 100);
  const size = sizes.reduce((a, b) => a + b) * 2_784 / 100;
  assert.ok(size < 1_000_000, `${size} characters`);
  assert.ok(size > 900_000, `${size} characters: no longer the fullest`);
});

Deno.test("SpanBook takes less than 500 kB for 2,784 authors whose two kinds are requested together", async () => {
  const backend = new RecordMap();
  const authors = people(2_784);
  const book = bookOf([], backend);
  await book.ready();
  for (const relay of ["wss://relay-of-usual.length.example/", "wss://nos.lol/"]) {
    const range = {
      relay,
      authors,
      kinds: [1, 6],
      until: START,
      at: START,
      proof: "inferred",
    } as const;
    book.add({ ...range, since: START - 7 * DAY_S });
    book.add({ ...range, since: 0, until: START - 6 * DAY_S, at: START - DAY_S });
  }
  await book.close();
  const size = [...backend.records].reduce((sum, [key, text]) => sum + key.length + text.length, 0);
  assert.ok(size < 500_000, `${size} characters`);
});
