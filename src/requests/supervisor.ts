/**
 * All relays of an outbox: their connections, and the requests they take part in.
 *
 * A plan's relays act as one. `NPool` hands a router's filters to each relay by reference,
 * so a `SupervisedRelay` finds the `OutboxRequest` that they are part of here. The room
 * carries plans out on all their relays, and changes them while they are open.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";
import type { Identity } from "../connections/identity.ts";
import { RelayConnector, type RelayConnectorOptions } from "../connections/relay_connector.ts";
import { ANY_RELAY, normalizeRelayUrl } from "../nostr/relay_url.ts";
import type { Assignment } from "../plan/assignment.ts";
import type { Planned, Replan } from "../plan/replan.ts";
import { Coverage } from "./coverage.ts";
import type { Found, LiveRoutes } from "./live_routes.ts";
import { OutboxRequest } from "./outbox_request.ts";
import type { OutboxRequestOptions } from "./outbox_request_options.ts";
import { planReplacements, type RequestShares } from "./replacements.ts";
import type { SharedRequest } from "./shared_request.ts";

/** What a supervisor is made of. */
export interface SupervisorOptions {
  readonly connector: RelayConnectorOptions;
  readonly request: Omit<OutboxRequestOptions, "connector">;
  /** Keeps requests up with relay lists while they are open. */
  readonly live?: Pick<LiveRoutes, "follow">;
}

/** One relay's part of a request. */
export interface RequestPart {
  readonly request: Pick<OutboxRequest, "listen">;
  readonly relayIndex: number;
}

/** One of several requests that are carried out together. */
export interface PlannedMember {
  /** All that it matches. */
  readonly filters: readonly NostrFilter[];
  /** Its share of the plan for all. */
  readonly share: Planned;
  /** What will be known of its people whose lists are still looked for. */
  readonly found?: Found;
}

/** How many connectors are kept, about 1 kB each, before idle ones are forgotten. */
const MAX_IDLE_CONNECTORS = 2_000;

/** How much longer a request may take that reaches far back: its answers come page by page. */
const DEEP_TIMEOUT_FACTOR = 4;

/** For which share of its people a request does not wait at most, if all their relays are late. */
const MAX_LATE_SHARE = 1 / 100;

