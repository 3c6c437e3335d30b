import fc from "fast-check";
import assert from "node:assert/strict";
import type { Assignment, RoleRows } from "../../src/plan/assignment.ts";
import { Coverage } from "../../src/requests/coverage.ts";
import { AUTHORS, note } from "../support/notes.ts";

const [A, B, C] = AUTHORS;

/** Seats as a plan leaves them, from a list of places a person. */
function seatsOf(
  asked: readonly (readonly number[])[],
  {
    authors = asked.length,
    copies: relaysPerSubject = 2,
    open: unscoped = [] as number[],
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
  | { does: "answer" | "fail" | "late"; place: number }
  | { does: "send"; place: number; person: number; kind: number };

const place = fc.nat(3);
const steps = fc.array(
  fc.oneof(
    fc.record({ does: fc.constantFrom("answer", "fail", "late"), place }),
    fc.record({
      does: fc.constant("send"),
      place,
      person: fc.nat(3),
      kind: fc.constantFrom(0, 1, 30_023),
    }),
  ) as fc.Arbitrary<Step>,
  { maxLength: 14 },
);
const asked = fc.array(fc.uniqueArray(place, { maxLength: 3 }), { maxLength: 4 });
const open = fc.uniqueArray(place, { maxLength: 2 });

/** What the doc of `isDone` says, person by person. */
function isDone(asked: readonly (readonly number[])[], open: readonly number[], steps: Step[]) {
  const states = ["waiting", "waiting", "waiting", "waiting"];
  const sent: [number, number][] = [];
  for (const step of steps) {
    const { does, place } = step;
    if (does === "send" && step.kind === 1) sent.push([step.person, place]);
    if (does === "answer") states[place] = "answered";
    if (does === "fail" && states[place] !== "answered") states[place] = "failed";
    if (does === "late" && states[place] === "waiting") states[place] = "late";
  }
  const isWaitedFor = (place: number, own: readonly number[], person?: number) => {
    if (states[place] === "answered" || states[place] === "failed") return false;
    const answers = own.filter((other) => states[other] === "answered");
    const hadSomething = answers.some((other) =>
      sent.some(([p, at]) => p === person && at === other)
    );
    return !(answers.length > 0 && (hadSomething || states[place] === "late"));
  };
  return asked.every((own, person) => !own.some((place) => isWaitedFor(place, own, person))) &&
    !open.some((place) => isWaitedFor(place, open));
}

function played(coverage: Coverage, steps: readonly Step[]): Coverage {
  for (const step of steps) {
    if (step.does === "answer") coverage.settle(step.place, true);
    if (step.does === "fail") coverage.settle(step.place, false);
    if (step.does === "late") coverage.isLate(step.place);
    if (step.does !== "send") continue;
    const { person, kind } = step;
    coverage.saw(step.place, note({ pubkey: AUTHORS[person], kind }), true);
  }
  return coverage;
}

Deno.test("Coverage is done once no relay is waited for, for anybody's sake", () => {
  fc.assert(
    fc.property(asked, open, steps, (asked, open, steps) => {
      const coverage = played(new Coverage(seatsOf(asked, { copies: 3, open })), steps);
      assert.equal(coverage.isDone, isDone(asked, open, steps));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("Coverage is settled once every relay has answered or failed, asked for somebody or not", () => {
  fc.assert(fc.property(asked, steps, (asked, steps) => {
    const coverage = played(new Coverage(seatsOf(asked, { copies: 3 })), steps);
    const over = steps.filter(({ does }) => does === "answer" || does === "fail");
    assert.equal(coverage.isSettled, new Set(over.map(({ place }) => place)).size === 4);
    assert.ok(coverage.isDone || !coverage.isSettled);
  }));
  assert.ok(new Coverage(seatsOf([], { relays: 0 })).isSettled);
});

Deno.test("Coverage lets no fast and empty relay hide a slower one, nor one in mid-answer", () => {
  const coverage = new Coverage(seatsOf([[0, 1]], { relays: 2 }));
  coverage.settle(0, true);
  assert.ok(!coverage.isDone);
  coverage.saw(1, note({ pubkey: A }), true);
  assert.ok(!coverage.isDone, "more may be on its way");
  coverage.isLate(1);
  assert.ok(coverage.isDone);
});

Deno.test("Coverage waits for no second relay where the first had something, unless it can be replaced", () => {
  for (const [kind, done] of [[1, true], [0, false], [10_002, false], [30_023, false]] as const) {
    const coverage = new Coverage(seatsOf([[0, 1]], { relays: 2 }));
    coverage.saw(0, note({ pubkey: A, kind }), true);
    assert.ok(!coverage.isDone, "the relay may have more");
    coverage.settle(0, true);
    assert.equal(coverage.isDone, done, `kind ${kind}`);
  }
});

Deno.test("Coverage waits for a late relay where nobody else has answered", () => {
  const coverage = new Coverage(seatsOf([[0, 1], [1]], { relays: 2 }));
  coverage.isLate(1);
  coverage.settle(0, true);
  assert.ok(!coverage.isDone, "B has nobody else");
  coverage.settle(1, false);
  assert.ok(coverage.isDone);
});

Deno.test("Coverage never takes an answer back: a relay that fails or is late afterwards has answered", () => {
  const coverage = new Coverage(seatsOf([[0, 1]], { relays: 2 }));
  coverage.settle(0, true);
  coverage.settle(0, false);
  coverage.isLate(0);
  coverage.isLate(1);
  assert.ok(coverage.isDone);
  // One that failed and then answers has answered, too.
  const other = new Coverage(seatsOf([[0, 1]], { relays: 2 }));
  other.settle(0, false);
  other.settle(0, true);
  other.isLate(1);
  assert.ok(other.isDone);
});

Deno.test("Coverage counts an event for those tagged in it, whichever tag names them", () => {
  for (
    const tags of [["p", C], ["P", C], ["a", `30023:${C}:x`], ["A", `30023:${C}:x:y`, "wss://x"]]
  ) {
    const coverage = new Coverage(seatsOf([[0, 1], [], [1, 2]], { authors: 2, relays: 3 }));
    coverage.saw(1, note({ pubkey: B, tags: [["e", "x"], tags, tags, ["p"]] }), true);
    for (const place of [0, 1, 2]) coverage.settle(place, true);
    const expected = [{ name: C, sent: 1, known: 1 }];
    assert.deepEqual([...coverage.delivery(1)], expected);
    coverage.saw(2, note({ pubkey: B, tags: [["t", C], ["e", `x:${C}`], ["pp", C]] }), true);
    assert.deepEqual([...coverage.delivery(1)], expected);
  }
});

Deno.test("Coverage keeps an author and a tagged user apart who are the same person", () => {
  const seats = { ...seatsOf([[0, 1], [1, 2]], { authors: 1, relays: 3 }), subjects: [A, A] };
  const coverage = new Coverage(seats);
  coverage.saw(1, note({ pubkey: A, tags: [["p", A], ["t", A]] }), true);
  coverage.saw(1, note({ pubkey: A }), true);
  coverage.saw(2, note({ pubkey: B, tags: [["p", A]] }), true);
  for (const place of [0, 1, 2]) coverage.settle(place, true);
  assert.deepEqual([...coverage.delivery(1)], [
    { name: A, sent: 2, known: 2 },
    { name: A, sent: 1, known: 2 },
  ]);
});

Deno.test("Coverage counts what a relay sent of those it was asked for, of all that came of them", () => {
  const coverage = new Coverage(seatsOf([[0, 1], [1, 2], [0, 1]], { relays: 3 }));
  const posts = [note({ pubkey: A }), note({ pubkey: A }), note({ pubkey: A })];
  coverage.saw(0, posts[0], true);
  coverage.saw(0, posts[1], true);
  coverage.saw(1, posts[1], false);
  coverage.saw(1, posts[2], true);
  coverage.saw(2, posts[0], false);
  // Not asked for A: what it has of them is of another window.
  coverage.saw(2, note({ pubkey: A }), true);
  for (const place of [0, 1, 2]) coverage.settle(place, true);
  assert.deepEqual([...coverage.delivery(0)], [{ name: A, sent: 2, known: 3 }]);
  assert.deepEqual([...coverage.delivery(1)], [{ name: A, sent: 2, known: 3 }]);
  assert.deepEqual([...coverage.delivery(2)], [], "nobody had anything of B");
});

Deno.test("Coverage tells of delivery as soon as two relays have answered, of however many", () => {
  const coverage = new Coverage(seatsOf([[0, 1, 2]], { copies: 3, relays: 3 }));
  coverage.saw(0, note({ pubkey: A }), true);
  coverage.settle(0, true);
  coverage.settle(2, true);
  assert.deepEqual([...coverage.delivery(2)], [{ name: A, sent: 0, known: 1 }]);
});

Deno.test("Coverage tells of no delivery where a single relay answered", () => {
  const coverage = new Coverage(seatsOf([[0, 1], [0]], { relays: 2 }));
  coverage.saw(0, note({ pubkey: A }), true);
  coverage.saw(0, note({ pubkey: B }), true);
  coverage.settle(0, true);
  coverage.settle(1, false);
  assert.deepEqual([...coverage.delivery(0)], []);
  coverage.settle(1, true);
  assert.deepEqual([...coverage.delivery(0)], [{ name: A, sent: 1, known: 1 }]);
  assert.deepEqual([...coverage.delivery(1)], [{ name: A, sent: 0, known: 1 }]);
});

Deno.test("Coverage names as orphans those all of whose relays are lost, if they had one", () => {
  fc.assert(fc.property(asked, fc.uniqueArray(place), (asked, lost) => {
    const coverage = new Coverage(seatsOf(asked, { copies: 3 }));
    const orphans = asked.flatMap((own, row) =>
      own.length > 0 && own.every((place) => lost.includes(place)) ? [row] : []
    );
    assert.deepEqual(coverage.orphans(new Set(lost)), orphans);
  }));
  assert.deepEqual(new Coverage(seatsOf([[], []], { copies: 0 })).orphans(new Set([0])), []);
  assert.deepEqual(new Coverage(seatsOf([[1], [0]], { copies: 1 })).orphans(new Set([0])), [1]);
});
