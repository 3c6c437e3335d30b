/**
 * The relays of the examples in the docs.
 *
 * @module
 */

import { RelayServer } from "./relay_server.ts";

/**
 * Starts an empty relay for a host that an example names. One that begins with `walled.` shows gift
 * wraps and direct messages to their recipients alone, after a sign-in (NIP-42).
 */
export function startHostedRelay(host: string): RelayServer {
  if (!host.startsWith("walled.")) return RelayServer.start();
  return RelayServer.start({ restrictPrivateKinds: true, knownAs: `wss://${host}/` });
}
