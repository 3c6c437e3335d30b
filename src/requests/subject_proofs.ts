/**
 * What the answers to some filters prove about the subjects that these name.
 *
 * Pure.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { type AnswerProof, weakestProof } from "../nostr/answer_proof.ts";
import { eventOrGroupScope, peopleScope } from "../nostr/filter_subjects.ts";

/** Each subject has the weakest proof of the filters that name it. */
export function subjectProofs(
  proofs: ReadonlyMap<NostrFilter, AnswerProof> = new Map(),
): Map<string, AnswerProof> {
  const bySubject = new Map<string, AnswerProof>();
  for (const [filter, proof] of proofs) {
    const { subjects = [] } = peopleScope(filter) ?? eventOrGroupScope(filter) ?? {};
    for (const subject of subjects) {
      bySubject.set(subject, weakestProof([bySubject.get(subject) ?? proof, proof]));
    }
  }
  return bySubject;
}
