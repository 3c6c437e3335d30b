/**
 * One request on all of its relays, from the first relay that is asked to the last that is
 * let go: it drops events that came already, decides when the stored events are over,
 * replaces lost relays, changes its relays while it is open, and reports to the relay
 * memory.
 *
 * A plan's relays act as one here. A request is done when its subjects are covered
 * (`coverage`); it may consist of further requests (`subrequests`), for lost relays
 * (`replacements`) and for what a live plan adds (`live_request`).
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { onAbort } from "../base/abortable.ts";
import { AsyncQueue } from "../base/async_queue.ts";
import { BoundedSet } from "../base/bounded_set.ts";
import type { RelayConnector } from "../connections/relay_connector.ts";
import {
  RelayRequest,
  type RelayRequestOptions,
  type RelayRequestOutcome,
} from "../connections/relay_request.ts";
import { isExpired } from "../nostr/expiration.ts";
import type { Role } from "../nostr/relay_knowledge.ts";
import type { Assignment } from "../plan/assignment.ts";
import type { Replan } from "../plan/replan.ts";
import { Coverage } from "./coverage.ts";
import { deliveryReport, missedSubjects } from "./delivery_report.ts";
import { planReplacements, type RequestShares } from "./replacements.ts";
import { type Listener, type RelayMessage, RequestListeners } from "./request_listeners.ts";
import { Subrequests } from "./subrequests.ts";
import { Answers } from "./unanswered.ts";

/** What a request needs. */
export interface OutboxRequestOptions extends Omit<RelayRequestOptions, "rank"> {
  /** How long the whole may take before it counts as done, in milliseconds. */
  readonly timeout: number;
  /** How long to wait for stragglers once everybody is covered, in milliseconds. */
  readonly stragglerTimeout: number;
  /** Gives the connector of a relay. */
  readonly connector: (url: string) => RelayConnector;
  /** Called with each event that a relay sends, as often as it comes. */
  readonly onSeen?: (event: NostrEvent, url: string) => void;
  /**
   * Called with each subject of which a relay's whole answer had nothing, while another relay had
   * something.
   */
  readonly onMissed?: (role: Role, subject: string, url: string) => void;
  /** Called with each relay's answer, once its stored events are over. */
  readonly onAnswered?: (url: string, outcome: RelayRequestOutcome) => void;
  /** Called once if the stored events are over and no relay answered; not if it was given up. */
  readonly onUnanswered?: (error: Error) => void;
}

/** Ids remembered of one request: a hundred times what `NPool` remembers. */
const MAX_REMEMBERED_IDS = 100_000;
/** How many rounds of replacements a request gets: replacements may be lost, too. */
const MAX_REPLACEMENT_ROUNDS = 3;
/** How often a request that is over looks whether what came is verified, in milliseconds. */
const VERIFYING_POLL_MS = 50;
/** How long a covered request waits for relays that were added later, in milliseconds. */
const REPLACEMENT_WAIT_MS = 3_000;

/** Called as a request goes on. */
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
  /** How many rounds of replacements led to it. */
  readonly rounds: number;
  readonly seen: BoundedSet;
  readonly answers: Answers;
}

/** See the module. */
export class OutboxRequest {
  readonly #assignment: Assignment;
  readonly #options: OutboxRequestOptions;
  readonly #replan?: Replan;
  readonly #rounds: number;
  /** Whether it is no part of another request. */
  readonly #isWhole: boolean;
  readonly #coverage: Coverage;
  readonly #seen: BoundedSet;
  readonly #answers: Answers;
  readonly #relayRequests = new Map<number, RelayRequest>();
  readonly #listeners = new RequestListeners();
  readonly #parts = new Subrequests<OutboxRequest>();
  /** Called as the request goes on. */
  watcher?: RequestWatcher;
  #onDone?: () => void;
  #isDone = false;
  #cancelStragglerTimeout?: () => void;
  #cancelReplacementWait?: () => void;
  #cancelTimeout?: () => void;
  #cancelVerifying?: () => void;

  /**
   * @param replan Plans anew for subjects whose relays are lost; absent where there is
   * no plan.
   */
  constructor(
    assignment: Assignment,
    options: OutboxRequestOptions,
    replan?: Replan,
    origin?: Origin,
  ) {
    this.#assignment = assignment;
    this.#options = options;
    this.#replan = replan;
    this.#rounds = origin?.rounds ?? 0;
    this.#seen = origin?.seen ?? new BoundedSet(MAX_REMEMBERED_IDS);
    this.#answers = origin?.answers ?? new Answers();
    this.#isWhole = origin === undefined;
    this.#coverage = new Coverage(assignment);
  }

