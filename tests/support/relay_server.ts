/**
 * A real relay (NIP-01) on a real WebSocket, for tests and the demo.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { matchFilters, verifyEvent } from "nostr-tools";
import { isEphemeralKind } from "nostr-tools/kinds";
import { EventIndex } from "./event_index.ts";
import { asEvent, asFilters, parseClientMessage } from "./relay_messages.ts";
import type { RelayServerOptions, RelayServerStats } from "./relay_server_options.ts";

/**
 * A relay on 127.0.0.1, at a port the system chooses. Events in it are indexed,
 * so that dozens of relays with thousands of events fit into one test.
 */
export class RelayServer implements AsyncDisposable {
  /** How the relay behaves; may be changed while it runs. */
  readonly options: RelayServerOptions;
  /** What it has counted. */
  readonly stats: RelayServerStats = {
    connections: 0,
    reqs: 0,
    filters: 0,
    eventsSent: 0,
    eventsReceived: 0,
  };
  readonly #index = new EventIndex();
  /** The open sockets, each with its subscriptions. */
  readonly #sockets = new Map<WebSocket, Map<string, NostrFilter[]>>();
  readonly #waiting = new Map<string, Set<(event: NostrEvent) => void>>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #stopped?: Promise<void>;

  private constructor(options: RelayServerOptions) {
    this.options = { ...options };
    const listen = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(listen, (request) => this.#accept(request));
  }

  /** Starts a relay; it listens when this returns. */
  static start(options: RelayServerOptions = {}): RelayServer {
    return new RelayServer(options);
  }

  /** The relay's address in normal form, `ws://127.0.0.1:<port>/`. */
  get url(): string {
    return `ws://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** How many sockets are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Every event held, in no particular order. */
  get events(): NostrEvent[] {
    return [...this.#index.values()];
  }

  /** Whether the relay holds an event with this id. */
  has(id: string): boolean {
    return this.#index.get(id) !== undefined;
  }

  /** Puts events in, unverified, uncounted, and without telling subscribers. */
  seed(events: Iterable<NostrEvent>): void {
    for (const event of events) this.#index.put(event);
  }

  /** Puts an event in, unverified and uncounted, and tells subscribers. */
  publish(event: NostrEvent): void {
    if (this.#index.put(event) === "stored") this.#announce(event);
  }

  /**
   * Resolves with the event once the relay holds it.
   *
   * @throws {Error} If it has not come after ten seconds, so that a test fails
   * rather than hangs.
   */
  stored(id: string): Promise<NostrEvent> {
    const event = this.#index.get(id);
    if (event) return Promise.resolve(event);
    const { promise, resolve, reject } = Promise.withResolvers<NostrEvent>();
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting.add(resolve));
    const late = () => reject(new Error(`Event ${id} never came to ${this.url}`));
    const timer = setTimeout(late, 10_000);
    return promise.finally(() => clearTimeout(timer));
  }

  /** Cuts every connection; the relay goes on listening. */
  async disconnect(): Promise<void> {
    await Promise.all([...this.#sockets.keys()].map((socket) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      socket.addEventListener("close", () => resolve(), { once: true });
      if (socket.readyState !== WebSocket.CLOSING) socket.close(1001);
      return promise;
    }));
  }

  /** Cuts every connection and stops listening. Calling it again does no harm. */
  stop(): Promise<void> {
    return this.#stopped ??= (async () => {
      const down = this.#server.shutdown();
      await this.disconnect();
      await down;
    })();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #accept(request: Request): Response {
    const { refuseConnection } = this.options;
    if (refuseConnection !== undefined) {
      return new Response(null, { status: refuseConnection });
    }
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return new Response(
        "This is a Nostr relay: connect with a WebSocket.\n",
        { status: 426 },
      );
    }
    const { socket, response } = Deno.upgradeWebSocket(request, {
      idleTimeout: 0,
    });
    this.#sockets.set(socket, new Map());
    this.stats.connections++;
    socket.onmessage = ({ data }) => this.#receive(socket, data);
    socket.onclose = () => this.#sockets.delete(socket);
    return response;
  }

  #receive(socket: WebSocket, data: unknown): void {
    const message = parseClientMessage(data);
    switch (message?.[0]) {
      case "REQ":
        return void this.#req(socket, message[1], message.slice(2));
      case "EVENT":
        return void this.#event(socket, message[1]);
      case "CLOSE":
        return void this.#sockets.get(socket)?.delete(message[1]);
      default:
        send(socket, ["NOTICE", "invalid: expected REQ, EVENT or CLOSE"]);
    }
  }

  async #req(socket: WebSocket, id: string, values: unknown[]): Promise<void> {
    const { cap = Infinity, eose = true, latency, maxFilters = 200 } = this.options;
    this.stats.reqs++;
    this.stats.filters += values.length;
    if (values.length > maxFilters) {
      return send(socket, [
        "CLOSED",
        id,
        `error: too many filters, at most ${maxFilters}`,
      ]);
    }
    const filters = asFilters(values);
    if (!filters) return send(socket, ["CLOSED", id, "invalid: not a filter"]);
    const subscriptions = this.#sockets.get(socket);
    subscriptions?.set(id, filters);
    if (latency) await latency();
    // While it waited the client may have closed the subscription or replaced it.
    if (subscriptions?.get(id) !== filters) return;
    const sent = new Set<string>();
    for (const filter of filters) {
      const limit = Math.min(filter.limit ?? cap, cap);
      const found = this.#index.query(
        limit === Infinity ? filter : { ...filter, limit },
      );
      for (const event of found) {
        if (!sent.has(event.id)) this.#deliver(socket, id, event);
        sent.add(event.id);
      }
    }
    if (eose) send(socket, ["EOSE", id]);
  }

  async #event(socket: WebSocket, value: unknown): Promise<void> {
    this.stats.eventsReceived++;
    const event = asEvent(value);
    if (!event) return send(socket, ["NOTICE", "invalid: not an event"]);
    const { latency, refuseEvent } = this.options;
    if (latency) await latency();
    const refusal = verifyEvent({ ...event }) // on a copy, since it leaves a mark
      ? refuseEvent?.(event)
      : "invalid: the id or the signature is wrong";
    if (refusal) return send(socket, ["OK", event.id, false, refusal]);
    const result = isEphemeralKind(event.kind) ? "stored" : this.#index.put(event);
    if (result === "deleted") {
      return send(socket, [
        "OK",
        event.id,
        false,
        "blocked: its author deleted it",
      ]);
    }
    send(socket, [
      "OK",
      event.id,
      true,
      result === "stored" ? "" : `duplicate: ${result}`,
    ]);
    if (result === "stored") this.#announce(event);
  }

  #announce(event: NostrEvent): void {
    for (const [socket, subscriptions] of this.#sockets) {
      for (const [id, filters] of subscriptions) {
        if (matchFilters(filters, event)) this.#deliver(socket, id, event);
      }
    }
    for (const resolve of this.#waiting.get(event.id) ?? []) resolve(event);
    this.#waiting.delete(event.id);
  }

  #deliver(socket: WebSocket, id: string, event: NostrEvent): void {
    this.stats.eventsSent++;
    send(socket, ["EVENT", id, event]);
  }
}

function send(socket: WebSocket, message: unknown[]): void {
  if (socket.readyState === WebSocket.OPEN) {
    socket.send(JSON.stringify(message));
  }
}
