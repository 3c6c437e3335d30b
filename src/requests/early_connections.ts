/**
 * Connections to relays that a request will ask soon: they are opened while relay lists are still
 * gathered.
 *
 * @module
 */

import type { RelayConnector } from "../connections/relay_connector.ts";

/**
 * Connects to relays.
 *
 * @returns Lets go of them: connections that nobody else uses are closed as idle, and attempts that
 * wait their turn are given up.
 */
export function connectEarly(connectors: readonly RelayConnector[]): () => void {
  const connecting = new AbortController();
  const uses = connectors.map((connector, rank) => {
    const use = connector.use();
    const counted = connector.connection(rank, connecting.signal)
      .then((connection) => connection.users--);
    // Whoever asks the relay hears why it cannot be connected to.
    void Promise.allSettled([counted]);
    return use;
  });
  return () => {
    for (const use of uses) use.release();
    connecting.abort();
  };
}
