/**
 * One relay's part of a request: it answers, is late or fails, and then sends new events for as
 * long as the request is open, over new connections where needed.
 *
 * This room talks to one relay: it connects, sends REQs, continues page by page, retries and
 * publishes. Its nouns: a {@link RelayConnector} has the connections to one relay; a
 * `RelayConnection` is one of them; a `RelaySubscription` is one REQ on it; a
 * `RelayQuery` is all REQs and pages that answer the same filters on one connection; a
 * {@link RelayRequest} is one relay in one request, over as many connections as that takes.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { onAbort } from "../base/abortable.ts";
import { sleep } from "../base/clock.ts";
import { startInactivityTimer } from "../base/inactivity_timer.ts";
import { messageOf } from "../base/message_of.ts";
import type { WorkTime } from "../base/workload.ts";
import { type AnswerProof, weakestProof } from "../nostr/answer_proof.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import { BACKOFFS, outageWaitMs, waitMs } from "../relays/backoff.ts";
import { isAnswer } from "../relays/relay_record_updates.ts";
import { AnswerProgress } from "./answer_progress.ts";
import type { NamedConnection } from "./connect_named.ts";
import { namedConnection } from "./named_connection.ts";
import type { RelayConnection } from "./relay_connection.ts";
import type { RelayConnector } from "./relay_connector.ts";
import { catchUpFilters } from "./resume_filters.ts";
import { resumeQuery } from "./resume_query.ts";
import { SignInQuery, type SignInQueryOptions } from "./sign_in_query.ts";

/** What a {@link RelayRequest} reports. */
export interface RelayRequestListener {
  /** An event that matches the filters came, perhaps not for the first time. */
  readonly event: (event: NostrEvent) => void;
  /** The answer takes longer than it should. */
  readonly late: () => void;
  /** The stored events are over, or will not come in time; called again if they do come later. */
  readonly settled: (outcome: RelayRequestOutcome) => void;
  /** The relay does not work, or does not seem to, before its answer or after it. */
  readonly lost: () => void;
}

/** How the stored events came to their end. */
export interface RelayRequestOutcome {
  /** Whether the relay said that they are over. */
  readonly answered: boolean;
  /** What the whole answer proves. */
  readonly proof: AnswerProof;
  /** What the answer to each filter, or part of one, proves; of one that is missing, nothing. */
  readonly proofs?: ReadonlyMap<NostrFilter, AnswerProof>;
  /** When the first REQ was sent, or somewhat earlier, in Unix seconds; absent if none was answered. */
  readonly askedAt?: number;
  /** What went wrong; absent if the relay answered. */
  readonly error?: RelayFailureError;
}

/** Dependencies and settings of a {@link RelayRequest}. */
export interface RelayRequestOptions extends
  Pick<
    SignInQueryOptions,
    "clock" | "memory" | "random" | "maxPages" | "isOnce" | "onRelayError" | "signIn"
  > {
  /** Who connects first: lower ranks before higher ones. */
  readonly rank: number;
  /**
   * Up to when the relay was asked all this before, in Unix seconds: only what is new is requested.
   * @default everything is requested
   */
  readonly resumeFrom?: number;
  /**
   * What the program does with what relays send: while it is busy, what they have sent since may
   * wait to be read. @default it is never busy
   */
  readonly workload?: WorkTime;
}

/** Longest that a request waits for a relay that answers nothing but `rate-limited`. */
const MAX_RATE_LIMITED_MS = 4_000;
/** How long a request must go on before it sends REQs for new events alone. */
const LIVE_DELAY_MS = 200;
/** How often new events are requested for which no REQ is open: each answer repeats some hours. */
const POLL_MS = 300_000;
/** No relay hangs up on a REQ of this length because of its length. */
const MIN_REQ_BYTES = 512;
/** What each failure adds to the rank; requests have fewer relays than this. */
const RETRY_RANK_STEP = 1_000;
/** A connection that ended sooner after it answered was of no use. */
const USEFUL_CONNECTION_MS = 10_000;

