import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import type { Role } from "../../src/nostr/relay_knowledge.ts";
import { eventSubjects } from "../../src/requests/event_subjects.ts";
import { AUTHORS, note } from "../support/notes.ts";

const [A, B, C] = AUTHORS;
const tags = [["p", B], ["h", "cats"], ["h", "cats"]];
const SUBJECTS: Readonly<Record<Role, string>> = {
  write: A,
  read: B,
  dm: B,
  private: A,
  index: A,
  id: "ee".repeat(32),
  thread: "ef".repeat(32),
  group: "cats",
  given: "dd".repeat(32),
};

/** Events, and the roles in which they answer for the subject above. */
const ANSWERED_ROLES: [Partial<NostrEvent>, Role[]][] = [
  [{ kind: 1, pubkey: A }, ["write"]],
  [{ kind: 0, pubkey: A }, ["write", "index"]],
  [{ kind: 10_002, pubkey: A }, ["write", "index"]],
  [{ kind: 30_023, pubkey: A }, ["write"]],
  [{ kind: 31_234, pubkey: A }, ["write", "private"]],
  [{ kind: 31_234, pubkey: C }, []],
  [{ kind: 0, pubkey: C }, []],
  [{ kind: 1059, pubkey: C, tags: [["p", B]] }, ["dm"]],
  [{ kind: 21_059, pubkey: C, tags: [["p", B]] }, ["dm"]],
  [{ kind: 4, pubkey: C, tags: [["p", B]] }, ["read"]],
  [{ kind: 1059, pubkey: C, tags: [["P", B]] }, ["read"]],
  [{ kind: 1, pubkey: C, tags }, ["read", "group"]],
  [{ kind: 1, pubkey: C, tags: [["H", "cats"], ["h", B]] }, []],
  [{ kind: 1, pubkey: C, tags: [[], ["", B], ["pP", B], ["ap", `1:${B}`]] }, []],
  [{ kind: 1, pubkey: C, tags: [["A", `30023:${B}:x`]] }, []],
  ...["e", "E", "q"].map((name): [Partial<NostrEvent>, Role[]] => [
    { kind: 7, pubkey: C, tags: [["e", B], [name, "ef".repeat(32), "wss://x", "root"]] },
    ["thread"],
  ]),
  [{ kind: 1, pubkey: C, tags: [["e", "dd".repeat(32)]] }, ["given"]],
  [{ kind: 1, pubkey: C, id: "ee".repeat(32) }, ["id"]],
  [{ kind: 1, pubkey: C, id: "dd".repeat(32) }, ["given"]],
  [{ kind: 1, pubkey: "dd".repeat(32) }, ["given"]],
  [{ kind: 1, pubkey: C, tags: [["p", "dd".repeat(32)]] }, ["given"]],
];

Deno.test("eventSubjects() names each subject once, in the roles in which the event answers for it", () => {
  for (const [draft, roles] of ANSWERED_ROLES) {
    const event = { ...note({}), ...draft };
    const found = Object.entries(SUBJECTS).filter(([role, subject]) => {
      const subjects = [...eventSubjects(event, role as Role)];
      assert.equal(new Set(subjects).size, subjects.length);
      return subjects.includes(subject);
    });
    assert.deepEqual(found.map(([role]) => role), roles, JSON.stringify(draft));
  }
});

Deno.test("NIP-22: eventSubjects() names the addresses of a comment, as its tags do", () => {
  const [root, parent] = [`30023:${B}:x:y`, `30023:${C}:`];
  const comment = { ...note({}), kind: 1111, tags: [["A", root], ["a", parent], ["a", parent]] };
  assert.deepEqual([...eventSubjects(comment, "thread")], [root, parent]);
});
