/**
 * One open request, which follows what becomes known of those whom it asks for.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { RelayKnowledge } from "../nostr/types.ts";
import type { Planned } from "../plan/replan.ts";
import { LivePlan } from "./live_plan.ts";
import type { LiveRow, RouteChange } from "./live_relays.ts";
import { liveShares } from "./live_shares.ts";
import type { OutboxRequest, RequestShares } from "./outbox_request.ts";

/** What is planned, and how to plan anew for those whose relays are lost. */
export interface LiveRequestOptions {
  readonly clock: Clock;
  readonly planned: Planned;
  /** What keeps lost relays from being asked anew. */
  readonly spare: (without: Planned["replan"]) => Planned["replan"];
}

/** How long changes are gathered, in milliseconds; it doubles each time, until a long silence. */
const GATHER = { first: 250, longest: 30_000 };
/** How many subscriptions a relay has for one request before they are made one. */
const MOST_LEGS = 4;
/** The same where the relay has not answered all of them yet. */
const MOST_UNANSWERED = 8;

/** What a relay is asked by now. */
interface Route {
  /** Subscriptions. */
  legs: number;
  /** What it is still asked for, though nobody wants that any longer. */
  readonly stale: Set<LiveRow>;
}

/** See the module. */
export class LiveRequest {
  readonly #request: OutboxRequest;
  readonly #options: LiveRequestOptions;
  readonly #pending = new Map<string, RelayKnowledge>();
  readonly #routes = new Map<string, Route>();
  #plan?: LivePlan;
  #pause = GATHER.first;
  #gatheredAt = -Infinity;
  #cancel?: () => void;

  /** Follows nothing until it is told something. */
  constructor(request: OutboxRequest, options: LiveRequestOptions) {
    this.#request = request;
    this.#options = options;
  }

  /** Takes in what is known of somebody; what is absent stays as it was. */
  tell(pubkey: string, known: RelayKnowledge): void {
    this.#pending.set(pubkey, { ...this.#pending.get(pubkey), ...known });
    if (this.#cancel) return;
    const { clock } = this.#options;
    const silence = clock.now() - this.#gatheredAt;
    if (silence >= GATHER.longest) this.#pause = GATHER.first;
    this.#cancel = clock.after(this.#pause, () => this.#gather());
  }

  /** The stored events are over: relays may be asked for new ones alone. */
  done(): void {
    if (this.#plan) this.#tidy(this.#plan, new Map());
  }

  /** Nobody listens any longer. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#pending.clear();
  }

  #gather(): void {
    const { clock, planned } = this.#options;
    this.#cancel = undefined;
    this.#gatheredAt = clock.now();
    this.#pause = Math.min(2 * this.#pause, GATHER.longest);
    this.#plan ??= this.#begin(planned);
    for (const [pubkey, known] of this.#pending) this.#plan.update(pubkey, known);
    this.#pending.clear();
    const changes = this.#plan.difference();
    if (changes.length > 0) this.#apply(this.#plan, changes);
  }

  #begin(planned: Planned): LivePlan {
    for (const url of planned.plan.routes.keys()) {
      this.#routes.set(url, { legs: 1, stale: new Set() });
    }
    return new LivePlan(planned.input, planned);
  }

  #apply(plan: LivePlan, changes: readonly RouteChange[]): void {
    const asked = plan.asked();
    const gains = new Map<string, readonly LiveRow[]>();
    for (const { url, gained, lost } of changes) {
      if (!asked.has(url)) {
        this.#request.drop(url);
        this.#routes.delete(url);
        continue;
      }
      const route = this.#routes.get(url) ?? { legs: 0, stale: new Set() };
      this.#routes.set(url, route);
      for (const row of lost) route.stale.add(row);
      for (const row of gained) route.stale.delete(row);
      if (gained.length > 0) gains.set(url, gained);
    }
    if (this.#request.isDone) this.#tidy(plan, gains);
    if (gains.size === 0) return;
    for (const url of gains.keys()) this.#routes.get(url)!.legs++;
    this.#request.extend(this.#shares(plan, gains));
  }

  /** Makes one subscription of many, and of one that asks much that nobody wants any longer. */
  #tidy(plan: LivePlan, gains: ReadonlyMap<string, readonly LiveRow[]>): void {
    for (const [url, rows] of plan.asked()) {
      const route = this.#routes.get(url);
      if (
        !route || route.legs + (gains.has(url) ? 1 : 0) <= MOST_LEGS && route.stale.size < rows.size
      ) {
        continue;
      }
      if (!this.#request.hasAnswered(url) && route.legs < MOST_UNANSWERED) continue;
      const isNew = new Set(gains.get(url));
      const old = [...rows].filter((row) => !isNew.has(row));
      const isWhole = old.every(({ role }) => role !== "open");
      this.#request.replace(url, this.#shares(plan, new Map([[url, old]])), isWhole);
      route.legs = isWhole ? 1 : 2;
      route.stale.clear();
    }
  }

  #shares(plan: LivePlan, asked: ReadonlyMap<string, readonly LiveRow[]>): RequestShares {
    const { planned, spare } = this.#options;
    const { parts, settings } = planned.input;
    const replan = spare(planned.replanWith(plan.known));
    return { ...liveShares(parts, asked, settings), replan };
  }
}
