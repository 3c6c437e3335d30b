import assert from "node:assert/strict";
import { deletedError } from "../../src/nostr/deleted_error.ts";
import { PEOPLE } from "../support/arbitraries.ts";
import { listEvent, unsigned } from "../support/list_store.ts";

const [ALICE] = PEOPLE;

Deno.test("deletedError() names the author, the event and its kind, and the deletion where it is known", () => {
  const list = listEvent(ALICE);
  const deletion = unsigned(ALICE, { kind: 5 });
  const text =
    `Cannot store a deleted event: the author ${ALICE} has deleted ${list.id}, of kind 10002`;
  const error = deletedError(list);
  assert.deepEqual([error.message, error.reason, error.event], [text, "deleted", list]);
  assert.equal(deletedError(list, deletion).message, `${text} by event ${deletion.id}`);
});
