/**
 * Ways to use a link in tests.
 *
 * @module
 */

import type { RelayConnector } from "../../src/connections/relay_connector.ts";
import type { RelayFailureError } from "../../src/nostr/errors.ts";

/** A signal that is never aborted. */
export const never = new AbortController().signal;

/** What a promise comes to: a value, or why not. */
export const fate = (promise: Promise<unknown>) =>
  promise.then(() => "fine", (error: RelayFailureError) => error.reason ?? error.message);

/** A session, with a use of the link so that it is opened. */
export function using(link: RelayConnector, rank = 0, signal: AbortSignal = never) {
  const { release } = link.use();
  return { release, session: link.connection(rank, signal) };
}
