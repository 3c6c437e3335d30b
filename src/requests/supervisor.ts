/**
 * All relays of an outbox: their connections, and the requests they take part in.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import { RelayConnector, type RelayConnectorOptions } from "../connections/relay_connector.ts";
import { normalizeRelayUrl } from "../nostr/relay_url.ts";
import type { Assignment } from "../plan/assignment.ts";
import type { Planned } from "../plan/replan.ts";
import type { LiveRoutes } from "./live_routes.ts";
import { OutboxRequest, type OutboxRequestOptions } from "./outbox_request.ts";

/** What a supervisor is made of. */
export interface SupervisorOptions {
  readonly connector: RelayConnectorOptions;
  readonly request: Omit<OutboxRequestOptions, "connector">;
  /** What requests follow while they are open. */
  readonly live?: Pick<LiveRoutes, "follow">;
}

/** Part of a request: one of its relays. */
export interface RequestPart {
  readonly request: OutboxRequest;
  readonly relayIndex: number;
}

/** Keeps one link per relay, and knows which plan a request is part of. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #request: OutboxRequestOptions;
  readonly #connectors = new Map<string, RelayConnector>();
  #mostLinks = MOST_LINKS;
  #isClosed = false;
  /** `NPool` hands a router's filters to the relay as they are: they say which request it is. */
  readonly #parts = new WeakMap<readonly NostrFilter[], RequestPart>();

  /** Nothing is connected yet. */
  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#request = { ...options.request, connector: (url) => this.connector(url) };
  }

  /** The link to a relay, made when it is first wanted. */
  connector(url: string): RelayConnector {
    const normal = normalizeRelayUrl(url, ANY_RELAY) ?? url;
    let link = this.#connectors.get(normal);
    // Closing one pool must not close the relays to the next one of the same outbox.
    if (!link || (link.isClosed && !this.#isClosed)) {
      if (this.#connectors.size >= this.#mostLinks) this.#forgetIdle();
      this.#connectors.set(normal, link = new RelayConnector(normal, this.#options.connector));
      if (this.#isClosed) void link.close();
    }
    return link;
  }

  /** How many links there are. */
  get size(): number {
    return this.#connectors.size;
  }

  /** Whether a connection to a relay stands. */
  isOpen(url: string): boolean {
    return this.#connectors.get(url)?.isOpen ?? false;
  }

  /** Strangers name relays without end: links that nobody uses are made anew when they are. */
  #forgetIdle(): void {
    for (const [url, link] of this.#connectors) {
      if (!link.isIdle) continue;
      void link.close();
      this.#connectors.delete(url);
    }
    this.#mostLinks = Math.max(MOST_LINKS, 2 * this.#connectors.size);
  }

  /** Remembers that a plan's filters are parts of one request. */
  planned(planned: Planned): void {
    const { plan, assignment, isDeep } = planned;
    const timeout = this.#request.timeout * (isDeep ? MORE_TIME : 1);
    const options = { ...this.#request, timeout };
    const request = new OutboxRequest(assignment, options, this.#spare(planned.replan));
    for (const [url, filters] of plan.routes) {
      this.#parts.set(filters, { request, relayIndex: assignment.urls.indexOf(url) });
    }
    this.#options.live?.follow(request, planned, (without) => this.#spare(without));
  }

  /** Plans anew without relays that are not to be connected to for now. */
  #spare(without: Planned["replan"]): Planned["replan"] {
    const { clock, memory } = this.#request;
    const isResting = (url: string) => memory.retryAt(url) > clock.now();
    return (avoid, isMeant, maxRelays) =>
      without({ has: (url) => avoid.has(url) || isResting(url) }, isMeant, maxRelays);
  }

  /** The part that filters are, once; filters of no plan are a request of their own. */
  take(filters: readonly NostrFilter[], url: string): RequestPart {
    const part = this.#parts.get(filters);
    this.#parts.delete(filters);
    return part ?? { request: new OutboxRequest(alone(url), this.#request), relayIndex: 0 };
  }

  /** The user blocks other relays than before: connections to those end. */
  blocksChanged(): void {
    for (const link of this.#connectors.values()) link.blocksChanged();
  }

  /** Closes every connection; events under way have some seconds to be published. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#connectors.values()].map((link) => link.close()));
  }
}

/** How many links are kept, about 1 kB each, before those that nobody uses are forgotten. */
const MOST_LINKS = 2_000;

/** How much longer a request may take that reaches far back: its answers come page by page. */
const MORE_TIME = 4;

/** An app may name relays that no list may. */
const ANY_RELAY = { allowLocal: true, allowInsecure: true, allowOnion: true };

function alone(url: string): Assignment {
  const relayIndexes = new Int32Array();
  return { urls: [url], subjects: [], roles: [], relayIndexes, relaysPerSubject: 0, unscoped: [0] };
}
