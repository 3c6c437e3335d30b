/**
 * What an answer proves: whether the relay lacks what the answer lacks.
 *
 * @module
 */

/**
 * Why an answer is believed to be all that the relay holds, from the strongest proof to none.
 * `finish`: the relay says so (NIP-67). `drained`: a further page brought nothing new. `inferred`:
 * it had fewer events than the relay is known to send, or reached back as far as was asked.
 * `unknown`: it was cut, late, refused or withheld. Only the first two prove that the relay lacks
 * the rest.
 */
export type AnswerProof = "finish" | "drained" | "inferred" | "unknown";

/** All proofs, the strongest first. */
export const ANSWER_PROOFS: readonly AnswerProof[] = ["finish", "drained", "inferred", "unknown"];

/** The weakest of some proofs; `unknown` for none. */
export function weakestProof(proofs: Iterable<AnswerProof>): AnswerProof {
  const weakest = Math.max(...[...proofs].map((proof) => ANSWER_PROOFS.indexOf(proof)));
  return ANSWER_PROOFS[weakest] ?? "unknown";
}