/** One relay in one request. */
export class RelayRequest {
  readonly #connector: RelayConnector;
  readonly #filters: readonly NostrFilter[];
  readonly #options: RelayRequestOptions;
  readonly #listener: RelayRequestListener;
  /** The `created_at` of the newest event that the relay sent, in Unix seconds; 0 for none. */
  #newest = 0;
  readonly #progress: AnswerProgress;
  #isAnswered = false;
  /** Whether the last query came to its end on a connection that goes on. */
  #isConnected = false;
  /** Up to when everything was requested, in Unix seconds. */
  #resumeFrom?: number;
  #query?: SignInQuery;
  /** The query by which everything new comes. */
  #liveOn?: SignInQuery;
  /** Events that are not yet in the memory of relays. */
  #unreportedEvents = 0;
  /** The length of the longest REQ that the last connection left unanswered. */
  #unansweredBytes = 0;
  /** The longest REQ that the next connection may send. */
  #maxReqBytes?: number;

  constructor(
    connector: RelayConnector,
    filters: readonly NostrFilter[],
    options: RelayRequestOptions,
    listener: RelayRequestListener,
  ) {
    this.#connector = connector;
    this.#filters = filters;
    this.#options = options;
    this.#listener = listener;
    this.#progress = new AnswerProgress(options.clock, options.workload);
    this.#resumeFrom = options.resumeFrom;
  }

  /** Runs until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const use = this.#connector.use();
    try {
      for (let failures = 0, failingSince = 0; !signal.aborted;) {
        const startedAt = clock.now();
        const error = await this.#runOnce(signal, failures);
        if (signal.aborted) return;
        if (error.reason === "blocked-by-user") {
          this.#fail(error);
          await this.#connector.pause(BACKOFFS.blockedByUser.firstMs, signal);
          continue;
        }
        const wasOfUse = this.#isAnswered && clock.now() - startedAt > USEFUL_CONNECTION_MS;
        failures = wasOfUse ? 1 : failures + 1;
        if (failures === 1) failingSince = clock.now();
        // A relay that hangs up gets one quick retry before it counts as failed.
        const isQuickRetry = failures === 1 && error.reason === "disconnected" &&
          (this.#isConnected || this.#connector.retriesSoon);
        if (!isQuickRetry) this.#fail(error);
        // Some relays hang up on a REQ that is too long for them, and do not say so.
        this.#maxReqBytes = isQuickRetry && this.#unansweredBytes > 0
          ? Math.max(MIN_REQ_BYTES, this.#unansweredBytes >> 3)
          : undefined;
        const ownWait = isQuickRetry ? 0 : this.#ownWait(error, failures, failingSince);
        await this.#connector.pause(ownWait, signal);
      }
    } finally {
      use.release();
    }
  }

  /** How long this request alone waits. Without a connection, one pause for all is enough. */
  #ownWait({ reason }: RelayFailureError, failures: number, failingSince: number): number {
    const { clock, random } = this.#options;
    if (!this.#isConnected) return 0;
    if (isAnswer(reason)) return waitMs(BACKOFFS.refused, failures, random);
    return outageWaitMs(BACKOFFS.disconnected, clock.now() - failingSince, random);
  }

  #fail(error: RelayFailureError): void {
    this.#listener.lost();
    if (!this.#isAnswered) this.#listener.settled({ answered: false, proof: "unknown", error });
  }

