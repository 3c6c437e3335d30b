/**
 * What the end of an offer means for a publication: refused for good, for now, or not reached.
 * Pure.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { isEphemeralKind } from "nostr-tools/kinds";
import { messageOf } from "../base/message_of.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import { DELETION_KIND, VANISH_KIND } from "../nostr/kinds.ts";
import type { RelayFailure } from "../nostr/relay_failure.ts";
import { BACKOFFS, waitMs } from "../relays/backoff.ts";
import { retryAfter } from "../relays/relay_replies.ts";
import type { OfferOutcome } from "./publication_change.ts";

/** What an outcome depends on besides the relay's answer. */
export interface OfferContext {
  readonly event: NostrEvent;
  /** How often the event was offered to the relay before. */
  readonly tries: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Random numbers in [0, 1), for the jitter of pauses. */
  readonly random: () => number;
  /** Whether the event is offered once and never again. */
  readonly isOnce: boolean;
}

/** A refusal without a prefix of NIP-01 is final after so many offers. */
const MAX_UNNAMED_REFUSALS = 3;

/** What a failure means: final, for now, or that the relay was not reached. */
const MEANING: Readonly<Record<RelayFailure, OfferOutcome["type"] | "unnamed">> = {
  "blocked-by-user": "gone",
  unreachable: "unreachable",
  "connect-timeout": "unreachable",
  "no-answer": "unreachable",
  "no-ok": "unreachable",
  disconnected: "unreachable",
  flood: "unreachable",
  junk: "unreachable",
  "auth-required": "sign-in",
  restricted: "refused",
  "rate-limited": "postponed",
  blocked: "refused",
  invalid: "refused",
  pow: "refused",
  mute: "refused",
  unsupported: "refused",
  duplicate: "taken",
  error: "postponed",
  closed: "unnamed",
};

/** What an offer came to; `error` is what it failed with. */
export function offerOutcome(error: unknown, context: OfferContext): OfferOutcome {
  const failure = error instanceof RelayFailureError ? error.reason : "unreachable";
  const reason = reasonText(error);
  const { isOnce, tries } = context;
  let meaning = MEANING[failure];
  if (meaning === "unnamed") {
    meaning = tries + 1 < MAX_UNNAMED_REFUSALS ? "postponed" : "refused";
  }
  const isOver = meaning === "taken" || meaning === "refused" || meaning === "gone";
  if (isOnce && !isOver) {
    return { type: "given-up", reason: `it is offered once, and that failed: ${reason}` };
  }
  switch (meaning) {
    case "taken":
      return { type: "taken" };
    case "gone":
    case "given-up":
      return { type: "gone", reason };
    case "postponed":
    case "sign-in":
      return { type: meaning, failure, reason, nextAt: context.now + pauseMs(reason, context) };
    default:
      return { type: meaning, failure, reason };
  }
}

/** Whether an event must not wait behind others: it takes something back. */
export function isUrgent({ kind }: Pick<NostrEvent, "kind">): boolean {
  return kind === DELETION_KIND || kind === VANISH_KIND;
}

/** Whether an event is of use only now (NIP-01). */
export function isOnce({ kind }: Pick<NostrEvent, "kind">): boolean {
  return isEphemeralKind(kind);
}

function pauseMs(reason: string, { event, tries, random }: OfferContext): number {
  const backoff = isUrgent(event) ? BACKOFFS.refusedDeletion : BACKOFFS.refusedEvent;
  return retryAfter(reason) ?? waitMs(backoff, tries + 1, random);
}

/** The relay's own word if it said one, else what went wrong. */
function reasonText(error: unknown): string {
  if (!(error instanceof RelayFailureError)) return messageOf(error);
  const { cause, message, reason, relay } = error;
  if (cause instanceof RelayFailureError) return reasonText(cause);
  if (cause !== undefined) return messageOf(cause);
  const start = `Relay ${relay} failed (${reason}): `;
  return message.startsWith(start) ? message.slice(start.length) : message;
}
