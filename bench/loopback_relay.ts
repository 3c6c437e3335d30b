/**
 * A relay on a socket of this machine, with the delays, limits and ailments of a world's relay.
 *
 * It is written for speed, since it times clients: events are kept as they go over the
 * wire. It supports the parts of a filter that `matchFilter` supports, and stores nothing.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { matchFilter } from "nostr-tools";
import type { Random } from "../testing/random.ts";
import type { Nature } from "./sim_nature.ts";

/** An event, and its JSON. */
export interface WireEvent {
  readonly event: NostrEvent;
  readonly json: string;
}

/** Serializes an event. */
export function wired(event: NostrEvent): WireEvent {
  return { event, json: JSON.stringify(event) };
}

/** The traffic of one relay or several. Bytes are those of messages. */
export interface LoopbackTraffic {
  /** WebSockets, those that failed among them. */
  connections: number;
  /** Documents (NIP-11) asked for. */
  infos: number;
  reqs: number;
  filters: number;
  /** Of the REQs, those refused. */
  refused: number;
  bytesIn: number;
  bytesOut: number;
  /** Events sent. */
  events: number;
}

/** Traffic of zero. */
function noTraffic(): LoopbackTraffic {
  return {
    connections: 0,
    infos: 0,
    reqs: 0,
    filters: 0,
    refused: 0,
    bytesIn: 0,
    bytesOut: 0,
    events: 0,
  };
}

/** The traffic of indexers, and of all other relays. */
export interface NetworkTraffic {
  readonly indexers: LoopbackTraffic;
  readonly relays: LoopbackTraffic;
}

/** The sum of some relays' traffic since the last call; resets their counters. */
export function trafficOf(relays: Iterable<LoopbackRelay>): LoopbackTraffic {
  const sum = noTraffic();
  for (const relay of relays) {
    for (const name of Object.keys(sum) as (keyof LoopbackTraffic)[]) {
      sum[name] += relay.traffic[name];
    }
    relay.traffic = noTraffic();
  }
  return sum;
}

/** Most portions of an answer, and fewest events in each. */
const MAX_PORTIONS = 8, EVENTS_PER_PORTION = 50;

/** See the module. */
export class LoopbackRelay {
  /** In normal form. */
  readonly url: string;
  /** The traffic since {@link trafficOf} last read it. */
  traffic: LoopbackTraffic = noTraffic();
  readonly #nature: Nature;
  readonly #random: Random;
  readonly #byAuthor = new Map<string, WireEvent[]>();

  /** Listens at once, unless its nature is to refuse connections. */
  constructor(nature: Nature, random: Random) {
    this.#nature = nature;
    this.#random = random;
    const listen = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    const server = Deno.serve(listen, (request) => this.#accept(request));
    // Nothing listens at that port of another address of this machine.
    const host = nature.ailment === "refused" ? "127.0.0.2" : "127.0.0.1";
    this.url = `ws://${host}:${server.addr.port}/`;
  }

  /** Stores an event. */
  seed(entry: WireEvent): void {
    const { pubkey } = entry.event;
    const entries = this.#byAuthor.get(pubkey);
    if (entries) entries.push(entry);
    else this.#byAuthor.set(pubkey, [entry]);
  }

  async #accept(request: Request): Promise<Response> {
    const { relay: { connectMs, cap }, ailment, hasInfo, maxSubscriptions } = this.#nature;
    const isSocket = request.headers.get("upgrade")?.toLowerCase() === "websocket";
    if (isSocket) this.traffic.connections++;
    else this.traffic.infos++;
    if (ailment === "hang") return await new Promise(() => {});
    await later(connectMs);
    if (ailment === "http") return new Response("down", { status: 502 });
    if (isSocket) {
      const { socket, response } = Deno.upgradeWebSocket(request);
      const open = new Map<string, AbortController>();
      socket.onmessage = ({ data }) => this.#receive(socket, open, data);
      socket.onclose = () => open.forEach((controller) => controller.abort());
      return response;
    }
    if (!hasInfo) return new Response("not found", { status: 404 });
    return Response.json({ limitation: { max_limit: cap, max_subscriptions: maxSubscriptions } });
  }

  #receive(socket: WebSocket, open: Map<string, AbortController>, data: string): void {
    this.traffic.bytesIn += data.length;
    const [verb, id, ...filters] = JSON.parse(data) as [string, string, ...NostrFilter[]];
    if (verb !== "REQ" && verb !== "CLOSE") return;
    open.get(id)?.abort();
    open.delete(id);
    if (verb === "CLOSE") return;
    this.traffic.reqs++;
    this.traffic.filters += filters.length;
    const { ailment, maxFilters, maxSubscriptions, notices } = this.#nature;
    const refusal = ailment === "auth"
      ? "auth-required: sign in to read"
      : filters.length > maxFilters
      ? `error: too many filters: at most ${maxFilters} in a REQ`
      : open.size >= maxSubscriptions
      ? "error: too many concurrent REQs"
      : undefined;
    if (refusal === undefined) {
      const controller = new AbortController();
      open.set(id, controller);
      void this.#answer(socket, id, filters, controller.signal);
      return;
    }
    this.traffic.refused++;
    const isNotice = notices && ailment !== "auth";
    this.#send(
      socket,
      JSON.stringify(
        isNotice ? ["NOTICE", `Subscription rejected: ${refusal}`] : ["CLOSED", id, refusal],
      ),
    );
  }

  /** Sends the events in portions in the second half of the time, and EOSE at its end. */
  async #answer(socket: WebSocket, id: string, filters: NostrFilter[], signal: AbortSignal) {
    const { relay: { queryMs, eose } } = this.#nature;
    const all = queryMs * (2 + 2 * this.#random()) / 3;
    const entries = this.#found(filters);
    const count = all > 0
      ? Math.min(MAX_PORTIONS, Math.max(1, Math.ceil(entries.length / EVENTS_PER_PORTION)))
      : 1;
    const head = `["EVENT",${JSON.stringify(id)},`;
    await later(all / 2);
    for (let i = 0; i < count; i++) {
      await later(all / 2 / count);
      if (signal.aborted) return;
      const from = Math.round(entries.length * i / count);
      const to = Math.round(entries.length * (i + 1) / count);
      for (const { json } of entries.slice(from, to)) this.#send(socket, `${head}${json}]`);
      this.traffic.events += to - from;
    }
    if (eose) this.#send(socket, JSON.stringify(["EOSE", id]));
  }

  #found(filters: readonly NostrFilter[]): WireEvent[] {
    const { cap } = this.#nature.relay;
    const found = new Set<WireEvent>();
    for (const filter of filters) {
      const authors = filter.authors ?? this.#byAuthor.keys();
      const some: WireEvent[] = [];
      for (const author of new Set(authors)) {
        for (const entry of this.#byAuthor.get(author) ?? []) {
          if (matchFilter(filter, entry.event)) some.push(entry);
        }
      }
      some.sort((a, b) => b.event.created_at - a.event.created_at);
      for (const entry of some.slice(0, Math.min(filter.limit ?? cap, cap))) found.add(entry);
    }
    return [...found];
  }

  #send(socket: WebSocket, message: string): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    this.traffic.bytesOut += message.length;
    socket.send(message);
  }
}

async function later(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
