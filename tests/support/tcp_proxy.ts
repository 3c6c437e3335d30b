/**
 * A TCP proxy between a client and a relay that a test can cut, hold or close.
 *
 * @module
 */

import { TcpHost, writeAll } from "../../testing/tcp_host.ts";

/** Passes bytes between clients and a relay on loopback. */
export class TcpProxy implements AsyncDisposable {
  /** Whether new connections are cut at once. */
  refusing = false;
  readonly #host: TcpHost;
  readonly #port: number;
  #held?: PromiseWithResolvers<void>;

  private constructor(url: string) {
    this.#port = Number(new URL(url).port);
    this.#host = TcpHost.start((conn) => this.#join(conn));
  }

  /** Starts a proxy for the relay at this URL. */
  static start(url: string): TcpProxy {
    return new TcpProxy(url);
  }

  /** The address to connect to instead of the relay's. */
  get url(): string {
    return `ws://127.0.0.1:${this.#host.port}/`;
  }

  /** How many connections are open. */
  get open(): number {
    return this.#host.open;
  }

  /** How many connections were accepted. */
  get connections(): number {
    return this.#host.connections;
  }

  /** Drops every connection without a closing handshake, as when a cable is pulled. */
  cut(): Promise<void> {
    return this.#host.cut();
  }

  /** Lets no byte pass until {@link TcpProxy.release}, while connections stay open. */
  hold(): void {
    this.#held ??= Promise.withResolvers<void>();
  }

  /** Passes on what was held, and everything after it. */
  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
    await this.#host[Symbol.asyncDispose]();
  }

  async #join(client: Deno.TcpConn): Promise<void> {
    if (this.refusing) return;
    using relay = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
    // Whichever side ends first, the other is dropped.
    const ways = [this.#pass(client, relay), this.#pass(relay, client)];
    try {
      await Promise.race(ways);
    } finally {
      for (const way of ways) way.catch(() => "the other side has ended");
    }
  }

  async #pass(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const length = await from.read(buffer);
      if (length === null) return;
      await this.#held?.promise;
      await writeAll(to, buffer.subarray(0, length));
    }
  }
}
