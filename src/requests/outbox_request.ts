/**
 * One request on all of its relays, from the first relay that is asked to the last that is let go:
 * it drops events that came already, replaces lost relays, changes its relays while it is open, and
 * reports to the relay memory.
 *
 * A plan's relays act as one here. A request is done when its subjects are covered (`coverage`). It
 * may have others within (`subrequests`): for lost relays (`replacements`), for what a plan gains.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { onAbort } from "../base/abortable.ts";
import type { RelayConnector } from "../connections/relay_connector.ts";
import {
  RelayRequest,
  type RelayRequestListener,
  type RelayRequestOutcome,
} from "../connections/relay_request.ts";
import { isExpired } from "../nostr/expiration.ts";
import { type Assignment, subjectsAt } from "../plan/assignment.ts";
import type { Replan } from "../plan/replan.ts";
import { Completion } from "./completion.ts";
import { Coverage } from "./coverage.ts";
import { reportDelivery } from "./delivery_report.ts";
import {
  noOrigin,
  type OutboxRequestOptions,
  type RequestOrigin,
} from "./outbox_request_options.ts";
import { previewListener } from "./previews.ts";
import type { RelayUse } from "./relays_in_use.ts";
import { planReplacements, planSecondOpinions, type RequestShares } from "./replacements.ts";
import {
  type Listener,
  type RelayMessage,
  RequestListeners,
  type RequestWatcher,
} from "./request_listeners.ts";
import { joinProgress, type RequestScope, type ScopeProgress } from "./scope_progress.ts";
import { type SubrequestOptions, Subrequests } from "./subrequests.ts";

/** How many rounds of replacements a request gets: replacements may be lost, too. */
const MAX_REPLACEMENT_ROUNDS = 3;

/** See the module. */
export class OutboxRequest {
  readonly #assignment: Assignment;
  readonly #options: OutboxRequestOptions;
  readonly #replan?: Replan;
  readonly #origin: RequestOrigin;
  readonly #coverage: Coverage;
  readonly #relayRequests = new Map<number, RelayRequest>();
  readonly #listeners = new RequestListeners();
  readonly #parts = new Subrequests<OutboxRequest>();
  /** Whether more belongs to it than is being asked for; see {@link OutboxRequest.hold}. */
  isHeld = false;
  /** Called as the request goes on. */
  watcher?: RequestWatcher;
  #onDone?: () => void;
  /** Called when the request may have come further; it is over once {@link isDone} holds. */
  onProgress?: () => void;
  #isDone = false;
  readonly #completion: Completion;
  readonly #uses = new Map<number, RelayUse>();

  /** @param replan Plans anew for subjects whose relays are lost; absent where there is no plan. */
  constructor(
    assignment: Assignment,
    options: OutboxRequestOptions,
    replan?: Replan,
    origin?: RequestOrigin,
  ) {
    this.#assignment = assignment;
    this.#options = options;
    this.#replan = replan;
    this.#origin = origin ?? noOrigin(options);
    this.#coverage = new Coverage(assignment);
    const verifying = () => this.verifying;
    this.#completion = new Completion({ ...options, verifying }, () => this.#finish());
  }

  /** Whether the stored events are over. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /**
   * Does not end before {@link OutboxRequest.release}: it is extended by what belongs to it.
   *
   * @param previews Relays that are let go as soon as they have answered or failed.
   */
  hold(previews: ReadonlySet<string> = new Set()): void {
    this.isHeld = true;
    this.#origin.previews.begin(previews);
  }

