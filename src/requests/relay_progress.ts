/**
 * What a request knows of one of its relays.
 *
 * @module
 */

import type { AnswerProof } from "../nostr/answer_proof.ts";
import type { Role } from "../nostr/relay_knowledge.ts";

/** How far one relay of a request has come. */
export interface RelayProgress {
  /** Where its stored events are. `late`: not over, and later than they should be. */
  readonly state: "waiting" | "late" | "answered" | "failed";
  /** What its whole answer proves. */
  readonly proof: AnswerProof;
  /** Whether the relay does not work, before its answer or after it. */
  readonly isLost: boolean;
  /** Whether its listener got the EOSE. */
  readonly isEoseSent: boolean;
}

/** What one relay sent of one subject. */
export interface SubjectDelivery {
  readonly role: Role;
  readonly subject: string;
  /** How many events it sent. */
  readonly sent: number;
  /** How many different ones came from all relays. */
  readonly known: number;
  /** What its answer proves about the events of the subject that it did not send. */
  readonly proof: AnswerProof;
  /** Present where popular relays are asked for the subject: they need not have its events. */
  readonly hasPopular?: true;
}
