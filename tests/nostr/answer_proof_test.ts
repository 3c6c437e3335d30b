import assert from "node:assert/strict";
import { ANSWER_PROOFS, weakestProof } from "../../src/nostr/answer_proof.ts";

Deno.test("weakestProof() of some proofs is the weakest, and unknown if there is none", () => {
  assert.deepEqual(ANSWER_PROOFS, ["finish", "drained", "inferred", "unknown"]);
  for (const [i, a] of ANSWER_PROOFS.entries()) {
    for (const [j, b] of ANSWER_PROOFS.entries()) {
      assert.equal(weakestProof([a, b]), i > j ? a : b);
    }
  }
  assert.equal(weakestProof(["finish"]), "finish");
  assert.equal(weakestProof([]), "unknown");
});
