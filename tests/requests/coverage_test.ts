import fc from "fast-check";
import assert from "node:assert/strict";
import type { Assignment, RoleRows } from "../../src/plan/assignment.ts";
import { Coverage } from "../../src/requests/coverage.ts";
import { AUTHORS, note } from "../support/notes.ts";

const [A, B, C] = AUTHORS;

const ANSWERED = { answered: true, proof: "inferred" } as const;
const FAILED = { answered: false, proof: "unknown" } as const;

/** The assignment of a plan, made of a list of relay indexes for each person. */
function assignmentOf(
  asked: readonly (readonly number[])[],
  {
    authors = asked.length,
    relaysPerSubject = 2,
    unscoped = [] as number[],
    relays = 4,
  } = {},
): Assignment {
  const relayIndexes = Int32Array.from(
    asked.flatMap((own) => Array.from({ length: relaysPerSubject }, (_, i) => own[i] ?? -1)),
  );
  const urls = Array.from({ length: relays }, (_, i) => `wss://${i}.example/`);
  const roles: RoleRows[] = [
    { role: "write", first: 0, end: authors },
    { role: "read", first: authors, end: asked.length },
  ];
  return {
    urls,
    subjects: AUTHORS.slice(0, asked.length),
    roles,
    relayIndexes,
    relaysPerSubject,
    unscoped,
  };
}

type Step =
  | { does: "answer" | "fail" | "late"; relayIndex: number }
  | { does: "send"; relayIndex: number; person: number; kind: number };

const relayIndex = fc.nat(3);
const steps = fc.array(
  fc.oneof(
    fc.record({ does: fc.constantFrom("answer", "fail", "late"), relayIndex }),
    fc.record({
      does: fc.constant("send"),
      relayIndex,
      person: fc.nat(3),
      kind: fc.constantFrom(0, 1, 30_023),
    }),
  ) as fc.Arbitrary<Step>,
  { maxLength: 14 },
);
const asked = fc.array(fc.uniqueArray(relayIndex, { maxLength: 3 }), { maxLength: 4 });
const unscoped = fc.uniqueArray(relayIndex, { maxLength: 2 });

/** What the doc of `isDone` says, person by person. */
function isDone(asked: readonly (readonly number[])[], unscoped: readonly number[], steps: Step[]) {
  const states = ["waiting", "waiting", "waiting", "waiting"];
  const sent: [number, number][] = [];
  for (const step of steps) {
    const { does, relayIndex } = step;
    if (does === "send" && step.kind === 1) sent.push([step.person, relayIndex]);
    if (does === "answer") states[relayIndex] = "answered";
    if (does === "fail" && states[relayIndex] !== "answered") states[relayIndex] = "failed";
    if (does === "late" && states[relayIndex] === "waiting") states[relayIndex] = "late";
  }
  const isWaitedFor = (relayIndex: number, own: readonly number[], person?: number) => {
    if (states[relayIndex] === "answered" || states[relayIndex] === "failed") return false;
    const answers = own.filter((other) => states[other] === "answered");
    const hadSomething = answers.some((other) =>
      sent.some(([p, at]) => p === person && at === other)
    );
    return !(answers.length > 0 && (hadSomething || states[relayIndex] === "late"));
  };
  return asked.every((own, person) => !own.some((index) => isWaitedFor(index, own, person))) &&
    !unscoped.some((index) => isWaitedFor(index, unscoped));
}

function played(coverage: Coverage, steps: readonly Step[]): Coverage {
  for (const step of steps) {
    if (step.does === "answer") coverage.settle(step.relayIndex, ANSWERED);
    if (step.does === "fail") coverage.settle(step.relayIndex, FAILED);
    if (step.does === "late") coverage.markLate(step.relayIndex);
    if (step.does !== "send") continue;
    const { person, kind } = step;
    coverage.saw(step.relayIndex, note({ pubkey: AUTHORS[person], kind }), true);
  }
  return coverage;
}

