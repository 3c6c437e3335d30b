/**
 * Connections of a simulated app that is not ours: each relay is connected once, and anew
 * where that failed.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { ScreenNetwork } from "../screens_network.ts";
import type { SimRelay } from "../sim_relay.ts";

/** How a request at one relay ended. */
export type Ending = "eose" | "closed" | "failed" | "timeout" | "aborted";

/** How one relay is asked. */
export interface AskOptions {
  readonly onEvent: (event: NostrEvent) => void;
  /** Milliseconds until a connection counts as failed. */
  readonly connectTimeout: number;
  /** Milliseconds from the REQ until its answer counts as complete. */
  readonly eoseTimeout: number;
  readonly signal?: AbortSignal;
}

/** A connection, or an attempt at one. */
interface Connection {
  readonly relay: SimRelay;
  /** Aborted when the connection is lost or was never made. */
  readonly lost: AbortController;
  readonly opened: Promise<void>;
  isOpen: boolean;
}

/** See the module. */
export class PeerPool {
  readonly #network: ScreenNetwork;
  readonly #connections = new Map<string, Connection>();
  /** By event, the relays that sent it. */
  readonly seenOn = new Map<string, Set<string>>();

  constructor(network: ScreenNetwork) {
    this.#network = network;
  }

  /** Whether a relay is connected. */
  isConnected(url: string): boolean {
    return this.#connections.get(url)?.isOpen ?? false;
  }

  /** Connects a relay; `false` if that fails or takes too long. */
  async connect(url: string, timeout: number): Promise<boolean> {
    const { opened, lost } = this.#connection(url);
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#network.clock.after(timeout, resolve);
    lost.signal.addEventListener("abort", () => resolve());
    await Promise.race([opened, promise]);
    cancel();
    return this.isConnected(url);
  }

  /** Sends a REQ, and reads its answer. */
  async ask(url: string, filters: readonly NostrFilter[], options: AskOptions): Promise<Ending> {
    const { onEvent, connectTimeout, eoseTimeout, signal } = options;
    if (signal?.aborted) return "aborted";
    if (!await this.connect(url, connectTimeout)) {
      this.#drop(url);
      return "failed";
    }
    if (signal?.aborted) return "aborted";
    const { relay, lost } = this.#connection(url);
    const late = new AbortController();
    const cancel = this.#network.clock.after(eoseTimeout, () => late.abort());
    const ends = [late.signal, lost.signal, ...signal ? [signal] : []];
    try {
      for await (const message of relay.req([...filters], { signal: AbortSignal.any(ends) })) {
        if (message[0] !== "EVENT") return message[0] === "EOSE" ? "eose" : "closed";
        this.#note(message[2], url);
        onEvent(message[2]);
      }
    } catch (error) {
      if (!ends.some(({ aborted }) => aborted)) throw error;
    } finally {
      cancel();
    }
    return signal?.aborted ? "aborted" : late.signal.aborted ? "timeout" : "closed";
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#connections.keys()].map((url) => this.#drop(url)));
  }

  #connection(url: string): Connection {
    const known = this.#connections.get(url);
    if (known) return known;
    const { promise: opened, resolve } = Promise.withResolvers<void>();
    const lost = new AbortController();
    const relay = this.#network.open(url, {
      log: ({ ns, state }) => {
        if (state === "open") {
          connection.isOpen = true;
          resolve();
        } else if (ns === "relay.ws.error" || state === "close") this.#drop(url);
      },
    });
    const connection: Connection = { relay, lost, opened, isOpen: false };
    this.#connections.set(url, connection);
    return connection;
  }

  async #drop(url: string): Promise<void> {
    const connection = this.#connections.get(url);
    if (!connection) return;
    this.#connections.delete(url);
    connection.isOpen = false;
    connection.lost.abort();
    await connection.relay.close();
  }

  #note({ id }: NostrEvent, url: string): void {
    const urls = this.seenOn.get(id);
    if (urls) urls.add(url);
    else this.seenOn.set(id, new Set([url]));
  }
}
