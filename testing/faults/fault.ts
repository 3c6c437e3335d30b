/**
 * What all misbehaving relays share: their settings, their counters, their hosts.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { RelayServer } from "../relay_server.ts";
import type { RelayServerOptions } from "../relay_server_options.ts";
import type { Signer } from "../signer.ts";
import { TcpHost } from "../tcp_host.ts";

/** What a test may say about a fault; each fault reads what it needs. */
export interface FaultSettings {
  /** The events that the relay holds. @default [] */
  readonly events?: Iterable<NostrEvent>;
  /** The author for whom `closed-for-author` refuses requests. @default none */
  readonly author?: string;
  /** The signer of the events of `flood-events`. @default a stranger */
  readonly signer?: Signer;
  /** A number, with a meaning and a default of its own in each fault. */
  readonly count?: number;
}

/** A host at an address that counts its connections. */
export interface FaultHost extends AsyncDisposable {
  /** The URL to connect to. */
  readonly url: string;
  /** How many connections are open now; 0 for faults that prevent them. */
  readonly open: number;
  /** How many connections were accepted. */
  readonly connections: number;
  /** The relay behind the address, if there is one: to publish on, to count, to stop and restart. */
  readonly relay?: RelayServer;
}

/** Starts one fault. */
export type Fault = (settings: FaultSettings) => FaultHost;

/** An address without a host. */
export function nowhere(url: string): FaultHost {
  return { url, open: 0, connections: 0, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** A relay with these options. Disposing of it awaits `after` once the relay is down. */
export function relayHost(
  { events = [] }: FaultSettings,
  options: RelayServerOptions,
  after: () => Promise<unknown> = () => Promise.resolve(),
): FaultHost {
  const relay = RelayServer.start(options);
  relay.seed(events);
  return {
    relay,
    url: relay.url,
    get open() {
      return relay.open;
    },
    get connections() {
      return relay.stats.connections;
    },
    async [Symbol.asyncDispose]() {
      await relay.stop();
      await after();
    },
  };
}

/** A host that speaks TCP as `talk` says. */
export function tcpHost(talk: (conn: Deno.TcpConn) => Promise<void>, scheme = "ws"): FaultHost {
  const host = TcpHost.start(talk);
  return {
    url: `${scheme}://127.0.0.1:${host.port}/`,
    get open() {
      return host.open;
    },
    get connections() {
      return host.connections;
    },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}
