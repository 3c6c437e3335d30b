/**
 * Where an event should be, and where it is, as types.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { AnswerProof } from "../nostr/answer_proof.ts";
import type { EventRelayReason } from "../nostr/event_relay_reason.ts";
import type { ProbeFailure } from "./relay_prober.ts";

/**
 * Why a relay was asked: where the event should be, by the lists of those whom it concerns; or the
 * code named it (`link`), an app would ask there (`reader`), or would if its user did not block the
 * relay (`blocked`), it came from there (`seen`).
 */
export type WhyPlace = EventRelayReason | "link" | "reader" | "blocked" | "seen";

/** One relay, and whether it has the event. */
export interface WhyRelay {
  readonly url: string;
  readonly places: readonly WhyPlace[];
  /**
   * `has`; `older`: it has an older version; `lacks`: see `proof`; `unknown`: it did not answer, or
   * kept something back; `refused`: it is no relay to connect to.
   */
  readonly answer: "has" | "older" | "lacks" | "unknown" | "refused";
  /** How far the answer can be believed; see {@link AnswerProof}. */
  readonly proof: AnswerProof;
  /** What went wrong. */
  readonly failure?: ProbeFailure | { readonly reason: string; readonly text: string };
}

/** Where an event should be, and where it is. */
export interface EventPlaces {
  /** The event, in its newest version; absent if no relay has it. */
  readonly event?: NostrEvent;
  readonly author?: string;
  readonly hasList: boolean;
  /** Whether too few relays answered the search for the author's list. */
  readonly isUnanswered: boolean;
  /** The request of its author to delete it; absent if no relay has one. */
  readonly deletion?: NostrEvent;
  readonly isExpired: boolean;
  /** Why it goes nowhere by the rules, as a clause; absent if it goes somewhere. */
  readonly refusal?: string;
  readonly relays: readonly WhyRelay[];
}