  /** Runs over one connection until it ends, and says why it did. */
  async #runOnce(signal: AbortSignal, failures: number): Promise<RelayFailureError> {
    const attempt = new AbortController();
    const release = onAbort(signal, () => attempt.abort(signal.reason));
    let connection: RelayConnection | undefined;
    let named: NamedConnection | undefined;
    try {
      // Whoever has failed connects after all that have not been tried yet.
      const rank = this.#options.rank + failures * RETRY_RANK_STEP;
      const how = { ...this.#options, rank, signal: attempt.signal, onLate: this.#listener.late };
      const naming = namedConnection(this.#connector.url, this.#filters, how);
      named = naming && await naming;
      connection = named?.connection ?? await this.#connector.connection(rank, attempt.signal);
      return await this.#runOn(connection, attempt.signal, named !== undefined);
    } catch (cause) {
      if (cause instanceof RelayFailureError) return cause;
      return new RelayFailureError(this.#connector.url, "error", messageOf(cause), { cause });
    } finally {
      release();
      attempt.abort();
      this.#isConnected = connection !== undefined && !connection.ended;
      if (connection) connection.users--;
      named?.release();
    }
  }

  async #runOn(connection: RelayConnection, signal: AbortSignal, isNamed: boolean) {
    const { clock, memory } = this.#options;
    const { url } = this.#connector;
    const startedAt = clock.now();
    const query = this.#query = new SignInQuery(connection, {
      ...this.#options,
      signIn: isNamed ? undefined : this.#options.signIn,
      maxReqBytes: this.#maxReqBytes,
      onEvent: (event) => this.#event(event),
      onProgress: () => this.#progress.step(),
      // No request waits longer for a relay than for one that says nothing.
      onWait: (ms, error) => {
        if (ms > Math.min(MAX_RATE_LIMITED_MS, memory.deadlines(url).hard)) this.#fail(error);
      },
    }, signal);
    this.#progress.start();
    const stopDeadlines = this.#isAnswered
      ? () => {}
      : this.#watchDeadlines(connection, query, signal);
    try {
      const isResuming = this.#resumeFrom !== undefined;
      if (isResuming) await this.#resume(connection, query, signal);
      else await query.requestStored(this.#filters);
      if (signal.aborted) return this.#abortedError();
      stopDeadlines();
      this.#reportDelivered();
      const proof = weakestProof(query.proofs.values());
      memory.answered(url, this.#progress.ms, proof);
      this.#isAnswered = true;
      const askedAt = Math.floor(startedAt / 1000);
      this.#resumeFrom ??= Math.min(this.#newest || Infinity, askedAt);
      const isLive = isResuming || query.staysOpen;
      if (isLive && query.unserved.length === 0) this.#liveOn = query;
      this.#listener.settled({ answered: true, proof, proofs: query.proofs, askedAt });
      if (!isLive) {
        await sleep(clock, LIVE_DELAY_MS, signal);
        if (!signal.aborted) await this.#resume(connection, query, signal);
      }
      if (!signal.aborted) await Promise.race([query.ended, this.#poll(connection, query, signal)]);
      return await this.#untilEnded(query, signal);
    } finally {
      this.#resumeFrom = this.#isAnswered ? this.since : this.#resumeFrom;
      this.#query = this.#liveOn = undefined;
      stopDeadlines();
      this.#reportDelivered();
      this.#unansweredBytes = query.unansweredBytes;
      query.close();
    }
  }

  /** Listens for new events, and requests what came since the last one. */
  async #resume(connection: RelayConnection, query: SignInQuery, signal: AbortSignal) {
    await resumeQuery(query, connection, {
      ...this.#options,
      filters: this.#filters,
      from: this.#resumeFrom!,
      progressAt: () => this.#progress.at,
    }, signal);
  }

  /** Resolves once each filter has a REQ for new events; until then requests the others again. */
  async #poll(connection: RelayConnection, query: SignInQuery, signal: AbortSignal) {
    const { clock } = this.#options;
    for (let filters = query.unserved; filters.length > 0;) {
      await sleep(clock, POLL_MS, signal);
      if (signal.aborted) return;
      const now = Math.floor(clock.now() / 1000);
      // A filter that has a REQ since the last poll lacks what came before that.
      const unserved = query.unserved;
      await query.catchUp(catchUpFilters(filters, this.#resumeFrom!));
      if (connection.ended) throw connection.ended;
      this.#resumeFrom = this.#receivedUntil(now);
      filters = unserved;
    }
    this.#liveOn = query;
  }

  async #untilEnded(query: SignInQuery, signal: AbortSignal): Promise<RelayFailureError> {
    const { promise: aborted, resolve } = Promise.withResolvers<RelayFailureError>();
    const release = onAbort(signal, () => resolve(this.#abortedError()));
    try {
      return await Promise.race([aborted, query.ended]);
    } finally {
      release();
    }
  }

  #abortedError(): RelayFailureError {
    return new RelayFailureError(this.#connector.url, "disconnected", "the request was given up");
  }

  /** See {@link RelayQuery.verifying}. */
  get verifying(): Promise<void>[] {
    return this.#query?.verifying ?? [];
  }

  /** Whether the relay has answered. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /**
   * Up to when everything that came was received, in Unix seconds: the date of the newest event, but
   * no later than when the relay was last heard. What came after that is requested again.
   */
  get since(): number {
    if (!this.#liveOn) return this.#resumeFrom ?? 0;
    return this.#receivedUntil(Math.floor(this.#liveOn.heardAt / 1000));
  }

  /** Up to when everything was received, in Unix seconds, if the relay was last heard at `time`. */
  #receivedUntil(time: number): number {
    return Math.min(this.#newest || (this.#resumeFrom ?? 0), time);
  }

  #event(event: NostrEvent): void {
    this.#progress.event();
    this.#newest = Math.max(this.#newest, event.created_at);
    this.#unreportedEvents++;
    this.#listener.event(event);
  }

  /** Reports to the memory what came since the last report. */
  #reportDelivered(): void {
    this.#options.memory.delivered(this.#connector.url, this.#unreportedEvents);
    this.#unreportedEvents = 0;
  }

  /**
   * Reports when the answer is late, and when it is much too late, counted from when the
   * connection is open.
   *
   * @returns Stops that.
   */
  #watchDeadlines(
    connection: RelayConnection,
    query: SignInQuery,
    signal: AbortSignal,
  ): () => void {
    const { clock, memory } = this.#options;
    // A relay is not to blame for how long it takes to verify what it sent.
    const heardAt = () => query.verifying.length > 0 ? clock.now() : this.#progress.heardAt;
    const isPending = () => query.isPending;
    const timers: (() => void)[] = [];
    let since = clock.now();
    let isCancelled = false;
    const start = () => {
      if (isCancelled || signal.aborted) return;
      this.#progress.start();
      since = this.#progress.at;
      const { soft, hard } = memory.deadlines(this.#connector.url);
      let isTooLate = false;
      const tooLate = (ms: number) => {
        if (isTooLate) return;
        isTooLate = true;
        this.#tooLate(connection, since, ms);
      };
      timers.push(
        // A relay whose REQs wait their turn is late, too: others may have answered long ago.
        startInactivityTimer(clock, soft, { heardAt, isPending: () => true }, () => {
          // Events come without a pause: after one, or at a drip, there is no more to wait for.
          if (this.#progress.isStreaming && isPending()) tooLate(soft);
          else this.#listener.late();
        }),
        startInactivityTimer(clock, hard, { heardAt, isPending }, () => tooLate(hard)),
      );
    };
    const stopDoubt = connection.onDoubt((error) => this.#fail(error));
    const cancel = () => {
      isCancelled = true;
      stopDoubt();
      for (const cancelTimer of timers) cancelTimer();
    };
    // If the connection never opens, the query fails by itself.
    connection.whenOpen().then(start, cancel);
    return cancel;
  }

  /** The answer made no progress for `ms` milliseconds. */
  #tooLate(connection: RelayConnection, since: number, ms: number): void {
    const { url } = this.#connector;
    if (connection.hasGoneSilent(since)) {
      const detail = `nothing was heard on it for ${Math.round(ms)} ms`;
      return connection.end(new RelayFailureError(url, "no-answer", detail));
    }
    const isSilent = this.#unreportedEvents === 0;
    this.#reportDelivered();
    this.#options.memory.unanswered(url);
    const error = new RelayFailureError(url, "no-answer", `no EOSE within ${Math.round(ms)} ms`);
    this.#options.onRelayError?.(error);
    // Events without an EOSE are still better than nothing.
    if (isSilent) this.#fail(error);
    else this.#listener.settled({ answered: false, proof: "unknown", error });
  }
}
