/**
 * One request on all of its relays: when it is done, what came already, who takes
 * the place of a relay that is lost, which relays come and go while it is open, and what
 * is to be learned from it.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { AsyncQueue } from "../base/async_queue.ts";
import { BoundedSet } from "../base/bounded_set.ts";
import type { RelayConnector } from "../connections/relay_connector.ts";
import {
  RelayRequest,
  type RelayRequestOptions,
  type RelayRequestOutcome,
} from "../connections/relay_request.ts";
import { resumeFilters } from "../connections/resume_filters.ts";
import type { Role } from "../nostr/types.ts";
import { type Assignment, roleOf } from "../plan/assignment.ts";
import type { Planned } from "../plan/replan.ts";
import { Coverage } from "./coverage.ts";
import { type Listener, type RelayMessage, RequestListeners } from "./request_listeners.ts";

/** What a request needs. */
export interface OutboxRequestOptions extends Omit<RelayRequestOptions, "rank"> {
  /** How long the whole may take before it counts as done, in milliseconds. */
  readonly timeout: number;
  /** How long to wait for stragglers once everybody is covered, in milliseconds. */
  readonly stragglerTimeout: number;
  /** The link to a relay. */
  readonly connector: (url: string) => RelayConnector;
  /** Told of each event that a relay sends, as often as it comes. */
  readonly onSeen?: (event: NostrEvent, url: string) => void;
}

/** Ids remembered of one request: a hundred times what `NPool` remembers. */
const REMEMBERED = 100_000;
/** How often people are given other relays in place of lost ones. */
const MOST_RESCUES = 3;

/** How long those who stand in for lost relays are waited for in the end, in milliseconds. */
const PATIENCE = 3_000;

/** Relays for part of what a request asks for. */
export interface RequestShares {
  /** The filters for each relay. */
  readonly routes: ReadonlyMap<string, NostrFilter[]>;
  readonly assignment: Assignment;
  /** Plans anew for those whose relays are lost. */
  readonly replan?: Planned["replan"];
}

/** Who is told how far a request has come. */
export interface RequestWatcher {
  /** Somebody listens. */
  readonly begun: () => void;
  /** The stored events are over. */
  readonly done: () => void;
  /** Nobody listens any longer. */
  readonly ended: () => void;
}

/** What a request has from the one that it is part of. */
interface Origin {
  /** How often people were given other relays in place of lost ones. */
  readonly rescues: number;
  readonly seen: BoundedSet;
}

/** A request, from the first relay that is asked to the last that is let go. */
export class OutboxRequest {
  readonly #assignment: Assignment;
  readonly #options: OutboxRequestOptions;
  readonly #replan?: Planned["replan"];
  readonly #rescues: number;
  readonly #coverage: Coverage;
  readonly #seen: BoundedSet;
  readonly #relayRequests = new Map<number, RelayRequest>();
  readonly #listeners = new RequestListeners();
  /** The places that nobody waits for any longer, unless another stands in for them. */
  readonly #resolved = new Set<number>();
  /** The places whose answer is complete, so that what it lacks the relay lacks. */
  readonly #complete = new Set<number>();
  /** The places of relays that do not work. */
  readonly #lost = new Set<number>();
  /** The rows of people who were given other relays. */
  readonly #rescued = new Set<number>();
  /** The requests for which the EOSE of a place waits. */
  readonly #standIns = new Map<OutboxRequest, number>();
  /** The requests that are part of this one, until all of their legs have ended. */
  readonly #parts = new Map<OutboxRequest, Promise<unknown>>();
  /** Those of them that carry out what was planned later. */
  readonly #extensions = new WeakSet<OutboxRequest>();
  /** Told how far this has come. */
  watcher?: RequestWatcher;
  #onDone?: () => void;
  #isDone = false;
  #cancelSettle?: () => void;
  #cancelPatience?: () => void;
  #cancelTimeout?: () => void;

  /**
   * @param without Plans anew for people whose relays are lost; absent where there is
   * no plan.
   */
  constructor(
    seats: Assignment,
    options: OutboxRequestOptions,
    without?: Planned["replan"],
    { rescues, seen }: Origin = { rescues: 0, seen: new BoundedSet(REMEMBERED) },
  ) {
    this.#assignment = seats;
    this.#options = options;
    this.#replan = without;
    this.#rescues = rescues;
    this.#seen = seen;
    this.#coverage = new Coverage(seats);
  }

