import fc from "fast-check";
import assert from "node:assert/strict";
import type { Assignment } from "../../src/plan/assignment.ts";
import { Coverage } from "../../src/requests/coverage.ts";
import { deliveryReport, missedSubjects } from "../../src/requests/delivery_report.ts";
import { AUTHORS, note } from "../support/notes.ts";

/** Every person is asked for on all three relays. */
const PEOPLE = AUTHORS.slice(0, 3);
const ASSIGNMENT: Assignment = {
  urls: ["wss://0.example/", "wss://1.example/", "wss://2.example/"],
  subjects: PEOPLE,
  roles: [{ role: "write", first: 0, end: PEOPLE.length }],
  relayIndexes: Int32Array.from(PEOPLE.flatMap(() => [0, 1, 2])),
  relaysPerSubject: 3,
  unscoped: [],
};

const posts = PEOPLE.flatMap((pubkey) => [note({ pubkey }), note({ pubkey })]);
/** Which of the posts each relay sends, and how its answer ends. */
const relays = fc.array(
  fc.record({
    sends: fc.uniqueArray(fc.nat(posts.length - 1)),
    end: fc.constantFrom("complete", "cut", "failed"),
  }),
  { minLength: 3, maxLength: 3 },
);

/** The coverage once the relays have sent that; which posts came, and whether answers can be compared. */
function coverageOf(relays: readonly { sends: readonly number[]; end: string }[]) {
  const coverage = new Coverage(ASSIGNMENT);
  const seen = new Set<number>();
  relays.forEach(({ sends, end }, relayIndex) => {
    for (const post of sends) {
      coverage.saw(relayIndex, posts[post], !seen.has(post));
      seen.add(post);
    }
    coverage.settle(relayIndex, {
      answered: end !== "failed",
      proof: end === "complete" ? "inferred" : "unknown",
    });
  });
  const isComparable = relays.filter(({ end }) => end !== "failed").length >= 2;
  return { coverage, seen, isComparable };
}

Deno.test("deliveryReport() has, of each complete answer, the shares of what came of each person", () => {
  fc.assert(fc.property(relays, (relays) => {
    const { coverage, seen, isComparable } = coverageOf(relays);
    const expected = relays.flatMap(({ sends, end }, relayIndex) => {
      if (end !== "complete" || !isComparable) return [];
      let hits = 0, people = 0;
      PEOPLE.forEach((_, person) => {
        const own = [2 * person, 2 * person + 1].filter((post) => seen.has(post));
        if (own.length === 0) return;
        people++;
        hits += own.filter((post) => sends.includes(post)).length / own.length;
      });
      return people > 0 ? [{ relayIndex, hits, misses: people - hits }] : [];
    });
    assert.deepEqual(deliveryReport(coverage), expected);
    assert.deepEqual(deliveryReport(coverage), expected, "it changes nothing");
  }));
});

Deno.test("deliveryReport() counts an event that came twice from one relay as one", () => {
  const coverage = new Coverage(ASSIGNMENT);
  for (const isNew of [true, false]) coverage.saw(0, posts[0], isNew);
  for (const index of [0, 1]) {
    coverage.settle(index, {
      answered: true,
      proof: index === 0 ? "inferred" : "unknown",
    });
  }
  assert.deepEqual(deliveryReport(coverage), [{ relayIndex: 0, hits: 1, misses: 0 }]);
});

Deno.test("deliveryReport() leaves out the subjects whose filters were cut, and keeps the others of the relay", () => {
  const coverage = new Coverage(ASSIGNMENT);
  for (const post of posts) coverage.saw(0, post, true);
  coverage.settle(0, { answered: true, proof: "finish" });
  coverage.settle(1, {
    answered: true,
    proof: "unknown",
    proofs: new Map([
      [{ authors: PEOPLE.slice(1, 2), kinds: [7] }, "unknown"],
      [{ authors: PEOPLE.slice(0, 2), kinds: [1] }, "inferred"],
      [{ authors: PEOPLE.slice(2), kinds: [1] }, "drained"],
    ]),
  });
  assert.deepEqual([...coverage.delivery(1)].map(({ proof }) => proof), [
    "inferred",
    "unknown",
    "drained",
  ]);
  assert.deepEqual(deliveryReport(coverage), [
    { relayIndex: 0, hits: 3, misses: 0 },
    { relayIndex: 1, hits: 0, misses: 2 },
  ]);
});

Deno.test("missedSubjects() names of whom a relay's whole answer had nothing, while another had something", () => {
  fc.assert(fc.property(relays, (relays) => {
    const { coverage, seen, isComparable } = coverageOf(relays);
    const expected = relays.flatMap(({ sends, end }, relayIndex) =>
      end !== "complete" || !isComparable ? [] : PEOPLE.flatMap((subject, person) => {
        const own = [2 * person, 2 * person + 1];
        const isMissed = own.some((post) => seen.has(post)) &&
          !own.some((post) => sends.includes(post));
        return isMissed ? [{ relayIndex, role: "write", subject }] : [];
      })
    );
    assert.deepEqual(missedSubjects(coverage), expected);
  }));
});

Deno.test("deliveryReport() blames no relay for people of whom popular relays are asked, and missedSubjects() names them", () => {
  // Two relays are as many as somebody with a list has.
  const coverage = new Coverage({ ...ASSIGNMENT, relaysPerAuthor: 2 });
  coverage.saw(0, posts[0], true);
  for (const relayIndex of [0, 1, 2]) {
    coverage.settle(relayIndex, { answered: true, proof: "inferred" });
  }
  assert.deepEqual(deliveryReport(coverage), []);
  const missed = missedSubjects(coverage).map(({ relayIndex, subject }) => [relayIndex, subject]);
  assert.deepEqual(missed, [[1, PEOPLE[0]], [2, PEOPLE[0]]]);
});