/** Keeps one connector per relay, and knows which plan a request is part of. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #request: OutboxRequestOptions;
  readonly #connectors = new Map<string, RelayConnector>();
  #maxConnectors = MAX_IDLE_CONNECTORS;
  #isClosed = false;
  /** `NPool` hands a router's filters to the relay as they are: they say which request it is. */
  readonly #parts = new WeakMap<readonly NostrFilter[], RequestPart>();

  /** Connects to nothing yet. */
  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#request = { ...options.request, connector: (url) => this.connector(url) };
  }

  /**
   * The connector of a relay, made when it is first wanted.
   *
   * @param identity As whom its connections sign in: each identity has a connector of its own.
   * @default they have no name
   */
  connector(url: string, identity?: Identity): RelayConnector {
    const normal = normalizeRelayUrl(url, ANY_RELAY) ?? url;
    const key = identity ? `${normal} ${identity.key}` : normal;
    let connector = this.#connectors.get(key);
    // Closing one pool must not close the relays to the next one of the same outbox.
    if (!connector || (connector.isClosed && !this.#isClosed)) {
      if (this.#connectors.size >= this.#maxConnectors) this.#forgetIdle();
      connector = new RelayConnector(normal, { ...this.#options.connector, identity });
      this.#connectors.set(key, connector);
      if (this.#isClosed) void connector.close();
    }
    return connector;
  }

  /** How many connectors there are. */
  get size(): number {
    return this.#connectors.size;
  }

  /** Whether a connection to a relay stands. */
  isOpen(url: string): boolean {
    return this.#connectors.get(url)?.isOpen ?? false;
  }

  /** Strangers name relays without end: idle connectors are made anew when they are wanted. */
  #forgetIdle(): void {
    for (const [url, connector] of this.#connectors) {
      if (!connector.isIdle) continue;
      void connector.close();
      this.#connectors.delete(url);
    }
    this.#maxConnectors = Math.max(MAX_IDLE_CONNECTORS, 2 * this.#connectors.size);
  }

  /**
   * Remembers that a plan's filters are parts of one request.
   *
   * @param found What will be known of the people whose lists are still looked for.
   */
  planned(planned: Planned, found?: Found): void {
    const { urls } = planned.assignment;
    this.#remember(planned, urls, this.#carryOut(planned, this.#request, found));
  }

  /**
   * Remembers that the filters of some plans are parts of requests which share the REQs of a plan
   * for all.
   *
   * @param Shared What makes them one, loaded by then.
   * @returns Call it once each of them has been handed out: then nobody waits for those for long
   * that nobody listens to.
   */
  plannedTogether(
    Shared: typeof SharedRequest,
    planned: Planned,
    members: Iterable<PlannedMember>,
    found?: Found,
  ): () => void {
    const { clock, stragglerTimeout, workload, onUnanswered, connector } = this.#request;
    const shared = new Shared(planned, {
      clock,
      stragglerTimeout,
      workload,
      connector,
      onUnanswered,
      together: (planned) =>
        this.#carryOut(planned, { ...this.#request, onUnanswered: undefined, maxLate: 0 }, found),
      alone: (planned, found) => this.#carryOut(planned, this.#request, found),
    });
    for (const { filters, share, found } of members) {
      const urls = [...share.plan.routes.keys()];
      this.#remember(share, urls, shared.member(filters, share, urls, found));
    }
    return () => shared.handedOut();
  }

  #remember(
    { plan }: Planned,
    urls: readonly string[],
    request: RequestPart["request"],
  ): void {
    for (const [url, filters] of plan.routes) {
      this.#parts.set(filters, { request, relayIndex: urls.indexOf(url) });
    }
  }

  #carryOut(planned: Planned, request: OutboxRequestOptions, found?: Found): OutboxRequest {
    const { assignment, isDeep, replan } = planned;
    const timeout = request.timeout * (isDeep ? DEEP_TIMEOUT_FACTOR : 1);
    const wrapReplan = (replan: Replan) => this.#excludingResting(replan);
    const { settings: { maxRelays }, parts } = planned.input;
    const people = parts.scoped.reduce((sum, { scope }) => sum + scope.subjects.length, 0);
    const maxLate = isDeep ? 0 : Math.floor(people * MAX_LATE_SHARE);
    const options = { maxLate, ...request, timeout, maxRelays };
    const carried = new OutboxRequest(assignment, options, wrapReplan(replan));
    this.#options.live?.follow(carried, planned, wrapReplan, found);
    return carried;
  }

  /** Also excludes relays that are not to be connected to for now. */
  #excludingResting(replan: Replan): Replan {
    const { clock, memory } = this.#request;
    const isResting = (url: string) => memory.retryAt(url) > clock.now();
    return ({ excluding, ...options }) =>
      replan({ ...options, excluding: { has: (url) => excluding.has(url) || isResting(url) } });
  }

  /**
   * The relays that a plan's request would ask at once in place of those that are not to be
   * connected to for now; empty if there are none.
   */
  standIns({ assignment, replan }: Planned): RequestShares[] {
    const coverage = new Coverage(assignment);
    const { clock, memory } = this.#request;
    assignment.urls.forEach((url, relayIndex) => {
      const isResting = memory.retryAt(url) > clock.now() && !this.isOpen(url);
      if (isResting) coverage.markLost(relayIndex);
    });
    return planReplacements(assignment, coverage, this.#excludingResting(replan));
  }

  /** Whether filters are part of a plan, and were not taken yet. */
  isPlanned(filters: readonly NostrFilter[]): boolean {
    return this.#parts.has(filters);
  }

  /** The part that filters are, once; filters of no plan are a request of their own. */
  take(filters: readonly NostrFilter[], url: string): RequestPart {
    const part = this.#parts.get(filters);
    this.#parts.delete(filters);
    if (part) return part;
    // One of several relays that an app names itself: another may answer.
    const options = { ...this.#request, onUnanswered: undefined };
    return { request: new OutboxRequest(oneRelay(url), options), relayIndex: 0 };
  }

  /** The user blocks other relays than before: connections to those end. */
  blocksChanged(): void {
    for (const connector of this.#connectors.values()) connector.blocksChanged();
  }

  /** Ends the connections of an identity, at one relay or at all, for good. */
  async endNamed(isMeant: (identity: Identity, url: string) => boolean): Promise<void> {
    const ending: Promise<void>[] = [];
    for (const [key, connector] of this.#connectors) {
      const { identity, url } = connector;
      if (!identity || !isMeant(identity, url)) continue;
      this.#connectors.delete(key);
      ending.push(connector.close());
    }
    await Promise.all(ending);
  }

  /** Closes every connection; events under way have some seconds to be published. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#connectors.values()].map((connector) => connector.close()));
  }
}

/** The assignment of filters that go to one relay as they are. */
function oneRelay(url: string): Assignment {
  const relayIndexes = new Int32Array();
  return { urls: [url], subjects: [], roles: [], relayIndexes, relaysPerSubject: 0, unscoped: [0] };
}