  /** Whether the stored events are over. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Asks one of the relays: its messages, until the signal is aborted. */
  async *join(
    place: number,
    link: RelayConnector,
    filters: readonly NostrFilter[],
    signal: AbortSignal,
  ): AsyncGenerator<RelayMessage, void> {
    const outlet = new AsyncQueue<RelayMessage>();
    const own = new AbortController();
    const leg = new AbortController();
    const abort = () => {
      own.abort(signal.reason);
      leg.abort(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    const running = this.#run(place, link, filters, {
      push: (message) => outlet.push(message),
      signal: own.signal,
      end: () => leg.abort(),
      ended: leg.signal,
    });
    try {
      yield* outlet.read(signal);
    } finally {
      signal.removeEventListener("abort", abort);
      abort();
      await running;
    }
  }

  /**
   * Asks relays for what they were not asked for before. The end of the stored events
   * waits for theirs, for a while.
   */
  extend(shares: RequestShares): void {
    const place = this.#listeners.waiting;
    if (place === undefined) return;
    this.#extensions.add(this.#ask(shares, place, this.#rescues));
    this.#cancelSettle?.();
    this.#cancelSettle = undefined;
    this.#check();
  }

  /** Lets go of a relay of the plan. */
  drop(url: string): void {
    for (const part of this.#planned) part.#leave(url);
  }

  /** Whether a relay has answered all that the plan has it asked. */
  hasAnswered(url: string): boolean {
    return this.#planned.every((part) => part.#legAt(url)?.isAnswered ?? true);
  }

  /**
   * Asks a relay one thing in place of all that the plan had it asked, and if it has
   * answered all that, only for what is new. The stored events must be over.
   *
   * @param isWhole Whether in place of what it was asked first, too.
   */
  replace(url: string, { routes, ...shares }: RequestShares, isWhole = true): void {
    const parts = this.#planned.filter((part) => isWhole || part !== this);
    const legs = parts.flatMap((part) => part.#legAt(url) ?? []);
    const isLive = legs.length > 0 && this.hasAnswered(url);
    const since = Math.min(...legs.map((leg) => leg.since));
    for (const part of parts) part.#leave(url);
    const filters = routes.get(url) ?? [];
    const wanted = isLive ? resumeFilters(filters, since) : filters;
    if (wanted.length > 0) this.extend({ ...shares, routes: new Map([[url, wanted]]) });
  }

  /** This request, and what extends it. */
  get #planned(): OutboxRequest[] {
    return [this, ...[...this.#parts.keys()].filter((part) => this.#extensions.has(part))];
  }

  async #run(
    place: number,
    link: RelayConnector,
    filters: readonly NostrFilter[],
    listener: Listener,
  ): Promise<void> {
    const { clock, timeout } = this.#options;
    const { signal, ended } = listener;
    this.#listeners.add(place, listener);
    if (this.#listeners.size === 1) this.watcher?.begun();
    this.#cancelTimeout ??= clock.after(timeout, () => this.#finish());
    const leg = new RelayRequest(link, filters, { ...this.#options, rank: place }, {
      event: (event) => this.#event(place, event),
      late: () => {
        this.#coverage.isLate(place);
        this.#check();
      },
      settled: (outcome) => this.#settled(place, outcome),
      lost: () => this.#lose(place),
    });
    this.#relayRequests.set(place, leg);
    if (this.#isDone) this.#listeners.eose(place);
    await leg.run(ended);
    this.#relayRequests.delete(place);
    // Where the leg was let go, its listener still hears what comes from others.
    if (!signal.aborted) await aborted(signal);
    this.#listeners.delete(place);
    if (this.#listeners.size > 0) return;
    this.#finish();
    this.watcher?.ended();
    for (const part of this.#parts.keys()) part.#listeners.endAll();
    await Promise.all(this.#parts.values());
  }

  #event(place: number, event: NostrEvent): void {
    const isNew = this.#seen.add(event.id);
    if (!this.#isDone) this.#coverage.saw(place, event, isNew);
    if (isNew) this.#listeners.event(place, event);
    this.#options.onSeen?.(event, this.#assignment.urls[place]);
  }

  #settled(place: number, { answered, complete }: RelayRequestOutcome): void {
    this.#coverage.settle(place, answered);
    if (answered) this.#lost.delete(place);
    if (complete) this.#complete.add(place);
    this.#resolved.add(place);
    this.#sayEoseUnlessStoodIn(place);
    this.#check();
  }

  /** Gives those who have no other relay left new ones, on behalf of the lost. */
  #lose(place: number): void {
    this.#lost.add(place);
    if (!this.#replan || this.#rescues >= MOST_RESCUES) return;
    const { urls, subjects, roles } = this.#assignment;
    const orphans = new Set<string>();
    for (const row of this.#coverage.orphans(this.#lost)) {
      if (this.#rescued.has(row)) continue;
      this.#rescued.add(row);
      orphans.add(`${roleOf(roles, row)} ${subjects[row]}`);
    }
    if (orphans.size === 0) return;
    const avoid = new Set([...this.#lost].map((lost) => urls[lost]));
    const isMeant = (name: string, lane: Role) => orphans.has(`${lane} ${name}`);
    const { plan, assignment, replan } = this.#replan(avoid, isMeant, this.#lost.size);
    if (plan.routes.size === 0) return;
    this.#ask({ routes: plan.routes, assignment, replan }, place, this.#rescues + 1);
  }

  /** Asks more relays; the EOSE of a place waits for theirs. */
  #ask(
    { routes, assignment, replan }: RequestShares,
    place: number,
    rescues: number,
  ): OutboxRequest {
    const part = new OutboxRequest(assignment, this.#options, replan, {
      rescues,
      seen: this.#seen,
    });
    this.#standIns.set(part, place);
    part.#onDone = () => {
      this.#standIns.delete(part);
      this.#sayEoseUnlessStoodIn(place);
      this.#check();
    };
    const push = (message: RelayMessage) => {
      if (message[0] === "EVENT") this.#listeners.event(place, message[2]);
    };
    const running = [...routes].map(([url, filters]) => {
      const leg = new AbortController();
      const { signal } = leg;
      const listener = { push, signal, end: () => leg.abort(), ended: signal };
      return part.#run(
        assignment.urls.indexOf(url),
        this.#options.connector(url),
        filters,
        listener,
      );
    });
    this.#parts.set(part, Promise.all(running).then(() => this.#parts.delete(part)));
    return part;
  }

  #legAt(url: string): RelayRequest | undefined {
    return this.#relayRequests.get(this.#assignment.urls.indexOf(url));
  }

  /** Ends the leg of a relay, if there is one; nobody waits for it. */
  #leave(url: string): void {
    const place = this.#assignment.urls.indexOf(url);
    if (!this.#relayRequests.has(place)) return;
    this.#listeners.end(place);
    this.#settled(place, { answered: false, complete: false });
  }

  /** Looks whether everybody is covered. */
  #check(): void {
    if (this.#isDone || !this.#coverage.isDone) return;
    const { clock, stragglerTimeout } = this.#options;
    if (this.#standIns.size > 0) {
      this.#cancelPatience ??= clock.after(PATIENCE, () => this.#finish());
    } else if (this.#coverage.isSettled) this.#finish();
    else this.#cancelSettle ??= clock.after(stragglerTimeout, () => this.#finish());
  }

  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#cancelSettle?.();
    this.#cancelPatience?.();
    this.#cancelTimeout?.();
    this.#learn();
    this.#listeners.eoseToAll();
    this.#onDone?.();
    this.watcher?.done();
  }

  #sayEoseUnlessStoodIn(place: number): void {
    if (!this.#resolved.has(place)) return;
    if (![...this.#standIns.values()].includes(place)) this.#listeners.eose(place);
  }

  /** Tells the memory which relays had what others had, too. */
  #learn(): void {
    const { memory } = this.#options;
    for (const place of this.#complete) {
      let hits = 0, misses = 0;
      for (const { sent, known } of this.#coverage.delivery(place)) {
        const share = Math.min(1, sent / known);
        hits += share;
        misses += 1 - share;
      }
      if (hits + misses > 0) memory.learned(this.#assignment.urls[place], hits, misses);
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
