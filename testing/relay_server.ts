/**
 * A relay (NIP-01) on a real WebSocket, for tests and the demo.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { matchFilters, verifyEvent } from "nostr-tools";
import { isEphemeralKind } from "nostr-tools/kinds";
import { RelayConnection } from "./client_connection.ts";
import { EventIndex } from "./event_index.ts";
import { answerInfo, asksForInfo } from "./relay_info_answer.ts";
import { asEvent, asFilters, parseClientMessage } from "./relay_messages.ts";
import { readHead, readToEnd, writeAll } from "./tcp_host.ts";
import { asksForPrivateKinds, maySee, signIn } from "./private_kinds.ts";
import type { RelayServerOptions, RelayServerStats } from "./relay_server_options.ts";

/**
 * A relay on 127.0.0.1, at a port the system chooses. Events in it are indexed,
 * so that dozens of relays with thousands of events fit into one test.
 */
export class RelayServer implements AsyncDisposable {
  /** How the relay behaves; may be changed while it runs. */
  readonly options: RelayServerOptions;
  /** Its counters. */
  readonly stats: RelayServerStats = {
    connections: 0,
    reqs: 0,
    filters: 0,
    eventsSent: 0,
    eventsReceived: 0,
    infos: 0,
  };
  readonly #index = new EventIndex();
  readonly #connections = new Set<RelayConnection>();
  readonly #waiting = new Map<string, Set<(event: NostrEvent) => void>>();
  readonly #port: number;
  #server?: Deno.HttpServer<Deno.NetAddr>;
  #down = new AbortController();
  #stopped?: Promise<void>;

  private constructor(options: RelayServerOptions) {
    this.options = { ...options };
    this.#server = this.#listen(0);
    this.#port = this.#server.addr.port;
  }

  /** Starts a relay; it listens when this returns. */
  static start(options: RelayServerOptions = {}): RelayServer {
    return new RelayServer(options);
  }

  /** The relay's address in normal form, `ws://127.0.0.1:<port>/`. */
  get url(): string {
    return `ws://127.0.0.1:${this.#port}/`;
  }

  /** How many sockets are open now. */
  get open(): number {
    return this.#connections.size;
  }

