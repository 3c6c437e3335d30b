import assert from "node:assert/strict";
import type { Assignment } from "../../src/plan/assignment.ts";
import { Coverage } from "../../src/requests/coverage.ts";
import { LateSubjects } from "../../src/requests/late_subjects.ts";
import { AUTHORS, note } from "../support/notes.ts";
import { RequestTest } from "../support/scripted_request.ts";

/** An assignment of authors to one relay, which is late. */
function late(...authors: number[]): [Assignment, Coverage] {
  const assignment: Assignment = {
    urls: ["wss://a.example/"],
    subjects: authors.map((i) => AUTHORS[i]),
    roles: [{ role: "write", first: 0, end: authors.length }],
    relayIndexes: new Int32Array(authors.length),
    relaysPerSubject: 1,
    unscoped: [],
  };
  const coverage = new Coverage(assignment);
  coverage.markLate(0);
  return [assignment, coverage];
}

Deno.test("LateSubjects leaves as many as it may in all parts of a request, and counts each once", () => {
  const subjects = new LateSubjects(3);
  assert.ok(subjects.leave(...late(0, 1)));
  assert.ok(subjects.leave(...late(1, 0)));
  assert.ok(!subjects.leave(...late(2, 3)), "four would be too many");
  assert.ok(subjects.leave(...late(2)));
  assert.ok(!subjects.leave(...late(3)));
  assert.ok(subjects.leave(...late(0, 1, 2)));
});

Deno.test("LateSubjects leave() says whether the coverage is done then: what names no subject may be missing", () => {
  for (const isAnswered of [false, true]) {
    const assignment = {
      ...late(0)[0],
      urls: ["wss://a.example/", "wss://b.example/"],
      unscoped: [1],
    };
    const coverage = new Coverage(assignment);
    coverage.markLate(0);
    if (isAnswered) coverage.settle(1, { answered: true, proof: "inferred" });
    assert.equal(new LateSubjects(1).leave(assignment, coverage), isAnswered);
  }
});

Deno.test("LateSubjects leaves nobody by default", () => {
  const [assignment, coverage] = late(0);
  assert.ok(!new LateSubjects().leave(assignment, coverage));
  assert.ok(!coverage.isDone);
});

Deno.test("OutboxRequest ends without the few people whose relays are all late, and still yields their events", async () => {
  for (const [maxLate, doneAt] of [[0, 13_000], [1, 3_000]]) {
    const own = [note({ pubkey: AUTHORS[1] })];
    const test: RequestTest = new RequestTest({
      lists: ["a", "b"],
      scripts: {
        a: { onReq: (req) => req.eose() },
        b: { onReq: (req) => void test.clock.after(6_000, () => req.send(...own)) },
      },
      request: { maxLate, stragglerTimeout: 0 },
    });
    Object.assign(test.fake.times, { soft: 3_000, hard: 8_000 });
    await test.begin({ kinds: [1], authors: AUTHORS.slice(0, 2) });
    await test.clock.advance(20_000);
    assert.equal(test.doneAt, doneAt);
    assert.deepEqual(test.events, own);
  }
});
