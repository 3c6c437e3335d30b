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
const addressed = (address: string) => [{ subject: `address:${address}`, url, source }, ...bob];

function read(tag: string[], kind = 1) {
  return eventTagHints.read(draft({ kind, pubkey: ALICE, tags: [tag] }));
}

Deno.test("NIP-01, NIP-22: eventTagHints take the relay of a p or P tag for the person's", () => {
  assert.deepEqual(read(["p", BOB, url]), bob);
  assert.deepEqual(read(["P", BOB, url, "name"]), bob);
  for (const kind of [10000, 30000, 39089]) assert.deepEqual(read(["p", BOB, url], kind), bob);
});

Deno.test("NIP-10: eventTagHints take the relay of an e tag for the event's, and for that of the author in its 5th element", () => {
  assert.deepEqual(read(["e", ID, url]), [event]);
  assert.deepEqual(read(["e", ID, url, "root"]), [event]);
  assert.deepEqual(read(["e", ID, url, "root", "junk"]), [event]);
  assert.deepEqual(read(["e", ID, url, "root", BOB]), authored);
  assert.deepEqual(read(["e", ID, url, "", BOB]), authored);
  assert.deepEqual(read(["e", ID, url, ALICE, BOB]), authored);
});

Deno.test("NIP-10: eventTagHints take the author in an e tag with an empty relay for the event's", () => {
  const alone = [{ subject: `id:${ID}`, source, author: BOB }];
  assert.deepEqual(read(["e", ID, "", "reply", BOB]), alone);
  assert.deepEqual(read(["e", ID, "", BOB]), alone);
  assert.deepEqual(read(["E", ID, "", BOB]), alone);
  assert.deepEqual(read(["q", ID, "", BOB]), alone);
  assert.deepEqual(read(["e", ID, "", "reply"]), []);
});

Deno.test("NIP-22: eventTagHints take the relay of an e or E tag for the event's, and for that of the author in its 4th element", () => {
  assert.deepEqual(read(["e", ID, url, BOB]), authored);
  assert.deepEqual(read(["E", ID, url, BOB]), authored);
  assert.deepEqual(read(["e", ID, url, BOB, "junk"]), authored);
});

Deno.test("NIP-18: eventTagHints take the relay of a q tag for the event's and its author's, named by an id or an address", () => {
  assert.deepEqual(read(["q", ID, url]), [event]);
  assert.deepEqual(read(["q", ID, url, BOB]), authored);
  assert.deepEqual(read(["q", ID, url, "", BOB]), [event]);
  assert.deepEqual(read(["q", `30023:${BOB}:x`, url]), addressed(`30023:${BOB}:x`));
});

Deno.test("NIP-01, NIP-22: eventTagHints take the relay of an a or A tag for that of the event at the address and of its author", () => {
  for (const name of ["a", "A"]) {
    const address = `30023:${BOB}:x:${ALICE}`;
    assert.deepEqual(read([name, address, url]), addressed(address));
    for (const junk of ["", BOB, `30023:x:${BOB}`, `30023:${BOB.toUpperCase()}:x`]) {
      assert.deepEqual(read([name, junk, url]), []);
    }
  }
});

Deno.test("NIP-29, NIP-51: eventTagHints take the relay of an h tag, or of a group in a list of groups, for the group's", () => {
  const group = [{ subject: "group:pizza", url, source }];
  assert.deepEqual(read(["h", "pizza", url]), group);
  assert.deepEqual(read(["group", "pizza", url, "Pizza"], 10009), group);
  for (const kind of [1, 10006, 30000]) assert.deepEqual(read(["group", "pizza", url], kind), []);
});

Deno.test("NIP-02: eventTagHints leave follow lists to their own reader", () => {
  assert.deepEqual(read(["p", BOB, url], 3), []);
});

Deno.test("eventTagHints leave out tags whose elements are not strings", () => {
  for (const name of ["p", "P", "e", "E", "q", "a", "A", "h"]) {
    for (const junk of [undefined, null, 1, {}, [BOB]]) {
      for (const tag of [[name, junk, url], [name, BOB, junk], [junk, BOB, url], junk]) {
        assert.deepEqual(read(tag as string[]), []);
      }
    }
  }
});

Deno.test("eventTagHints read the first 500 tags of an event", () => {
  const tags = Array.from({ length: 501 }, (): string[] => ["t", "x"]);
  tags[499] = ["p", BOB, url];
  tags[500] = ["p", BOB, "wss://late.example"];
  assert.deepEqual(eventTagHints.read(draft({ tags })), bob);
});
