/**
 * One open request, which follows the relay lists of the people it asks for as they become
 * known.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { RelayConnector } from "../connections/relay_connector.ts";
import type { RelayKnowledge } from "../nostr/relay_knowledge.ts";
import { mostNamed } from "../plan/most_named.ts";
import type { Planned, Replan } from "../plan/replan.ts";
import { connectEarly } from "./early_connections.ts";
import { isPendingRole } from "./early_plan.ts";
import type { LiveSubject, RelayChange } from "./live_assignment.ts";
import { LivePlan } from "./live_plan.ts";
import { liveShares } from "./live_shares.ts";
import type { OutboxRequest } from "./outbox_request.ts";
import type { RequestShares } from "./replacements.ts";

/** What a live request follows, and how. */
export interface LiveRequestOptions {
  readonly clock: Clock;
  readonly planned: Planned;
  /** Wraps what finds replacements for lost relays; see {@link LiveRoutes.follow}. */
  readonly wrapReplan: (replan: Replan) => Replan;
  /** Gives the connector of a relay. @default no relay is connected to before it is asked */
  readonly connector?: (url: string) => RelayConnector;
}

/** For how long changes are gathered; it doubles each time, until a long silence. */
const MIN_GATHERING_MS = 250;
const MAX_GATHERING_MS = 30_000;
/** For how long changes are gathered first where nobody's list was known. */
const EARLY_GATHERING_MS = 150;
/** Most relays that are connected to before the first plan. */
const MAX_EARLY_CONNECTIONS = 8;
/** How many subscriptions a relay has for one request before they are made one. */
const MAX_SUBSCRIPTIONS = 4;
/** The same where the relay has not answered all of them yet. */
const MAX_UNANSWERED_SUBSCRIPTIONS = 8;

/** What a relay is being asked. */
interface RelayState {
  /** How many subscriptions there are. */
  subscriptions: number;
  /** The subjects that it is still asked for, though the plan has them elsewhere. */
  readonly stale: Set<LiveSubject>;
}

/** See the module. */
export class LiveRequest {
  readonly #request: OutboxRequest;
  readonly #options: LiveRequestOptions;
  readonly #pending = new Map<string, RelayKnowledge>();
  readonly #relays = new Map<string, RelayState>();
  #plan?: LivePlan;
  #gatheringMs = MIN_GATHERING_MS;
  #gatheredAt = -Infinity;
  #cancel?: () => void;
  #cancelConnect?: () => void;
  /** Lets go of relays that were connected to before the first plan. */
  #disconnect?: () => void;
  /** Whether lists are still looked for. */
  #isEarly: boolean;
  #hasEnded = false;

  /** Changes nothing before the first {@link LiveRequest.update}. */
  constructor(request: OutboxRequest, options: LiveRequestOptions) {
    this.#request = request;
    this.#options = options;
    this.#isEarly = options.planned.early !== undefined;
  }

  /** Takes in what is known of a person; what is absent stays as it was. */
  update(pubkey: string, news: RelayKnowledge): void {
    this.#pending.set(pubkey, { ...this.#pending.get(pubkey), ...news });
    if (this.#cancel || this.#isEarly && this.#hasLimit) return;
    const { clock } = this.#options;
    const silence = clock.now() - this.#gatheredAt;
    const isFirst = this.#isEarly && !this.#plan;
    if (silence >= MAX_GATHERING_MS) {
      this.#gatheringMs = isFirst ? EARLY_GATHERING_MS : MIN_GATHERING_MS;
    }
    this.#cancel = clock.after(this.#gatheringMs, () => this.#gather());
    // Lists that came together are all here then.
    if (isFirst) this.#cancelConnect = clock.after(0, () => this.#connect());
  }

  /** Connects to relays of the first lists while more are gathered. */
  #connect(): void {
    const { connector, planned: { input: { parts, settings } } } = this.#options;
    if (!connector) return;
    const roles = new Set(parts.scoped.map(({ scope }) => scope.role).filter(isPendingRole));
    const max = Math.min(MAX_EARLY_CONNECTIONS, settings.maxRelays);
    const urls = mostNamed(this.#pending.values(), { ...settings, roles, max });
    this.#disconnect = connectEarly(urls.map(connector));
  }

  #endConnect(): void {
    this.#cancelConnect?.();
    this.#disconnect?.();
    this.#disconnect = undefined;
  }

