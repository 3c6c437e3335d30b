/**
 * What one relay does for one request: it answers, or is late, or fails; and then
 * it tells what is new for as long as the request lives, over new connections
 * where it must be.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { sleep } from "../base/clock.ts";
import { startInactivityTimer } from "../base/inactivity_timer.ts";
import { messageOf } from "../base/message_of.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import { isOutage } from "../relays/relay_record_updates.ts";
import type { RelayConnection } from "./relay_connection.ts";
import type { RelayConnector } from "./relay_connector.ts";
import { RelayQuery, type RelayQueryOptions } from "./relay_query.ts";
import { resumeFilters } from "./resume_filters.ts";

/** Who is told of a leg. */
export interface RelayRequestListener {
  /** An event that was asked for; perhaps not for the first time. */
  readonly event: (event: NostrEvent) => void;
  /** The answer takes longer than it should. */
  readonly late: () => void;
  /** The stored events are over, or will not come in time. May be called again once they do. */
  readonly settled: (outcome: RelayRequestOutcome) => void;
  /** The relay does not work, before its answer or after it. */
  readonly lost: () => void;
}

/** How the stored events came to their end. */
export interface RelayRequestOutcome {
  /** Whether the relay said that they are over. */
  readonly answered: boolean;
  /** Whether nothing was cut off on the way. */
  readonly complete: boolean;
  /** What went wrong; absent if it answered. */
  readonly error?: RelayFailureError;
}

/** What a leg needs. */
export interface RelayRequestOptions extends
  Pick<
    RelayQueryOptions,
    "clock" | "memory" | "random" | "maxPages" | "isOnce" | "onRelayError"
  > {
  /** Who is connected first: the lower before the higher. */
  readonly rank: number;
}

/** How far before the newest event a relay is asked anew, in seconds: for late arrivals. */
const OVERLAP = 120;
/** How long a request has to go on before REQs for new events alone are sent, in milliseconds. */
const LIVE_DELAY = 200;
/** No relay hangs up on a REQ of so many bytes for its length. */
const SHORTEST = 512;
/** How long a relay is left alone that hung up, in milliseconds. */
const HASTE = 200;
/** The same before another connection, in milliseconds: it grows by a factor. */
const PAUSES = { first: 1_000, longest: 180_000 };
/** The same where the relay answers, if not as it should. */
const LONG_PAUSES = { first: 20_000, longest: 900_000 };
const GROWTH = 1.6;
/** How long to wait for the user to change their mind, of which the link tells, in milliseconds. */
const BLOCKED_PAUSE = 86_400_000;
/** More than there are relays in a request. */
const BEHIND = 1_000;
/** A connection that ended within so many milliseconds was of no use. */
const SHORT = 10_000;

/** One relay in one request. */
export class RelayRequest {
  readonly #connector: RelayConnector;
  readonly #filters: readonly NostrFilter[];
  readonly #options: RelayRequestOptions;
  readonly #listener: RelayRequestListener;
  /** When the newest event was written that the relay sent, in Unix seconds. */
  #newest = 0;
  /** When something was last heard of the answer. */
  #progressAt = 0;
  #isAnswered = false;
  /** When the answer was asked for that came to its end. */
  #askedAt = 0;
  /** Whether events came since the last REQ was sent, or came to its end. */
  #isStreaming = false;
  /** Events of which the memory was not told yet. */
  #untold = 0;
  /** How long the longest REQ was that the last connection ended on, in bytes. */
  #lost = 0;
  /** How long REQs may be the next time. */
  #maxLength?: number;

  constructor(
    link: RelayConnector,
    filters: readonly NostrFilter[],
    options: RelayRequestOptions,
    listener: RelayRequestListener,
  ) {
    this.#connector = link;
    this.#filters = filters;
    this.#options = options;
    this.#listener = listener;
  }

