import assert from "node:assert/strict";
import { isEventKey, isSubjectKey, subjectKey } from "../../src/nostr/subject_key.ts";
import { PEOPLE } from "../support/arbitraries.ts";

const [ALICE] = PEOPLE;
const ID = "ee".repeat(32);

Deno.test("isSubjectKey() accepts people, events, and groups with an id of 1 to 100 characters", () => {
  const groups = ["x", "a:b", "\n".repeat(100), "id:x"].map((id) => subjectKey("group", id));
  for (const key of [ALICE, subjectKey("id", ID), ...groups]) assert.ok(isSubjectKey(key), key);
});

Deno.test("isSubjectKey() refuses anything else, and what a database cannot hold", () => {
  const groups = ["", "x".repeat(101), "\0", "\ud800"].map((id) => subjectKey("group", id));
  const ids = ["", ALICE.slice(1), ALICE.toUpperCase(), `${ALICE}\n`];
  const keys = [...ids, ...ids.map((id) => subjectKey("id", id)), ...groups, `x:${ID}`];
  for (const key of [...keys, undefined, null, 1, [ALICE]]) assert.ok(!isSubjectKey(key), `${key}`);
});

Deno.test("isEventKey() tells an event from a group with an id like an event's", () => {
  assert.ok(isEventKey(subjectKey("id", ID)));
  assert.ok(!isEventKey(subjectKey("group", subjectKey("id", ID))) && !isEventKey(ALICE));
});
