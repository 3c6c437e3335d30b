/**
 * A relay on a socket of this machine, as slow, as limited and as ill as one of a world.
 *
 * Written for speed, since a client is timed on it: events are kept as they go over
 * the wire. It knows the parts of a filter that `matchFilter` knows, and takes nothing in.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { matchFilter } from "nostr-tools";
import type { Random } from "../testing/random.ts";
import type { Nature } from "./sim_nature.ts";

/** An event, and what is sent of it. */
export interface WireEvent {
  readonly event: NostrEvent;
  readonly json: string;
}

/** An event as it goes over the wire. */
export function wired(event: NostrEvent): WireEvent {
  return { event, json: JSON.stringify(event) };
}

/** What clients did to a relay, or to several; bytes are those of messages. */
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

/** Nothing happened. */
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

/** What clients did to indexers, and to all other relays. */
export interface NetworkTraffic {
  readonly indexers: LoopbackTraffic;
  readonly relays: LoopbackTraffic;
}

/** The traffic of some relays together since the last time; counts begin anew. */
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

/** Most portions in which an answer comes, and events in each at least. */
const PORTIONS = 8, PORTION = 50;

/** See the module. */
export class LoopbackRelay {
  /** In normal form. */
  readonly url: string;
  /** Counts go here. */
  traffic: LoopbackTraffic = noTraffic();
  readonly #nature: Nature;
  readonly #random: Random;
  readonly #byAuthor = new Map<string, WireEvent[]>();

  /** It listens at once, unless it is one that refuses connections. */
  constructor(nature: Nature, random: Random) {
    this.#nature = nature;
    this.#random = random;
    const listen = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    const server = Deno.serve(listen, (request) => this.#accept(request));
    // Nobody is at that port of another address of this machine.
    const host = nature.ailment === "refused" ? "127.0.0.2" : "127.0.0.1";
    this.url = `ws://${host}:${server.addr.port}/`;
  }

  /** Puts an event in. */
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

  /** The second half of the time brings the events, in portions; EOSE is at its end. */
  async #answer(socket: WebSocket, id: string, filters: NostrFilter[], signal: AbortSignal) {
    const { relay: { queryMs, eose } } = this.#nature;
    const all = queryMs * (2 + 2 * this.#random()) / 3;
    const entries = this.#found(filters);
    const count = all > 0
      ? Math.min(PORTIONS, Math.max(1, Math.ceil(entries.length / PORTION)))
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