  /** Goes on until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, memory, random } = this.#options;
    const use = this.#connector.use();
    try {
      for (let failures = 0; !signal.aborted;) {
        const startedAt = clock.now();
        const isBackingOff = memory.retryAt(this.#connector.url) > startedAt;
        const error = await this.#connection(signal, failures);
        if (signal.aborted) return;
        if (error.reason === "blocked-by-user") {
          this.#failed(error);
          await this.#connector.pause(BLOCKED_PAUSE, signal);
          continue;
        }
        const wasOfUse = this.#isAnswered && clock.now() - startedAt > SHORT;
        failures = wasOfUse ? 1 : failures + 1;
        // A relay that hangs up is asked once more at once before it has failed.
        const isHasty = failures === 1 && error.reason === "disconnected" &&
          (wasOfUse || !isBackingOff);
        if (!isHasty) this.#failed(error);
        // Some relays hang up on what is too long for them, and do not say so.
        this.#maxLength = isHasty ? Math.max(SHORTEST, this.#lost >> 3) : undefined;
        const { first, longest } = isOutage(error.reason) ? PAUSES : LONG_PAUSES;
        const pause = isHasty ? HASTE : Math.min(longest, first * GROWTH ** (failures - 1));
        const backoff = isHasty ? 0 : memory.retryAt(this.#connector.url) - clock.now();
        await this.#connector.pause(Math.max(pause * (0.5 + random()), backoff), signal);
      }
    } finally {
      use.release();
    }
  }

  #failed(error: RelayFailureError): void {
    this.#listener.lost();
    if (!this.#isAnswered) this.#listener.settled({ answered: false, complete: false, error });
  }

  /** Asks over one connection; how that ended. */
  async #connection(signal: AbortSignal, failures: number): Promise<RelayFailureError> {
    const cycle = new AbortController();
    const stop = () => cycle.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    let session: RelayConnection | undefined;
    try {
      // Whoever has failed comes after all that have not been tried yet.
      const rank = this.#options.rank + failures * BEHIND;
      session = await this.#connector.connection(rank, cycle.signal, failures === 1);
      return await this.#talk(session, cycle.signal);
    } catch (error) {
      if (error instanceof RelayFailureError) return error;
      return new RelayFailureError(this.#connector.url, "error", messageOf(error), {
        cause: error,
      });
    } finally {
      signal.removeEventListener("abort", stop);
      cycle.abort();
      if (session) session.users--;
    }
  }

  async #talk(session: RelayConnection, signal: AbortSignal): Promise<RelayFailureError> {
    const { clock, memory } = this.#options;
    const { url } = this.#connector;
    const startedAt = clock.now();
    const answer = new RelayQuery(session, {
      ...this.#options,
      maxLength: this.#maxLength,
      onEvent: (event) => this.#event(event),
      onProgress: () => {
        this.#progressAt = clock.now();
        this.#isStreaming = false;
      },
      // Nobody can wait for longer than for a relay that says nothing.
      onWait: (ms, error) => ms > memory.deadlines(url).hard ? this.#failed(error) : undefined,
    }, signal);
    const unhear = this.#connector.onNotice((words) => answer.notice(words));
    const wait = this.#isAnswered
      ? { cancel: () => {}, since: () => startedAt }
      : this.#watch(session, answer, signal);
    try {
      const wanted = this.#isAnswered ? resumeFilters(this.#filters, this.since) : this.#filters;
      await answer.stored(wanted);
      if (signal.aborted) return this.#given();
      wait.cancel();
      this.#tell();
      memory.answered(url, Math.max(0, this.#progressAt - wait.since()));
      this.#isAnswered = true;
      this.#askedAt = startedAt;
      this.#listener.settled({ answered: true, complete: answer.isComplete });
      if (!answer.stays) {
        await sleep(clock, LIVE_DELAY, signal);
        if (!signal.aborted) await answer.live(resumeFilters(this.#filters, this.since));
      }
      return await this.#over(answer, signal);
    } finally {
      unhear();
      wait.cancel();
      this.#tell();
      this.#lost = answer.lost;
      answer.close();
    }
  }

  #over(answer: RelayQuery, signal: AbortSignal): Promise<RelayFailureError> {
    const { promise, resolve } = Promise.withResolvers<RelayFailureError>();
    answer.over.then(resolve);
    signal.addEventListener("abort", () => resolve(this.#given()), { once: true });
    if (signal.aborted) resolve(this.#given());
    return promise;
  }

  #given(): RelayFailureError {
    return new RelayFailureError(this.#connector.url, "disconnected", "the request was given up");
  }

  /** Whether the relay has answered. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /**
   * From when on to ask again: a little before the newest event, which may claim any
   * time; where there was none, before the answer that said so was asked for.
   */
  get since(): number {
    const now = Math.floor(this.#options.clock.now() / 1000);
    const newest = this.#newest > 0 ? this.#newest : Math.floor(this.#askedAt / 1000);
    return Math.min(newest, now) - OVERLAP;
  }

  #event(event: NostrEvent): void {
    this.#progressAt = this.#options.clock.now();
    this.#newest = Math.max(this.#newest, event.created_at);
    this.#untold++;
    this.#isStreaming = true;
    this.#listener.event(event);
  }

  /** Tells the memory what came since it was last told. */
  #tell(): void {
    this.#options.memory.delivered(this.#connector.url, this.#untold);
    this.#untold = 0;
  }

  /**
   * Tells when the answer is late, and when it is too late, counted from when the
   * connection stands.
   */
  #watch(session: RelayConnection, answer: RelayQuery, signal: AbortSignal) {
    const { clock, memory } = this.#options;
    const { url } = this.#connector;
    const heardAt = () => this.#progressAt;
    const isPending = () => answer.isAsking;
    const cancels: (() => void)[] = [];
    let since = clock.now();
    let isOver = false;
    const start = () => {
      if (isOver || signal.aborted) return;
      since = this.#progressAt = clock.now();
      const { soft, hard } = memory.deadlines(url);
      let isTooLate = false;
      const tooLate = (ms: number) => {
        if (isTooLate) return;
        isTooLate = true;
        if (session.hasGoneSilent(since)) {
          const detail = `nothing was heard on it for ${Math.round(ms)} ms`;
          return session.end(new RelayFailureError(url, "no-answer", detail));
        }
        const isSilent = this.#untold === 0;
        this.#tell();
        memory.unanswered(url);
        const error = new RelayFailureError(
          url,
          "no-answer",
          `no EOSE within ${Math.round(ms)} ms`,
        );
        this.#options.onRelayError?.(error);
        // What it sends without an end is still better than nothing.
        if (isSilent) this.#failed(error);
        else this.#listener.settled({ answered: false, complete: false, error });
      };
      cancels.push(
        // It is late, too, while it is not asked: others may have answered long ago.
        startInactivityTimer(clock, soft, { heardAt, isPending: () => true }, () => {
          // Events come without a pause: after one there is no more to wait for.
          if (this.#isStreaming && isPending()) tooLate(soft);
          else this.#listener.late();
        }),
        startInactivityTimer(clock, hard, { heardAt, isPending }, () => tooLate(hard)),
      );
    };
    const cancel = () => {
      isOver = true;
      for (const cancel of cancels) cancel();
    };
    // Where it never stands, the answer fails by itself.
    session.whenOpen().then(start, cancel);
    return { cancel, since: () => since };
  }
}
