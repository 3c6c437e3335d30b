import assert from "node:assert/strict";
import * as fc from "fast-check";
import { type AnswerProof, weakestProof } from "../../src/nostr/answer_proof.ts";
import { subjectProofs } from "../../src/requests/subject_proofs.ts";
import { AUTHORS } from "../support/notes.ts";

const PROOFS: readonly AnswerProof[] = ["unknown", "inferred", "drained"];

Deno.test("subjectProofs() gives each subject that a filter names the weakest proof of those that name it", () => {
  const named = fc.record({
    key: fc.constantFrom("authors" as const, "#p" as const, "ids" as const, "#e" as const),
    subjects: fc.uniqueArray(fc.constantFrom(...AUTHORS.slice(0, 4))),
    proof: fc.constantFrom(...PROOFS),
  });
  fc.assert(fc.property(fc.array(named), (all) => {
    const proofs = new Map(all.map(({ key, subjects, proof }) => [{ [key]: subjects }, proof]));
    const bySubject = subjectProofs(proofs);
    for (const subject of AUTHORS.slice(0, 4)) {
      const own = all.filter(({ subjects }) => subjects.includes(subject));
      const weakest = own.length > 0 ? weakestProof(own.map(({ proof }) => proof)) : undefined;
      assert.equal(bySubject.get(subject), weakest);
    }
  }));
});

Deno.test("subjectProofs() has nothing without proofs, nor of filters that name nobody", () => {
  assert.equal(subjectProofs().size, 0);
  assert.equal(subjectProofs(new Map([[{ kinds: [1] }, "drained"]])).size, 0);
});