  /** Lets go of previews, but for those that are kept. */
  endPreviews(isKept: (url: string) => boolean): void {
    for (const url of this.#origin.previews.urls) if (!isKept(url)) this.#leave(url);
  }

  /** All is being asked for. The time that this took does not count. */
  release(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    if (this.#isDone) return;
    this.#completion.beginAnew();
    for (const relayIndex of this.#listeners.relayIndexes) this.#sendEoseIfDue(relayIndex);
    this.#check();
  }

  /** Asks one of the relays: calls `push` with each message as it comes. */
  async listen(
    relayIndex: number,
    connector: RelayConnector,
    filters: readonly NostrFilter[],
    signal: AbortSignal,
    push: Listener["push"],
  ): Promise<void> {
    const asking = new AbortController();
    const end = () => asking.abort(signal.reason);
    const release = onAbort(signal, end);
    await this.#run(relayIndex, connector, filters, { push, signal, end, ended: asking.signal });
    release();
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
    this.#ask(shares, { relayIndex, isExtension: true, isEssential: this.isHeld, resumeFrom });
    void this.#origin.inUse.endReplaced();
    this.#completion.waitAnew();
    this.#check();
  }

  /**
   * How far the request has come for some of its subjects; `isAnswered`: whether a relay that is
   * asked for them answered, `urls`: which relays those are.
   */
  progress(scope: RequestScope): ScopeProgress {
    const parts = this.#parts.all.filter((part) => part.#coverage.rowsOf(scope).length > 0)
      .map((part) => ({
        ...part.progress(scope),
        isDone: part.isDone,
        isEssential: this.#parts.isEssential(part),
      }));
    return joinProgress(this.#coverage.progress(scope), parts);
  }

  /**
   * Whether enough of the relays that were asked first have answered for some of its subjects: before
   * that, {@link OutboxRequest.progress} need not be looked at.
   */
  isCovered(scope: RequestScope): boolean {
    return this.#coverage.isCovered(scope);
  }

  /** Each resolves once something that came so far is verified; empty if nothing waits for that. */
  get verifying(): Promise<void>[] {
    return [...this.#relayRequests.values(), ...this.#parts.all]
      .flatMap(({ verifying }) => verifying);
  }

  /** The error of a request that none of these relays answered. */
  unansweredError(urls: readonly string[]): Error {
    return this.#origin.answers.error(urls);
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
    const { signal, ended } = listener;
    this.#listeners.add(relayIndex, listener);
    if (this.#listeners.size === 1) this.watcher?.begun();
    this.#completion.begin();
    const options = { ...this.#options, rank: relayIndex, resumeFrom };
    const reports = this.#relayListener(relayIndex, listener);
    const request = new RelayRequest(connector, filters, options, reports);
    this.#relayRequests.set(relayIndex, request);
    const use = this.#origin.inUse.add(connector.url, {
      subjects: () => subjectsAt(this.#assignment, relayIndex),
      leave: this.#origin.isReplacement ? () => this.#leave(connector.url) : undefined,
    });
    this.#uses.set(relayIndex, use);
    this.#origin.answers.asked(connector.url);
    if (this.#isDone) this.#sendEose(relayIndex);
    await request.run(ended);
    use.end();
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

  #relayListener(relayIndex: number, { end }: Listener): RelayRequestListener {
    const url = this.#assignment.urls[relayIndex];
    const event = (event: NostrEvent) => this.#event(relayIndex, event);
    if (this.#isPreview(url)) {
      this.#coverage.settle(relayIndex, { answered: false, proof: "unknown" });
      return previewListener(url, event, this.#origin.answers, end);
    }
    return {
      event,
      late: () => {
        this.#coverage.markLate(relayIndex);
        this.#check();
      },
      settled: (outcome) => this.#settled(relayIndex, outcome),
      lost: () => {
        this.#coverage.markLost(relayIndex);
        this.#uses.get(relayIndex)?.lost();
        this.#replaceLost(relayIndex);
      },
    };
  }

  #isPreview(url: string): boolean {
    return this.#origin.isWhole && this.#origin.previews.urls.has(url);
  }

  #event(relayIndex: number, event: NostrEvent): void {
    this.#origin.answers.came();
    if (isExpired(event, this.#options.clock.now() / 1000)) return;
    const url = this.#assignment.urls[relayIndex];
    const isNew = this.#origin.seen.add(event.id);
    if (isNew) this.#listeners.event(relayIndex, event);
    if (this.#isPreview(url)) {
      // A relay that stands in for a list is not to become a hint in its place.
      if (isNew) this.#origin.previews.add(event.id);
      return;
    }
    if (!this.#isDone) {
      this.#coverage.saw(relayIndex, event, isNew || this.#origin.previews.take(event.id));
    }
    this.#options.onSeen?.(event, url);
  }

  #settled(relayIndex: number, outcome: RelayRequestOutcome): void {
    const url = this.#assignment.urls[relayIndex];
    this.#coverage.settle(relayIndex, outcome);
    if (outcome.answered) {
      this.#uses.get(relayIndex)?.works();
      if (this.#assignment.fallbacks?.includes(relayIndex)) this.#replaceLost(relayIndex);
      this.#origin.answers.came();
      this.#options.onAnswered?.(url, outcome);
    } else this.#origin.answers.failed(url, outcome.error);
    // Further indexers decide where a write relay and an indexer did not agree.
    if (!this.#isDone) this.#askInstead(relayIndex, planSecondOpinions);
    this.#sendEoseIfDue(relayIndex);
    this.#check();
  }

  /** Finds other relays for the subjects that have no relay left. */
  #replaceLost(relayIndex: number): void {
    if (this.#origin.rounds < MAX_REPLACEMENT_ROUNDS) {
      this.#askInstead(relayIndex, planReplacements);
    }
  }

  #askInstead(relayIndex: number, plan: typeof planReplacements): void {
    const [assignment, coverage, replan] = [this.#assignment, this.#coverage, this.#replan];
    const all = replan ? plan(assignment, coverage, replan, this.#origin.inUse) : [];
    for (const shares of all) this.#ask(shares, { relayIndex, isExtension: false });
  }

  /** Asks more relays; the EOSE of a relay waits for theirs. */
  #ask(
    { routes, assignment, replan }: RequestShares,
    { resumeFrom, ...how }: SubrequestOptions & { resumeFrom?: number },
  ): void {
    const { relayIndex, isExtension } = how;
    const { rounds } = this.#origin;
    const part = new OutboxRequest(assignment, this.#options, replan, {
      ...this.#origin,
      isWhole: false,
      rounds: isExtension ? rounds : rounds + 1,
      isReplacement: !isExtension,
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
      const asking = new AbortController(), { signal } = asking;
      const listener = { push, signal, end: () => asking.abort(), ended: signal };
      const connector = this.#options.connector(url);
      return part.#run(assignment.urls.indexOf(url), connector, filters, listener, resumeFrom);
    };
    this.#parts.add(part, how, () => Promise.all([...routes].map(run)));
  }

  #relayRequestAt(url: string): RelayRequest | undefined {
    return this.#relayRequests.get(this.#assignment.urls.indexOf(url));
  }

  /** Lets go of a relay, if it is being asked; nobody waits for it. */
  #leave(url: string): void {
    const relayIndex = this.#assignment.urls.indexOf(url);
    if (!this.#relayRequests.has(relayIndex)) return;
    this.#uses.get(relayIndex)?.end();
    this.#listeners.end(relayIndex);
    this.#settled(relayIndex, { answered: false, proof: "unknown" });
  }

  #check(): void {
    const isOpen = !this.#isDone && !this.isHeld && !this.#parts.hasEssential;
    const isCovered = isOpen &&
      (this.#coverage.isDone || this.#origin.late.leave(this.#assignment, this.#coverage));
    const [{ isSettled }, { hasPending: isPending }] = [this.#coverage, this.#parts];
    this.#completion.check({ isCovered, isSettled, isPending });
    this.onProgress?.();
  }

  /** The stored events are over; `isGivenUp`: since nobody listens any longer. */
  #finish(isGivenUp = false): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#completion.end();
    reportDelivery(this.#coverage, this.#assignment.urls, this.#options);
    if (this.#origin.isWhole && !isGivenUp && !this.#origin.answers.isAny) {
      this.#options.onUnanswered?.(this.#origin.answers.error());
    }
    for (const relayIndex of this.#listeners.relayIndexes) this.#sendEose(relayIndex);
    this.#onDone?.();
    this.watcher?.done();
    this.onProgress?.();
  }

  /** Sends the EOSE of a relay, unless it or a request that it waits for is not done. */
  #sendEoseIfDue(relayIndex: number): void {
    if (this.isHeld || !this.#coverage.hasSettled(relayIndex)) return;
    if (!this.#parts.isAwaitedBy(relayIndex)) this.#sendEose(relayIndex);
  }

  /** Sends the EOSE of a relay to its listener, once. */
  #sendEose(relayIndex: number): void {
    if (this.#coverage.relays[relayIndex].isEoseSent) return;
    this.#coverage.markEoseSent(relayIndex);
    this.#listeners.eose(relayIndex);
  }
}
