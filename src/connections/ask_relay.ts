/**
 * Asks one relay for what it has stored, once.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { RelayConnector } from "./relay_connector.ts";
import { RelayRequest, type RelayRequestOptions } from "./relay_request.ts";

/** How a relay's answer came to its end. */
export interface AskResult {
  /** Whether the relay said that there is no more. */
  readonly answered: boolean;
  /** Whether nothing was cut off on the way, so that what did not come is not there. */
  readonly complete: boolean;
}

/** Who is told of events, and for how long to wait. */
export interface AskOptions {
  /** Told of each event; perhaps not for the first time. */
  readonly onEvent: (event: NostrEvent) => void;
  /** Ends it; the relay counts as one that did not answer. */
  readonly signal: AbortSignal;
  /** After how many milliseconds the relay counts as one that did not answer. */
  readonly timeout: number;
}

/**
 * Resolves once the relay has answered, or has failed, or the time is up. Never rejects.
 *
 * @param filters With a `since`, so that an answer that the relay cuts short is asked
 * on for page by page.
 */
export async function askRelay(
  link: RelayConnector,
  filters: readonly NostrFilter[],
  options: RelayRequestOptions,
  { onEvent, signal, timeout }: AskOptions,
): Promise<AskResult> {
  const ending = new AbortController();
  let asked: AskResult = { answered: false, complete: false };
  const end = () => ending.abort();
  const leg = new RelayRequest(link, filters, { ...options, isOnce: true }, {
    event: onEvent,
    late: () => {},
    lost: () => {},
    settled: ({ answered, complete }) => {
      asked = { answered, complete };
      end();
    },
  });
  const cancel = options.clock.after(timeout, end);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  try {
    await leg.run(ending.signal);
  } finally {
    signal.removeEventListener("abort", end);
    cancel();
  }
  return asked;
}
