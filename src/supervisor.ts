/**
 * All relays of an outbox: their connections, and the requests they take part in.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { Planned } from "./create_req_router.ts";
import { OutboxRequest, type RequestOptions } from "./outbox_request.ts";
import { type LinkOptions, RelayLink } from "./relay_link.ts";
import { normalizeRelayUrl } from "./relay_url.ts";
import type { Seats } from "./seats.ts";

/** What a supervisor is made of. */
export interface SupervisorOptions {
  readonly link: LinkOptions;
  readonly request: Omit<RequestOptions, "link">;
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
      this.#links.set(normal, link = new RelayLink(normal, this.#options.link));
      if (this.#isClosed) void link.close();
    }
    return link;
  }

  /** Whether a connection to a relay stands. */
  isOpen(url: string): boolean {
    return this.#links.get(url)?.isOpen ?? false;
  }

  /** Remembers that a plan's filters are parts of one request. */
  planned(planned: Planned): void {
    const { plan, seats, isDeep } = planned;
    const timeout = this.#request.timeout * (isDeep ? MORE_TIME : 1);
    const options = { ...this.#request, timeout };
    const request = new OutboxRequest(seats, options, this.#spare(planned));
    for (const [url, filters] of plan.routes) {
      this.#parts.set(filters, { request, place: seats.urls.indexOf(url) });
    }
  }

  /** Plans anew without relays that are not to be connected to for now. */
  #spare({ graph, without }: Planned): Planned["without"] {
    const { clock, memory } = this.#request;
    return (avoid, isMeant, maxRelays) => {
      const now = clock.now();
      const down = graph.urls.filter((url) => memory.retryAt(url) > now);
      const planned = without(new Set([...avoid, ...down]), isMeant, maxRelays);
      return { ...planned, without: this.#spare(planned) };
    };
  }

  /** The part that filters are, once; filters of no plan are a request of their own. */
  take(filters: readonly NostrFilter[], url: string): Part {
    const part = this.#parts.get(filters);
    this.#parts.delete(filters);
    return part ?? { request: new OutboxRequest(alone(url), this.#request), place: 0 };
  }

  /** Closes every connection; events under way have some seconds to be published. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }
}

/** How much longer a request may take that reaches far back: its answers come page by page. */
const MORE_TIME = 4;

/** An app may name relays that no list may. */
const ANY_RELAY = { allowLocal: true, allowInsecure: true, allowOnion: true };

function alone(url: string): Seats {
  const places = new Int32Array();
  return { urls: [url], pubkeys: [], authors: 0, places, copies: 0, open: [0] };
}
