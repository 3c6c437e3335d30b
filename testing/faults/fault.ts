/**
 * What every misbehaving relay has in common, whatever it does.
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
  /** What the relay holds. @default [] */
  readonly events?: Iterable<NostrEvent>;
  /** Whom `closed-for-author` refuses to be asked about. @default nobody */
  readonly author?: string;
  /** Who signs the events of `flood-events`. @default a stranger */
  readonly signer?: Signer;
  /** How many: see each fault. */
  readonly count?: number;
}

/** Something at an address, which counts its visitors. */
export interface FaultHost extends AsyncDisposable {
  /** Where a client connects to. */
  readonly url: string;
  /** How many connections are open now; 0 where the fault is that there are none. */
  readonly open: number;
  /** How many connections were accepted. */
  readonly connections: number;
  /** The relay behind it, if it is one: to publish on, to count, to stop and restart. */
  readonly relay?: RelayServer;
}

/** Starts one fault. */
export type Fault = (settings: FaultSettings) => FaultHost;

/** An address where there is nothing to count or to stop. */
export function nowhere(url: string): FaultHost {
  return { url, open: 0, connections: 0, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** A relay with these options; `after` is awaited once it is down. */
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

/** A host that speaks TCP as it likes. */
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