  /**
   * The search for lists is over: asks for everybody who was not asked for yet, and lets the request
   * come to its end.
   */
  complete(knowledge?: ReadonlyMap<string, RelayKnowledge>): void {
    if (this.#hasEnded) return;
    this.#cancel?.();
    this.#isEarly = false;
    this.#gather((plan) => plan.complete(knowledge));
    this.#request.release();
  }

  /** The stored events are over: relays may be asked for new ones alone. */
  done(): void {
    if (this.#plan) this.#tidy(this.#plan, new Map());
  }

  /** Nobody listens any longer. */
  end(): void {
    this.#hasEnded = true;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#endConnect();
    this.#pending.clear();
  }

  get #previews(): ReadonlySet<string> {
    return this.#options.planned.early?.previews ?? new Set();
  }

  /** Whether a filter has a `limit`, so that relays should get it once. */
  get #hasLimit(): boolean {
    return this.#options.planned.input.parts.scoped.some(({ filter }) =>
      filter.limit !== undefined
    );
  }

  #gather(learn: (plan: LivePlan) => void = () => {}): void {
    const { clock, planned } = this.#options;
    this.#cancel = undefined;
    this.#gatheredAt = clock.now();
    this.#gatheringMs = Math.min(2 * this.#gatheringMs, MAX_GATHERING_MS);
    this.#plan ??= this.#begin(planned);
    for (const [pubkey, news] of this.#pending) this.#plan.update(pubkey, news);
    this.#pending.clear();
    learn(this.#plan);
    const plan = this.#plan;
    const changes = plan.difference();
    this.#request.endPreviews((url) => plan.relays.has(url));
    if (changes.length > 0) this.#apply(plan, changes);
    this.#endConnect();
  }

  #begin(planned: Planned): LivePlan {
    for (const url of planned.plan.routes.keys()) {
      if (this.#previews.has(url)) continue;
      this.#relays.set(url, { subscriptions: 1, stale: new Set() });
    }
    return new LivePlan(planned.input, planned);
  }

  #apply(plan: LivePlan, changes: readonly RelayChange[]): void {
    const asked = plan.asked();
    const gains = new Map<string, readonly LiveSubject[]>();
    for (const { url, gained, lost } of changes) {
      if (!asked.has(url)) {
        this.#request.drop(url);
        this.#relays.delete(url);
        continue;
      }
      const relay = this.#relays.get(url) ?? { subscriptions: 0, stale: new Set() };
      this.#relays.set(url, relay);
      for (const subject of lost) relay.stale.add(subject);
      for (const subject of gained) relay.stale.delete(subject);
      if (gained.length > 0) gains.set(url, gained);
    }
    if (this.#request.isDone) this.#tidy(plan, gains);
    if (gains.size === 0) return;
    for (const url of gains.keys()) this.#relays.get(url)!.subscriptions++;
    this.#request.extend(this.#shares(plan, gains));
  }

  /** Makes one subscription of many, and of one that is for the most part stale. */
  #tidy(plan: LivePlan, gains: ReadonlyMap<string, readonly LiveSubject[]>): void {
    for (const [url, subjects] of plan.asked()) {
      const relay = this.#relays.get(url);
      if (!relay) continue;
      const { subscriptions, stale } = relay;
      const planned = subscriptions + (gains.has(url) ? 1 : 0);
      if (planned <= MAX_SUBSCRIPTIONS && stale.size < subjects.size) continue;
      const mustWait = subscriptions < MAX_UNANSWERED_SUBSCRIPTIONS;
      if (mustWait && !this.#request.hasAnswered(url)) continue;
      const isNew = new Set(gains.get(url));
      const old = [...subjects].filter((subject) => !isNew.has(subject));
      const isWhole = old.every(({ role }) => role !== "unscoped");
      this.#request.replace(url, this.#shares(plan, new Map([[url, old]])), isWhole);
      relay.subscriptions = isWhole ? 1 : 2;
      stale.clear();
    }
  }

  #shares(plan: LivePlan, asked: ReadonlyMap<string, readonly LiveSubject[]>): RequestShares {
    const { planned, wrapReplan } = this.#options;
    const { parts, settings } = planned.input;
    const replan = wrapReplan(planned.replanWith(plan.knowledge));
    return { ...liveShares(parts, asked, settings, plan.knowledge), replan };
  }
}