  /** How many REQs clients have not closed, on all open sockets. */
  get requests(): number {
    let sum = 0;
    for (const { requests } of this.#connections) sum += requests.size;
    return sum;
  }

  /** Every event held, in no particular order. */
  get events(): NostrEvent[] {
    return [...this.#index.values()];
  }

  /** Whether the relay holds an event with this id. */
  has(id: string): boolean {
    return this.#index.get(id) !== undefined;
  }

  /** Puts events in, unverified, uncounted, and without sending them to subscribers. */
  seed(events: Iterable<NostrEvent>): void {
    for (const event of events) this.#index.put(event);
  }

  /** Puts an event in, unverified and uncounted, and sends it to subscribers. */
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
    await Promise.all([...this.#connections].map((connection) => connection.close()));
  }

  /**
   * Cuts every connection and stops listening, until {@link RelayServer.up}. Nobody else gets the
   * port within a minute: the system keeps it for a connection that the relay ended.
   */
  async down(): Promise<void> {
    if (!this.#server) return;
    await using _ended = await openConnection(this.#port);
    await this.#end();
  }

  /** Listens again, at the same port, with the same events. */
  up(): void {
    if (this.#stopped || this.#server) throw new Error("Cannot start a relay that is not down");
    this.#down = new AbortController();
    this.#server = this.#listen(this.#port);
  }

  /** Goes down for good. Calling it again does no harm. */
  stop(): Promise<void> {
    return this.#stopped ??= this.#end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #end(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#down.abort();
    const down = server?.shutdown();
    await this.disconnect();
    await down;
  }

  #listen(port: number): Deno.HttpServer<Deno.NetAddr> {
    const listen = { hostname: "127.0.0.1", port, onListen: () => {} };
    return Deno.serve(listen, (request) => this.#accept(request));
  }

  #accept(request: Request): Response | Promise<Response> {
    const { info, onOpen, refuseConnection } = this.options;
    if (info && asksForInfo(request)) {
      this.stats.infos++;
      return answerInfo(info, this.#down.signal);
    }
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
    const connection = new RelayConnection(socket, ++this.stats.connections);
    this.#connections.add(connection);
    socket.onopen = () => {
      if (this.options.restrictPrivateKinds) connection.send(["AUTH", connection.challenge]);
      onOpen?.(connection);
    };
    socket.onmessage = ({ data }) => this.#receive(connection, data);
    socket.onclose = () => this.#connections.delete(connection);
    return response;
  }

  #receive(connection: RelayConnection, data: unknown): void {
    const message = parseClientMessage(data);
    if (message?.[0] === "REQ") {
      this.stats.reqs++;
      this.stats.filters += message.length - 2;
      connection.requests.add(message[1]);
    } else if (message?.[0] === "CLOSE") connection.requests.delete(message[1]);
    else if (message?.[0] === "EVENT") this.stats.eventsReceived++;
    if (message && this.options.intercept?.(message, connection)) return;
    switch (message?.[0]) {
      case "REQ":
        return void this.#req(connection, message[1], message.slice(2));
      case "EVENT":
        return void this.#event(connection, message[1]);
      case "AUTH":
        return this.#auth(connection, message[1]);
      case "CLOSE":
        return void connection.subscriptions.delete(message[1]);
      default:
        connection.send(["NOTICE", "invalid: expected REQ, EVENT or CLOSE"]);
    }
  }

  async #req(to: RelayConnection, id: string, values: unknown[]): Promise<void> {
    const { cap = Infinity, eose = true, eoseHints, latency, maxFilters = 200 } = this.options;
    if (values.length > maxFilters) {
      return to.send(["CLOSED", id, `error: too many filters, at most ${maxFilters}`]);
    }
    const filters = asFilters(values);
    if (!filters) return to.send(["CLOSED", id, "invalid: not a filter"]);
    if (
      this.options.restrictPrivateKinds && to.pubkeys.size === 0 && asksForPrivateKinds(filters)
    ) {
      return to.send(["CLOSED", id, "auth-required: these are for their recipients"]);
    }
    to.subscriptions.set(id, filters);
    if (latency) await latency();
    // Meanwhile the client may have closed or replaced the subscription.
    if (to.subscriptions.get(id) !== filters) return;
    const sent = new Set<string>();
    let isCut = false;
    for (const filter of filters) {
      const limit = Math.min(filter.limit ?? cap, cap);
      const found = this.#index.query(
        limit === Infinity ? filter : { ...filter, limit: limit + 1 },
      );
      if (found.length > limit) isCut = true;
      for (const event of found.slice(0, limit)) {
        if (!sent.has(event.id)) this.#deliver(to, id, event);
        sent.add(event.id);
      }
    }
    if (eose) to.send(["EOSE", id, ...eoseHints?.(isCut) ?? []]);
  }

  #auth(from: RelayConnection, value: unknown): void {
    const event = asEvent(value);
    if (!event) return from.send(["NOTICE", "invalid: not an event"]);
    const refusal = signIn(event, from, this.options.knownAs ?? this.url);
    from.send(["OK", event.id, refusal === "", refusal]);
    if (refusal === "") this.options.onSignIn?.(event, from);
  }

  async #event(from: RelayConnection, value: unknown): Promise<void> {
    const event = asEvent(value);
    if (!event) return from.send(["NOTICE", "invalid: not an event"]);
    const { latency, refuseEvent } = this.options;
    if (latency) await latency();
    const refusal = verifyEvent({ ...event }) // On a copy, since verifyEvent marks it.
      ? refuseEvent?.(event)
      : "invalid: the id or the signature is wrong";
    if (refusal) return from.send(["OK", event.id, false, refusal]);
    const result = isEphemeralKind(event.kind) ? "stored" : this.#index.put(event);
    if (result === "deleted") {
      return from.send(["OK", event.id, false, "blocked: its author deleted it"]);
    }
    from.send(["OK", event.id, true, result === "stored" ? "" : `duplicate: ${result}`]);
    if (result === "stored") this.#announce(event);
  }

  #announce(event: NostrEvent): void {
    for (const connection of this.#connections) {
      for (const [id, filters] of connection.subscriptions) {
        if (matchFilters(filters, event)) this.#deliver(connection, id, event);
      }
    }
    for (const resolve of this.#waiting.get(event.id) ?? []) resolve(event);
    this.#waiting.delete(event.id);
  }

  #deliver(to: RelayConnection, id: string, event: NostrEvent): void {
    if (this.options.restrictPrivateKinds && !maySee(event, to.pubkeys)) return;
    this.stats.eventsSent++;
    to.send(["EVENT", id, event]);
  }
}

/** Opens a connection on which a server answers; ends it once the server has. */
async function openConnection(port: number): Promise<AsyncDisposable> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await writeAll(conn, "GET / HTTP/1.1\r\nhost: relay\r\n\r\n");
  await readHead(conn);
  return {
    async [Symbol.asyncDispose]() {
      await readToEnd(conn);
      conn.close();
    },
  };
}
