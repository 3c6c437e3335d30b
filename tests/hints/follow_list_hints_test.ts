import assert from "node:assert/strict";
import { followListHints } from "../../src/hints/follow_list_hints.ts";
import { draft } from "../../testing/memory_source.ts";
import { PEOPLE } from "../support/arbitraries.ts";

const [ALICE, BOB] = PEOPLE;
const url = "wss://a.example";

function read(content: string, tags: string[][] = [], kind = 3): string[] {
  return followListHints.read(draft({ kind, pubkey: ALICE, content, tags }))
    .map(({ subject, url }) => `${subject === ALICE ? "alice" : "bob"} ${url}`);
}

Deno.test("NIP-02: followListHints take the third element of a p tag for the followed person's relay", () => {
  const tags = [["p", BOB, url, "bob"], ["p", BOB], ["p", BOB, ""], ["t", BOB, "wss://t.example"], [
    "e",
    BOB,
    url,
  ], [
    "P",
    BOB,
    url,
  ]];
  assert.deepEqual(read("", tags), [`bob ${url}`]);
  assert.deepEqual(read("", tags, 1), []);
  assert.deepEqual(read("", tags, 30000), []);
});

Deno.test("NIP-02: followListHints take the relay map in the content for the author's relays", () => {
  const map = {
    "wss://both.example": { read: true, write: true },
    "wss://outbox.example": { read: false, write: true },
    "wss://inbox.example": { read: true, write: false },
    "wss://silent.example": {},
    "wss://odd.example": null,
    "wss://older.example": true,
  };
  const content = JSON.stringify(map);
  const written = ["both", "outbox", "silent", "odd", "older"].map((name) =>
    `alice wss://${name}.example`
  );
  assert.deepEqual(read(content), written);
  assert.deepEqual(read(content, [["p", BOB, url]]), [...written, `bob ${url}`]);
  assert.deepEqual(read(content, [], 0), []);
});

Deno.test("followListHints read only the tags if the content is no map", () => {
  const contents = [
    "{",
    "[1]",
    '["wss://x.example"]',
    '"wss://x.example"',
    "null",
    "words",
    "{".repeat(60_000),
    '{"a":'.repeat(10_000),
  ];
  for (const content of contents) {
    assert.deepEqual(read(content, [["p", BOB, url]]), [`bob ${url}`]);
  }
  const map = (length: number) => `{"${url}":{}}`.padEnd(length);
  assert.deepEqual(read(map(65_536)), [`alice ${url}`]);
  assert.deepEqual(read(map(65_537)), []);
});

Deno.test("followListHints leave out tags that are malformed, or hold no strings", () => {
  const tags = [null, 1, {}, ["p", null, url], ["p", BOB, null], ["p", [BOB], url], ["p", BOB, 1]];
  assert.deepEqual(read("", tags as string[][]), []);
});

Deno.test("followListHints read the first 5,000 tags of a list", () => {
  const tags = Array.from({ length: 5_001 }, (): string[] => ["t", "x"]);
  tags[4_999] = ["p", BOB, url];
  tags[5_000] = ["p", BOB, "wss://late.example"];
  assert.deepEqual(read("", tags), [`bob ${url}`]);
});
