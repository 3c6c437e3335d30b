import assert from "node:assert/strict";
import type { Role } from "../../src/nostr/relay_knowledge.ts";
import type { Assignment } from "../../src/plan/assignment.ts";
import { Coverage } from "../../src/requests/coverage.ts";
import { AUTHORS, note } from "../support/notes.ts";

const [A, B] = AUTHORS;

const ANSWERED = { answered: true, proof: "inferred" } as const;

/** A subject in each role, all on the same two relays. */
function inRoles(subjects: Readonly<Partial<Record<Role, string>>>): Assignment {
  const roles = Object.keys(subjects).map((role, i) => ({
    role: role as Role,
    first: i,
    end: i + 1,
  }));
  const relayIndexes = Int32Array.from(roles.flatMap(() => [0, 1]));
  const urls = ["wss://a.example/", "wss://b.example/"];
  return {
    urls,
    subjects: Object.values(subjects),
    roles,
    relayIndexes,
    relaysPerSubject: 2,
    unscoped: [],
  };
}

Deno.test("Coverage counts an event in each role that it answers", () => {
  const coverage = new Coverage(inRoles({ write: A, read: B, dm: B, index: A }));
  coverage.saw(0, note({ pubkey: A, kind: 0, tags: [["p", B], ["p", B]] }), true);
  for (const index of [0, 1]) coverage.settle(index, ANSWERED);
  assert.deepEqual([...coverage.delivery(0)], [
    { role: "write", subject: A, sent: 1, known: 1, proof: "inferred" },
    { role: "read", subject: B, sent: 1, known: 1, proof: "inferred" },
    { role: "index", subject: A, sent: 1, known: 1, proof: "inferred" },
  ]);
});

Deno.test("Coverage waits for no second relay for an event that came by its id, whatever its kind", () => {
  for (const kind of [0, 1, 10_002, 30_023]) {
    const coverage = new Coverage(inRoles({ id: "ee".repeat(32) }));
    coverage.saw(0, note({ pubkey: A, kind }), true);
    coverage.settle(0, ANSWERED);
    assert.ok(!coverage.isDone, "it is another event");
    coverage.saw(0, { ...note({ pubkey: A, kind }), id: "ee".repeat(32) }, true);
    assert.ok(coverage.isDone, `kind ${kind}`);
  }
});

Deno.test("Coverage waits for every indexer that may have a newer list, until it is late", () => {
  const coverage = new Coverage(inRoles({ index: A }));
  coverage.saw(0, note({ pubkey: A, kind: 10_002 }), true);
  coverage.settle(0, ANSWERED);
  assert.ok(!coverage.isDone);
  coverage.markLate(1);
  assert.ok(coverage.isDone);
});

Deno.test("NIP-17: Coverage waits for every relay that may have more gift wraps, until it is late", () => {
  const coverage = new Coverage(inRoles({ dm: A }));
  coverage.saw(0, note({ pubkey: B, kind: 1059, tags: [["p", A]] }), true);
  coverage.settle(0, ANSWERED);
  assert.ok(!coverage.isDone);
  coverage.markLate(1);
  assert.ok(coverage.isDone);
});

Deno.test("NIP-10: Coverage waits for every relay that may have more replies, also for one that is late", () => {
  const coverage = new Coverage(inRoles({ thread: "ee".repeat(32) }));
  coverage.saw(0, note({ pubkey: B, tags: [["e", "ee".repeat(32)]] }), true);
  coverage.settle(0, ANSWERED);
  coverage.markLate(1);
  assert.ok(!coverage.isDone);
  coverage.settle(1, { answered: false, proof: "unknown" });
  assert.ok(coverage.isDone);
});

Deno.test("Coverage waits for every inbox of a tagged user where these are few, also for one that is late", () => {
  const one = new Coverage(inRoles({ read: A }));
  const many = inRoles({ read: A, write: B });
  const three = new Coverage({
    ...many,
    subjects: [A, B, AUTHORS[2]],
    roles: [{ role: "read", first: 0, end: 3 }],
    relayIndexes: Int32Array.from([0, 1, 0, 1, 0, 1]),
  });
  for (const coverage of [one, three]) {
    for (const tagged of [A, B, AUTHORS[2]]) {
      coverage.saw(0, note({ tags: [["p", tagged]] }), true);
    }
    coverage.settle(0, ANSWERED);
  }
  assert.ok(three.isDone);
  assert.ok(!one.isDone);
  one.markLate(1);
  assert.ok(!one.isDone);
  one.settle(1, ANSWERED);
  assert.ok(one.isDone);
});

Deno.test("NIP-10: Coverage waits for the fallback relays of a thread, also for one that is late", () => {
  const both = { ...inRoles({ thread: "ee".repeat(32) }), unscoped: [0, 1] };
  const relayIndexes = new Int32Array(2).fill(-1);
  for (const [assignment, isDone] of [[both, false], [{ ...both, roles: [] }, true]] as const) {
    const coverage = new Coverage({ ...assignment, relayIndexes });
    coverage.settle(0, ANSWERED);
    coverage.markLate(1);
    assert.equal(coverage.isDone, isDone);
  }
});

Deno.test("Coverage delivery() holds no reply against a relay of the thread that lacks it", () => {
  const coverage = new Coverage(inRoles({ thread: "ee".repeat(32), write: B }));
  coverage.saw(0, note({ pubkey: B, tags: [["e", "ee".repeat(32)]] }), true);
  for (const index of [0, 1]) coverage.settle(index, ANSWERED);
  assert.deepEqual([...coverage.delivery(1)].map(({ role }) => role), ["write"]);
});
