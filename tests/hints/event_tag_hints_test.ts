import assert from "node:assert/strict";
import { eventTagHints } from "../../src/hints/event_tag_hints.ts";
import { draft } from "../../testing/memory_source.ts";
import { PEOPLE } from "../support/arbitraries.ts";

const [ALICE, BOB] = PEOPLE;
const ID = "ee".repeat(32);
const url = "wss://a.example";
const source = "tag";
const event = { subject: `id:${ID}`, url, source };
const authored = [{ ...event, author: BOB }, { subject: BOB, url, source }];
const bob = [{ subject: BOB, url, source }];

function read(tag: string[], kind = 1) {
  return eventTagHints.read(draft({ kind, pubkey: ALICE, tags: [tag] }));
}

Deno.test("NIP-01, NIP-22: the relay of a p or P tag is about the person", () => {
  assert.deepEqual(read(["p", BOB, url]), bob);
  assert.deepEqual(read(["P", BOB, url, "name"]), bob);
  for (const kind of [10000, 30000, 39089]) assert.deepEqual(read(["p", BOB, url], kind), bob);
});

Deno.test("NIP-10: the relay of an e tag is about the event, and the author whom its 5th element names", () => {
  assert.deepEqual(read(["e", ID, url]), [event]);
  assert.deepEqual(read(["e", ID, url, "root"]), [event]);
  assert.deepEqual(read(["e", ID, url, "root", "junk"]), [event]);
  assert.deepEqual(read(["e", ID, url, "root", BOB]), authored);
  assert.deepEqual(read(["e", ID, url, "", BOB]), authored);
  assert.deepEqual(read(["e", ID, url, ALICE, BOB]), authored);
});

Deno.test("NIP-22: the relay of an e or E tag is about the event, and the author whom its 4th element names", () => {
  assert.deepEqual(read(["e", ID, url, BOB]), authored);
  assert.deepEqual(read(["E", ID, url, BOB]), authored);
  assert.deepEqual(read(["e", ID, url, BOB, "junk"]), authored);
});

Deno.test("NIP-18: the relay of a q tag is about the event and its author, or the author of an address", () => {
  assert.deepEqual(read(["q", ID, url]), [event]);
  assert.deepEqual(read(["q", ID, url, BOB]), authored);
  assert.deepEqual(read(["q", ID, url, "", BOB]), [event]);
  assert.deepEqual(read(["q", `30023:${BOB}:x`, url]), bob);
});

Deno.test("NIP-01, NIP-22: the relay of an a or A tag is about the address's author", () => {
  for (const name of ["a", "A"]) {
    assert.deepEqual(read([name, `30023:${BOB}:x:${ALICE}`, url]), bob);
    for (const junk of ["", BOB, `30023:x:${BOB}`, `30023:${BOB.toUpperCase()}:x`]) {
      assert.deepEqual(read([name, junk, url]), []);
    }
  }
});

Deno.test("NIP-29, NIP-51: the relay of an h tag, or of a group in a list of groups, is the group's", () => {
  const group = [{ subject: "group:pizza", url, source }];
  assert.deepEqual(read(["h", "pizza", url]), group);
  assert.deepEqual(read(["group", "pizza", url, "Pizza"], 10009), group);
  for (const kind of [1, 10006, 30000]) assert.deepEqual(read(["group", "pizza", url], kind), []);
});

Deno.test("NIP-02: follow lists are left to their own reader", () => {
  assert.deepEqual(read(["p", BOB, url], 3), []);
});

Deno.test("tags whose elements are no strings say nothing", () => {
  for (const name of ["p", "P", "e", "E", "q", "a", "A", "h"]) {
    for (const junk of [undefined, null, 1, {}, [BOB]]) {
      for (const tag of [[name, junk, url], [name, BOB, junk], [junk, BOB, url], junk]) {
        assert.deepEqual(read(tag as string[]), []);
      }
    }
  }
});

Deno.test("an event is read up to its 500th tag", () => {
  const tags = Array.from({ length: 501 }, (): string[] => ["t", "x"]);
  tags[499] = ["p", BOB, url];
  tags[500] = ["p", BOB, "wss://late.example"];
  assert.deepEqual(eventTagHints.read(draft({ tags })), bob);
});
