import type { NostrEvent } from "@nostrify/types";
import assert from "node:assert/strict";
import type { Role } from "../../src/nostr/types.ts";
import type { Assignment } from "../../src/plan/assignment.ts";
import { Coverage } from "../../src/requests/coverage.ts";
import { AUTHORS, note } from "../support/notes.ts";

const [A, B, C] = AUTHORS;

/** A row on each lane, all of the same two relays. */
function onLanes(names: Readonly<Partial<Record<Role, string>>>): Assignment {
  const roles = Object.keys(names).map((role, i) => ({ role: role as Role, first: i, end: i + 1 }));
  const relayIndexes = Int32Array.from(roles.flatMap(() => [0, 1]));
  const urls = ["wss://a.example/", "wss://b.example/"];
  return {
    urls,
    subjects: Object.values(names),
    roles,
    relayIndexes,
    relaysPerSubject: 2,
    unscoped: [],
  };
}

Deno.test("Coverage counts an event on each lane that it answers", () => {
  const seats = onLanes({
    write: A,
    read: B,
    dm: B,
    private: A,
    index: A,
    id: "ee".repeat(32),
    group: "cats",
  });
  const names = seats.roles.map(({ role }) => role);
  const tags = [["p", B], ["h", "cats"], ["h", "cats"]];
  const answered: [Partial<NostrEvent>, Role[]][] = [
    [{ kind: 1, pubkey: A }, ["write"]],
    [{ kind: 0, pubkey: A }, ["write", "index"]],
    [{ kind: 10_002, pubkey: A }, ["write", "index"]],
    [{ kind: 30_023, pubkey: A }, ["write"]],
    [{ kind: 31_234, pubkey: A }, ["write", "private"]],
    [{ kind: 31_234, pubkey: C }, []],
    [{ kind: 0, pubkey: C }, []],
    [{ kind: 1059, pubkey: C, tags: [["p", B]] }, ["read", "dm"]],
    [{ kind: 21_059, pubkey: C, tags: [["p", B]] }, ["read", "dm"]],
    [{ kind: 1059, pubkey: C, tags: [["P", B]] }, ["read"]],
    [{ kind: 1, pubkey: C, tags }, ["read", "group"]],
    [{ kind: 1, pubkey: C, tags: [["H", "cats"], ["h", B]] }, []],
    [{ kind: 1, pubkey: C, tags: [[], ["", B], ["pP", B], ["ap", `1:${B}`]] }, []],
    [{ kind: 1, pubkey: C, tags: [["A", `30023:${B}:x`]] }, ["read"]],
    [{ kind: 1, pubkey: C, id: "ee".repeat(32) }, ["id"]],
  ];
  for (const [event, lanes] of answered) {
    const coverage = new Coverage(seats);
    coverage.saw(0, { ...note({}), ...event }, true);
    coverage.settle(0, true);
    coverage.settle(1, true);
    const counts = [...coverage.delivery(0)];
    assert.ok(counts.every(({ sent, known }) => sent === 1 && known === 1));
    const expected = names.filter((lane) => lanes.includes(lane)).map((lane) =>
      seats.subjects[names.indexOf(lane)]
    );
    assert.deepEqual(counts.map(({ name }) => name), expected, JSON.stringify(event));
  }
});

Deno.test("Coverage waits for no second relay for an event that came by its id, whatever its kind", () => {
  for (const kind of [0, 1, 10_002, 30_023]) {
    const coverage = new Coverage(onLanes({ id: "ee".repeat(32) }));
    coverage.saw(0, note({ pubkey: A, kind }), true);
    coverage.settle(0, true);
    assert.ok(!coverage.isDone, "it is another event");
    coverage.saw(0, { ...note({ pubkey: A, kind }), id: "ee".repeat(32) }, true);
    assert.ok(coverage.isDone, `kind ${kind}`);
  }
});

Deno.test("Coverage waits for every indexer that may have a newer list, until it is late", () => {
  const coverage = new Coverage(onLanes({ index: A }));
  coverage.saw(0, note({ pubkey: A, kind: 10_002 }), true);
  coverage.settle(0, true);
  assert.ok(!coverage.isDone);
  coverage.isLate(1);
  assert.ok(coverage.isDone);
});
