/**
 * All relays of an outbox: their connections, and the requests they take part in.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { type LinkOptions, RelayLink } from "../connections/relay_connector.ts";
import { normalizeRelayUrl } from "../nostr/relay_url.ts";
import type { Seats } from "../plan/assignment.ts";
import type { Planned } from "../plan/replan.ts";
import type { LiveRoutes } from "./live_routes.ts";
import { OutboxRequest, type RequestOptions } from "./outbox_request.ts";

/** What a supervisor is made of. */
export interface SupervisorOptions {
  readonly link: LinkOptions;
  readonly request: Omit<RequestOptions, "link">;
  /** What requests follow while they are open. */
  readonly live?: Pick<LiveRoutes, "follow">;
}

/** Part of a request: one of its relays. */
export interface Part {
  readonly request: OutboxRequest;
  readonly place: number;
}

/** Keeps one link per relay, and knows which plan a request is part of. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #request: RequestOptions;
  readonly #links = new Map<string, RelayLink>();
  #mostLinks = MOST_LINKS;
  #isClosed = false;
  /** `NPool` hands a router's filters to the relay as they are: they say which request it is. */
  readonly #parts = new WeakMap<readonly NostrFilter[], Part>();

  /** Nothing is connected yet. */
  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#request = { ...options.request, link: (url) => this.link(url) };
  }

  /** The link to a relay, made when it is first wanted. */
  link(url: string): RelayLink {
    const normal = normalizeRelayUrl(url, ANY_RELAY) ?? url;
    let link = this.#links.get(normal);
    // Closing one pool must not close the relays to the next one of the same outbox.
    if (!link || (link.isClosed && !this.#isClosed)) {
      if (this.#links.size >= this.#mostLinks) this.#forgetIdle();
      this.#links.set(normal, link = new RelayLink(normal, this.#options.link));
      if (this.#isClosed) void link.close();
    }
    return link;
  }

  /** How many links there are. */
  get size(): number {
    return this.#links.size;
  }

  /** Whether a connection to a relay stands. */
  isOpen(url: string): boolean {
    return this.#links.get(url)?.isOpen ?? false;
  }

  /** Strangers name relays without end: links that nobody uses are made anew when they are. */
  #forgetIdle(): void {
    for (const [url, link] of this.#links) {
      if (!link.isIdle) continue;
      void link.close();
      this.#links.delete(url);
    }
    this.#mostLinks = Math.max(MOST_LINKS, 2 * this.#links.size);
  }

  /** Remembers that a plan's filters are parts of one request. */
  planned(planned: Planned): void {
    const { plan, seats, isDeep } = planned;
    const timeout = this.#request.timeout * (isDeep ? MORE_TIME : 1);
    const options = { ...this.#request, timeout };
    const request = new OutboxRequest(seats, options, this.#spare(planned.without));
    for (const [url, filters] of plan.routes) {
      this.#parts.set(filters, { request, place: seats.urls.indexOf(url) });
    }
    this.#options.live?.follow(request, planned, (without) => this.#spare(without));
  }

  /** Plans anew without relays that are not to be connected to for now. */
  #spare(without: Planned["without"]): Planned["without"] {
    const { clock, memory } = this.#request;
    const isResting = (url: string) => memory.retryAt(url) > clock.now();
    return (avoid, isMeant, maxRelays) =>
      without({ has: (url) => avoid.has(url) || isResting(url) }, isMeant, maxRelays);
  }

  /** The part that filters are, once; filters of no plan are a request of their own. */
  take(filters: readonly NostrFilter[], url: string): Part {
    const part = this.#parts.get(filters);
    this.#parts.delete(filters);
    return part ?? { request: new OutboxRequest(alone(url), this.#request), place: 0 };
  }

  /** The user blocks other relays than before: connections to those end. */
  blocksChanged(): void {
    for (const link of this.#links.values()) link.blocksChanged();
  }

  /** Closes every connection; events under way have some seconds to be published. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }
}

/** How many links are kept, about 1 kB each, before those that nobody uses are forgotten. */
const MOST_LINKS = 2_000;

/** How much longer a request may take that reaches far back: its answers come page by page. */
const MORE_TIME = 4;

/** An app may name relays that no list may. */
const ANY_RELAY = { allowLocal: true, allowInsecure: true, allowOnion: true };

function alone(url: string): Seats {
  const places = new Int32Array();
  return { urls: [url], names: [], lanes: [], places, copies: 0, open: [0] };
}