  /** Whether the stored events are over. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Asks one of the relays: its messages, until the signal is aborted. */
  async *join(
    relayIndex: number,
    connector: RelayConnector,
    filters: readonly NostrFilter[],
    signal: AbortSignal,
  ): AsyncGenerator<RelayMessage, void> {
    const queue = new AsyncQueue<RelayMessage>();
    const listening = new AbortController();
    const asking = new AbortController();
    const abort = () => {
      listening.abort(signal.reason);
      asking.abort(signal.reason);
    };
    const release = onAbort(signal, abort);
    const running = this.#run(relayIndex, connector, filters, {
      push: (message) => queue.push(message),
      signal: listening.signal,
      end: () => asking.abort(),
      ended: asking.signal,
    });
    try {
      yield* queue.read(signal);
    } finally {
      release();
      abort();
      await running;
    }
  }

  /**
   * Asks relays for what they were not asked for before. The end of the stored events
   * waits for theirs, for a while.
   *
   * @param resumeFrom Up to when they were asked the same before, in Unix seconds; absent for never.
   */
  extend(shares: RequestShares, resumeFrom?: number): void {
    const indexes = this.#listeners.relayIndexes;
    const relayIndex = indexes.find((index) => !this.#coverage.relays[index].isEoseSent) ??
      indexes.at(0);
    if (relayIndex === undefined) return;
    this.#ask(shares, { relayIndex, isExtension: true, resumeFrom });
    this.#cancelStragglerTimeout?.();
    this.#cancelStragglerTimeout = undefined;
    this.#check();
  }

  /** Lets go of a relay of the plan. */
  drop(url: string): void {
    for (const part of this.#planned) part.#leave(url);
  }

  /** Whether a relay has answered all that the plan asks it for. */
  hasAnswered(url: string): boolean {
    return this.#planned.every((part) => part.#relayRequestAt(url)?.isAnswered ?? true);
  }

  /**
   * Asks a relay one thing in place of all that the plan asked it for, and if it has
   * answered all that, only for what is new. The stored events must be over.
   *
   * @param isWhole Whether also in place of what it was asked for first.
   */
  replace(url: string, { routes, ...shares }: RequestShares, isWhole = true): void {
    const parts = this.#planned.filter((part) => isWhole || part !== this);
    const before = parts.flatMap((part) => part.#relayRequestAt(url) ?? []);
    const isLive = before.length > 0 && this.hasAnswered(url);
    const since = Math.min(...before.map((request) => request.since));
    for (const part of parts) part.#leave(url);
    const filters = routes.get(url) ?? [];
    if (filters.length === 0) return;
    const resumeFrom = isLive ? since : undefined;
    this.extend({ ...shares, routes: new Map([[url, filters]]) }, resumeFrom);
  }

  /** This request, and its extensions. */
  get #planned(): OutboxRequest[] {
    return [this, ...this.#parts.extensions];
  }

  async #run(
    relayIndex: number,
    connector: RelayConnector,
    filters: readonly NostrFilter[],
    listener: Listener,
    resumeFrom?: number,
  ): Promise<void> {
    const { clock, timeout } = this.#options;
    const { signal, ended } = listener;
    this.#listeners.add(relayIndex, listener);
    if (this.#listeners.size === 1) this.watcher?.begun();
    this.#cancelTimeout ??= clock.after(timeout, () => this.#finishVerified(timeout));
    const options = { ...this.#options, rank: relayIndex, resumeFrom };
    const request = new RelayRequest(connector, filters, options, {
      event: (event) => this.#event(relayIndex, event),
      late: () => {
        this.#coverage.markLate(relayIndex);
        this.#check();
      },
      settled: (outcome) => this.#settled(relayIndex, outcome),
      lost: () => this.#lose(relayIndex),
    });
    this.#relayRequests.set(relayIndex, request);
    this.#answers.asked(connector.url);
    if (this.#isDone) this.#sendEose(relayIndex);
    await request.run(ended);
    this.#relayRequests.delete(relayIndex);
    // Where the relay was let go, its listener still hears what comes from others.
    await new Promise<void>((resolve) => onAbort(signal, resolve));
    this.#listeners.delete(relayIndex);
    if (this.#listeners.size > 0) return;
    this.#finish(true);
    this.watcher?.ended();
    for (const part of this.#parts.all) part.#listeners.endAll();
    await this.#parts.ended();
  }

  #event(relayIndex: number, event: NostrEvent): void {
    this.#answers.came();
    if (isExpired(event, this.#options.clock.now() / 1000)) return;
    const isNew = this.#seen.add(event.id);
    if (!this.#isDone) this.#coverage.saw(relayIndex, event, isNew);
    if (isNew) this.#listeners.event(relayIndex, event);
    this.#options.onSeen?.(event, this.#assignment.urls[relayIndex]);
  }

  #settled(relayIndex: number, outcome: RelayRequestOutcome): void {
    this.#coverage.settle(relayIndex, outcome);
    if (outcome.answered && this.#assignment.fallbacks?.includes(relayIndex)) {
      this.#replaceLost(relayIndex);
    }
    if (outcome.answered) {
      this.#answers.came();
      this.#options.onAnswered?.(this.#assignment.urls[relayIndex], outcome);
    } else this.#answers.failed(this.#assignment.urls[relayIndex], outcome.error);
    this.#sendEoseIfDue(relayIndex);
    this.#check();
  }

  #lose(relayIndex: number): void {
    this.#coverage.markLost(relayIndex);
    this.#replaceLost(relayIndex);
  }

  /** Finds other relays for the subjects that have no relay left; a relay's EOSE waits for them. */
  #replaceLost(relayIndex: number): void {
    if (!this.#replan || this.#rounds >= MAX_REPLACEMENT_ROUNDS) return;
    for (const shares of planReplacements(this.#assignment, this.#coverage, this.#replan)) {
      this.#ask(shares, { relayIndex, isExtension: false });
    }
  }

  /** Asks more relays; the EOSE of a relay waits for theirs. */
  #ask(
    { routes, assignment, replan }: RequestShares,
    { relayIndex, isExtension, resumeFrom }: {
      relayIndex: number;
      isExtension: boolean;
      resumeFrom?: number;
    },
  ): void {
    const part = new OutboxRequest(assignment, this.#options, replan, {
      rounds: isExtension ? this.#rounds : this.#rounds + 1,
      seen: this.#seen,
      answers: this.#answers,
    });
    part.#onDone = () => {
      this.#parts.done(part);
      this.#sendEoseIfDue(relayIndex);
      this.#check();
    };
    const push = (message: RelayMessage) => {
      if (message[0] === "EVENT") this.#listeners.event(relayIndex, message[2]);
    };
    const run = ([url, filters]: [string, NostrFilter[]]) => {
      const asking = new AbortController();
      const { signal } = asking;
      const listener = { push, signal, end: () => asking.abort(), ended: signal };
      const connector = this.#options.connector(url);
      return part.#run(assignment.urls.indexOf(url), connector, filters, listener, resumeFrom);
    };
    this.#parts.add(part, { relayIndex, isExtension }, () => Promise.all([...routes].map(run)));
  }

  #relayRequestAt(url: string): RelayRequest | undefined {
    return this.#relayRequests.get(this.#assignment.urls.indexOf(url));
  }

  /** Lets go of a relay, if it is being asked; nobody waits for it. */
  #leave(url: string): void {
    const relayIndex = this.#assignment.urls.indexOf(url);
    if (!this.#relayRequests.has(relayIndex)) return;
    this.#listeners.end(relayIndex);
    this.#settled(relayIndex, { answered: false, proof: "unknown" });
  }

  /** Finishes, now or after a while, where everybody is covered. */
  #check(): void {
    if (this.#isDone || !this.#coverage.isDone) return;
    const { clock, stragglerTimeout, timeout } = this.#options;
    const finish = () => this.#finish();
    if (this.#parts.hasPending) {
      this.#cancelReplacementWait ??= clock.after(REPLACEMENT_WAIT_MS, finish);
    } else if (this.#coverage.isSettled) finish();
    else {
      this.#cancelStragglerTimeout ??= clock.after(
        stragglerTimeout,
        () => this.#finishVerified(timeout),
      );
    }
  }

  /** Finishes, once what came in time is verified, or after `ms` milliseconds. */
  #finishVerified(ms: number): void {
    const relayRequests = [...this.#relayRequests.values()];
    const isVerifying = ms > 0 && relayRequests.some((request) => request.isVerifying);
    if (!isVerifying) return this.#finish();
    const wait = Math.min(ms, VERIFYING_POLL_MS);
    const cancel = this.#options.clock.after(wait, () => this.#finishVerified(ms - wait));
    this.#cancelVerifying?.();
    this.#cancelVerifying = cancel;
  }

  /** The stored events are over; `isGivenUp`: since nobody listens any longer. */
  #finish(isGivenUp = false): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#cancelStragglerTimeout?.();
    this.#cancelReplacementWait?.();
    this.#cancelTimeout?.();
    this.#cancelVerifying?.();
    this.#reportDelivery();
    if (this.#isWhole && !isGivenUp && !this.#answers.isAny) {
      this.#options.onUnanswered?.(this.#answers.error());
    }
    for (const relayIndex of this.#listeners.relayIndexes) this.#sendEose(relayIndex);
    this.#onDone?.();
    this.watcher?.done();
  }

  /** Sends the EOSE of a relay, unless it or a request that it waits for is not done. */
  #sendEoseIfDue(relayIndex: number): void {
    if (!this.#coverage.hasSettled(relayIndex)) return;
    if (!this.#parts.isAwaitedBy(relayIndex)) this.#sendEose(relayIndex);
  }

  /** Sends the EOSE of a relay to its listener, once. */
  #sendEose(relayIndex: number): void {
    if (this.#coverage.relays[relayIndex].isEoseSent) return;
    this.#coverage.markEoseSent(relayIndex);
    this.#listeners.eose(relayIndex);
  }

  #reportDelivery(): void {
    const { memory, onMissed } = this.#options;
    const { urls } = this.#assignment;
    for (const { relayIndex, hits, misses } of deliveryReport(this.#coverage)) {
      memory.learned(urls[relayIndex], hits, misses);
    }
    if (onMissed === undefined) return;
    for (const { relayIndex, role, subject } of missedSubjects(this.#coverage)) {
      onMissed(role, subject, urls[relayIndex]);
    }
  }
}
