/**
 * Relays on loopback that this process reaches by the names of the docs, and nothing else.
 *
 * @module
 */

import { redirectNetwork } from "../../testing/redirected_network.ts";
import { startHostedRelay } from "../../testing/hosted_relay.ts";
import type { RelayServer } from "../../testing/relay_server.ts";

/** Relays by host; every socket of this process is led to them until they end. */
export interface NamedRelays<Host extends string> extends AsyncDisposable {
  readonly relays: Readonly<Record<Host, RelayServer>>;
}

/** Starts a relay for each host, `hub.example` for instance. All other hosts are down. */
export function startNamedRelays<Host extends string>(hosts: readonly Host[]): NamedRelays<Host> {
  const started = hosts.map((host) => [host, startHostedRelay(host)] as const);
  const end = redirectNetwork(
    new Map(started.map(([host, { url }]) => [host, new URL(url).host])),
  );
  return {
    relays: Object.fromEntries(started) as Record<Host, RelayServer>,
    async [Symbol.asyncDispose]() {
      end();
      await Promise.all(started.map(([, relay]) => relay.stop()));
    },
  };
}
