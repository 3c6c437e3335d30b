/**
 * Ways to use a RelayConnector in tests.
 *
 * @module
 */

import type { RelayConnector } from "../../src/connections/relay_connector.ts";
import type { RelayFailureError } from "../../src/nostr/errors.ts";

/** A signal that is never aborted. */
export const never = new AbortController().signal;

/** `fine` if a promise resolves, or the reason of its rejection. */
export const fate = (promise: Promise<unknown>) =>
  promise.then(() => "fine", (error: RelayFailureError) => error.reason ?? error.message);

/** A connection, with a use of the connector so that it is opened. */
export function using(connector: RelayConnector, rank = 0, signal: AbortSignal = never) {
  const { release } = connector.use();
  return { release, connection: connector.connection(rank, signal) };
}
