import fc from "fast-check";
import assert from "node:assert/strict";
import { taggedUsers } from "../../src/plan/tagged_users.ts";
import { draft } from "../../testing/memory_source.ts";
import { eventOf, namingTags, POST_KINDS, USERS } from "../support/event_arbitraries.ts";

const [ALICE, BOB, CAROL] = USERS;
const ID = "ee".repeat(32);

/** Kinds of NIP-02 and NIP-51 in which a tag is an entry. */
const LISTS = [3, 10000, 10002, 10003, 10015, 10050, 19999, 30000, 30003, 30007, 39089, 39092];

Deno.test("taggedUsers() names each tagged user once, in the order of the tags", () => {
  fc.assert(fc.property(eventOf(POST_KINDS), (event) => {
    const tagged = event.tags.flatMap((tag) =>
      USERS.filter((user) => namingTags(user).some((one) => `${one}` === `${tag}`))
    );
    const expected = [...new Set(tagged)].filter((user) => user !== event.pubkey);
    assert.deepEqual(taggedUsers(event), expected);
  }));
});

Deno.test("taggedUsers() sees a user in every kind of tag that names one", () => {
  for (const tag of namingTags(BOB)) {
    assert.deepEqual(taggedUsers(draft({ pubkey: ALICE, tags: [tag] })), [BOB], `${tag}`);
  }
});

Deno.test("taggedUsers() sees nobody in a tag that names none", () => {
  const tags = [
    [],
    ["p"],
    ["p", ""],
    ["p", BOB.toUpperCase()],
    ["p", BOB.slice(1)],
    ["p", `${BOB} `],
    ["p", "wss://a.example", BOB],
    ["t", BOB],
    ["e", BOB],
    ["E", ID, BOB],
    ["q", ID, BOB],
    ["q", `30023:${BOB}:x`],
    ["a", BOB],
    ["a", `30023:x:${BOB}`],
    ["pp", BOB],
  ];
  for (const tag of tags) assert.deepEqual(taggedUsers(draft({ tags: [tag] })), [], `${tag}`);
});

Deno.test("taggedUsers() leaves the author out", () => {
  const tags = [["p", ALICE], ["p", BOB], ["a", `30023:${ALICE}:x`]];
  assert.deepEqual(taggedUsers(draft({ pubkey: ALICE, tags })), [BOB]);
});

Deno.test("taggedUsers() sees two users in one e tag only if both elements are pubkeys", () => {
  const tags = [["e", ID, "", CAROL, BOB]];
  assert.deepEqual(new Set(taggedUsers(draft({ pubkey: ALICE, tags }))), new Set([BOB, CAROL]));
});

Deno.test("taggedUsers() sees nobody in a list, whose tags are entries (NIP-02, NIP-51)", () => {
  fc.assert(fc.property(eventOf(LISTS), (event) => {
    assert.deepEqual(taggedUsers(event), []);
  }));
  for (const kind of [1, 4, 9_999, 20_000, 29_999, 30_008, 30_023]) {
    assert.deepEqual(taggedUsers(draft({ kind, tags: [["p", BOB]] })), [BOB], `kind ${kind}`);
  }
});