Deno.test("Coverage is done once no person waits for a relay", () => {
  fc.assert(
    fc.property(asked, unscoped, steps, (asked, unscoped, steps) => {
      const coverage = played(
        new Coverage(assignmentOf(asked, { relaysPerSubject: 3, unscoped })),
        steps,
      );
      assert.equal(coverage.isDone, isDone(asked, unscoped, steps));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("Coverage onlyLate names those it waits for, if no relay of theirs is in time, and leave() ends that", () => {
  fc.assert(fc.property(asked, steps, (asked, steps) => {
    const coverage = played(new Coverage(assignmentOf(asked)), steps);
    const own = asked.map((all) => all.slice(0, 2));
    const waited = own.flatMap((relays, row) =>
      isDone([...own.keys()].map((i) => i === row ? relays : []), [], steps) ? [] : [row]
    );
    const isLate = (relays: readonly number[]) =>
      relays.every((index) => {
        const { state } = coverage.relays[index];
        return state === "late" || state === "failed";
      });
    const late = waited.filter((row) => isLate(own[row]));
    assert.deepEqual(coverage.onlyLate, late.length === waited.length ? late : undefined);
    if (late.length < waited.length) return;
    coverage.leave(late);
    assert.ok(coverage.isDone);
    assert.deepEqual(coverage.onlyLate, []);
  }));
});

Deno.test("Coverage onlyLate leaves out nobody of whom each relay counts: threads, events, one user's mentions", () => {
  for (const role of ["thread", "id", "group", "dm", "read", "write"] as const) {
    const assignment = { ...assignmentOf([[0]]), roles: [{ role, first: 0, end: 1 }] };
    const coverage = new Coverage(assignment);
    coverage.markLate(0);
    assert.deepEqual(coverage.onlyLate, role === "write" ? [0] : undefined, role);
  }
});

Deno.test("Coverage is settled once every relay has answered or failed, whether it is asked for a person or not", () => {
  fc.assert(fc.property(asked, steps, (asked, steps) => {
    const coverage = played(new Coverage(assignmentOf(asked, { relaysPerSubject: 3 })), steps);
    const over = steps.filter(({ does }) => does === "answer" || does === "fail");
    assert.equal(coverage.isSettled, new Set(over.map(({ relayIndex }) => relayIndex)).size === 4);
    assert.ok(coverage.isDone || !coverage.isSettled);
  }));
  assert.ok(new Coverage(assignmentOf([], { relays: 0 })).isSettled);
});

Deno.test("Coverage lets no fast and empty relay hide a slower one, nor one in mid-answer", () => {
  const coverage = new Coverage(assignmentOf([[0, 1]], { relays: 2 }));
  coverage.settle(0, ANSWERED);
  assert.ok(!coverage.isDone);
  coverage.saw(1, note({ pubkey: A }), true);
  assert.ok(!coverage.isDone, "more may be on its way");
  coverage.markLate(1);
  assert.ok(coverage.isDone);
});

Deno.test("Coverage waits for no second relay where the first had something, unless it can be replaced", () => {
  for (const [kind, done] of [[1, true], [0, false], [10_002, false], [30_023, false]] as const) {
    const coverage = new Coverage(assignmentOf([[0, 1]], { relays: 2 }));
    coverage.saw(0, note({ pubkey: A, kind }), true);
    assert.ok(!coverage.isDone, "the relay may have more");
    coverage.settle(0, ANSWERED);
    assert.equal(coverage.isDone, done, `kind ${kind}`);
  }
});

Deno.test("Coverage waits for a late relay where no other has answered", () => {
  const coverage = new Coverage(assignmentOf([[0, 1], [1]], { relays: 2 }));
  coverage.markLate(1);
  coverage.settle(0, ANSWERED);
  assert.ok(!coverage.isDone, "B has nobody else");
  coverage.settle(1, FAILED);
  assert.ok(coverage.isDone);
});

Deno.test("Coverage never takes an answer back: a relay that fails or is late afterwards has answered", () => {
  const coverage = new Coverage(assignmentOf([[0, 1]], { relays: 2 }));
  coverage.settle(0, ANSWERED);
  coverage.settle(0, FAILED);
  coverage.markLate(0);
  coverage.markLate(1);
  assert.ok(coverage.isDone);
  // One that failed and then answers has answered, too.
  const other = new Coverage(assignmentOf([[0, 1]], { relays: 2 }));
  other.settle(0, FAILED);
  other.settle(0, ANSWERED);
  other.markLate(1);
  assert.ok(other.isDone);
});

Deno.test("Coverage counts an event for the people tagged in it, whichever tag names them", () => {
  for (const tags of [["p", C], ["P", C], ["P", C, "wss://x"]]) {
    const coverage = new Coverage(assignmentOf([[0, 1], [], [1, 2]], { authors: 2, relays: 3 }));
    coverage.saw(1, note({ pubkey: B, tags: [["e", "x"], tags, tags, ["p"]] }), true);
    for (const index of [0, 1, 2]) coverage.settle(index, ANSWERED);
    const expected = [{ role: "read", subject: C, sent: 1, known: 1, proof: "inferred" }];
    assert.deepEqual([...coverage.delivery(1)], expected);
    coverage.saw(2, note({ pubkey: B, tags: [["t", C], ["e", `x:${C}`], ["pp", C]] }), true);
    assert.deepEqual([...coverage.delivery(1)], expected);
  }
});

Deno.test("Coverage keeps an author and a tagged user apart who are the same person", () => {
  const assignment = {
    ...assignmentOf([[0, 1], [1, 2]], { authors: 1, relays: 3 }),
    subjects: [A, A],
  };
  const coverage = new Coverage(assignment);
  coverage.saw(1, note({ pubkey: A, tags: [["p", A], ["t", A]] }), true);
  coverage.saw(1, note({ pubkey: A }), true);
  coverage.saw(2, note({ pubkey: B, tags: [["p", A]] }), true);
  for (const index of [0, 1, 2]) coverage.settle(index, ANSWERED);
  assert.deepEqual([...coverage.delivery(1)], [
    { role: "write", subject: A, sent: 2, known: 2, proof: "inferred" },
    { role: "read", subject: A, sent: 1, known: 2, proof: "inferred" },
  ]);
});

Deno.test("Coverage counts what a relay sent of the people it was asked for, of all that came of them", () => {
  const coverage = new Coverage(assignmentOf([[0, 1], [1, 2], [0, 1]], { relays: 3 }));
  const posts = [note({ pubkey: A }), note({ pubkey: A }), note({ pubkey: A })];
  coverage.saw(0, posts[0], true);
  coverage.saw(0, posts[1], true);
  coverage.saw(1, posts[1], false);
  coverage.saw(1, posts[2], true);
  coverage.saw(2, posts[0], false);
  // Not asked for A: what it has of them is of another window.
  coverage.saw(2, note({ pubkey: A }), true);
  for (const index of [0, 1, 2]) coverage.settle(index, ANSWERED);
  assert.deepEqual([...coverage.delivery(0)], [{
    role: "write",
    subject: A,
    sent: 2,
    known: 3,
    proof: "inferred",
  }]);
  assert.deepEqual([...coverage.delivery(1)], [{
    role: "write",
    subject: A,
    sent: 2,
    known: 3,
    proof: "inferred",
  }]);
  assert.deepEqual([...coverage.delivery(2)], [], "nobody had anything of B");
});

Deno.test("Coverage reports delivery as soon as two relays have answered, of however many", () => {
  const coverage = new Coverage(assignmentOf([[0, 1, 2]], { relaysPerSubject: 3, relays: 3 }));
  coverage.saw(0, note({ pubkey: A }), true);
  coverage.settle(0, ANSWERED);
  coverage.settle(2, ANSWERED);
  assert.deepEqual([...coverage.delivery(2)], [{
    role: "write",
    subject: A,
    sent: 0,
    known: 1,
    proof: "inferred",
  }]);
});

Deno.test("Coverage reports no delivery where a single relay answered", () => {
  const coverage = new Coverage(assignmentOf([[0, 1], [0]], { relays: 2 }));
  coverage.saw(0, note({ pubkey: A }), true);
  coverage.saw(0, note({ pubkey: B }), true);
  coverage.settle(0, ANSWERED);
  coverage.settle(1, FAILED);
  assert.deepEqual([...coverage.delivery(0)], []);
  coverage.settle(1, ANSWERED);
  assert.deepEqual([...coverage.delivery(0)], [{
    role: "write",
    subject: A,
    sent: 1,
    known: 1,
    proof: "inferred",
  }]);
  assert.deepEqual([...coverage.delivery(1)], [{
    role: "write",
    subject: A,
    sent: 0,
    known: 1,
    proof: "inferred",
  }]);
});

Deno.test("Coverage takeOrphans() gives each row once whose relays are all lost, if it had one", () => {
  const lost = fc.uniqueArray(relayIndex);
  fc.assert(fc.property(asked, lost, (asked, lost) => {
    const coverage = new Coverage(assignmentOf(asked, { relaysPerSubject: 3 }));
    for (const index of lost) coverage.markLost(index);
    const orphans = asked.flatMap((own, row) =>
      own.length > 0 && own.every((index) => lost.includes(index)) ? [row] : []
    );
    assert.deepEqual(coverage.takeOrphans(), orphans);
    assert.deepEqual(coverage.takeOrphans(), []);
  }));
  for (const [asked, relaysPerSubject, orphans] of [[[[], []], 0, []], [[[1], [0]], 1, [1]]]) {
    const all = assignmentOf(asked as number[][], { relaysPerSubject: relaysPerSubject as number });
    const coverage = new Coverage(all);
    coverage.markLost(0);
    assert.deepEqual(coverage.takeOrphans(), orphans);
  }
});

Deno.test("Coverage has one record of each relay: where its answer is, whether it is lost, whether EOSE is out", () => {
  const coverage = new Coverage(assignmentOf([[0, 1]], { relays: 2 }));
  const fresh = { state: "waiting", proof: "unknown", isLost: false, isEoseSent: false };
  assert.deepEqual(coverage.relays, [fresh, fresh]);
  assert.ok(!coverage.hasSettled(0));
  coverage.markLate(0);
  assert.ok(!coverage.hasSettled(0));
  coverage.markLost(0);
  coverage.settle(0, FAILED);
  assert.deepEqual(coverage.relays, [{ ...fresh, state: "failed", isLost: true }, fresh]);
  assert.ok(coverage.hasSettled(0));
  coverage.settle(0, { answered: true, proof: "unknown" });
  assert.deepEqual(coverage.relays[0], { ...fresh, state: "answered" }, "it works after all");
  coverage.settle(0, ANSWERED);
  coverage.markEoseSent(0);
  coverage.settle(0, FAILED);
  const whole = { ...fresh, state: "answered", proof: "inferred", isEoseSent: true };
  assert.deepEqual(coverage.relays, [whole, fresh], "what came is not taken back");
});

Deno.test("Coverage takeOrphans() counts popular relays that answered and had nothing like fallback relays", () => {
  for (const [relaysPerAuthor, orphans] of [[2, [0]], [3, []]] as const) {
    const all = assignmentOf([[0, 1, 2]], { relaysPerSubject: 3, relays: 3 });
    const coverage = new Coverage({ ...all, relaysPerAuthor });
    coverage.markLost(0);
    coverage.settle(1, ANSWERED);
    assert.deepEqual(coverage.takeOrphans(), []);
    coverage.settle(2, ANSWERED);
    assert.deepEqual(coverage.takeOrphans(), orphans);
  }
});
