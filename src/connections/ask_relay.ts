/**
 * Requests stored events from one relay, once.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { onAbort } from "../base/abortable.ts";
import type { AnswerProof } from "../nostr/answer_proof.ts";
import type { RelayFailureError } from "../nostr/errors.ts";
import type { RelayConnector } from "./relay_connector.ts";
import { RelayRequest, type RelayRequestOptions } from "./relay_request.ts";

/** How a relay's answer came to its end. */
export interface AskResult {
  /** Whether the relay said that there is no more. */
  readonly answered: boolean;
  /** Whether nothing is known to be cut off or withheld: the proof is not `unknown`. */
  readonly complete: boolean;
  /** What the answer to each filter, or part of one, proves; absent without an answer. */
  readonly proofs?: ReadonlyMap<NostrFilter, AnswerProof>;
  /** What went wrong; absent if the relay answered, or the time was up. */
  readonly error?: RelayFailureError;
}

/** What to call with events, and how long to wait. */
export interface AskOptions {
  /** Called with each event, perhaps more than once with the same. */
  readonly onEvent: (event: NostrEvent) => void;
  /** Ends the request; the relay counts as one that did not answer. */
  readonly signal: AbortSignal;
  /** After how many milliseconds the relay counts as one that did not answer. */
  readonly timeout: number;
}

/**
 * Resolves once the relay has answered or failed, or the time is up. Never rejects.
 *
 * @param filters With a `since`, so that an answer that the relay cuts short is continued page by
 * page.
 */
export async function askRelay(
  connector: RelayConnector,
  filters: readonly NostrFilter[],
  options: RelayRequestOptions,
  { onEvent, signal, timeout }: AskOptions,
): Promise<AskResult> {
  const ending = new AbortController();
  let result: AskResult = { answered: false, complete: false };
  const end = () => ending.abort();
  const request = new RelayRequest(connector, filters, { ...options, isOnce: true }, {
    event: onEvent,
    late: () => {},
    lost: () => {},
    settled: ({ answered, proof, proofs, error }) => {
      result = { answered, complete: proof !== "unknown", proofs, error };
      end();
    },
  });
  const cancelTimeout = options.clock.after(timeout, end);
  const release = onAbort(signal, end);
  try {
    await request.run(ending.signal);
  } finally {
    release();
    cancelTimeout();
  }
  return result;
}
