import type { NostrFilter } from "@nostrify/types";
import assert from "node:assert/strict";
import { answeredRanges } from "../src/answered_ranges.ts";
import type { AnswerProof } from "../src/nostr/answer_proof.ts";
import { START } from "../testing/test_clock.ts";
import { P } from "./support/listed_people.ts";
import { A } from "./support/relay_records.ts";

function rangesOf(
  filter: NostrFilter,
  proof: AnswerProof = "finish",
  askedAt: number | undefined = START,
) {
  const proofs = new Map([[filter, proof]]);
  return answeredRanges(A, { answered: true, proof, proofs, askedAt });
}

Deno.test("answeredRanges() reach from the filter's since to its until, or to when the relay was asked", () => {
  const range = { relay: A, authors: [P], proof: "finish", at: START };
  assert.deepEqual(rangesOf({ authors: [P], kinds: [1], since: 5, until: 9, limit: 100 }), [
    { ...range, kinds: [1], since: 5, until: 9 },
  ]);
  assert.deepEqual(rangesOf({ authors: [P] }), [
    { ...range, kinds: undefined, since: 0, until: START },
  ]);
});

Deno.test("answeredRanges() have nothing of filters that leave out some of an author's events, or of no proof", () => {
  for (
    const more of [{ "#t": ["x"] }, { search: "x" }, { ids: [P] }, { "#p": [P] }, { limit: 0 }]
  ) {
    assert.deepEqual(rangesOf({ authors: [P], ...more }), [], JSON.stringify(more));
  }
  assert.deepEqual(rangesOf({ kinds: [1] }), []);
  assert.deepEqual(rangesOf({ authors: [P] }, "unknown"), []);
  assert.deepEqual(answeredRanges(A, { answered: true, proof: "finish" }), []);
  assert.equal(rangesOf({ authors: [P], search: undefined }).length, 1);
});
