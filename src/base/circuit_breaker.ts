/**
 * Bounds every wait for a store, and makes nobody wait again for one that is known not to
 * answer.
 *
 * @module
 */

import { abortable } from "./abortable.ts";
import type { Clock } from "./clock.ts";
import { markOutage, type Outage } from "./outage.ts";

/** How long to wait for a store. */
export interface CircuitBreakerOptions {
  readonly clock: Clock;
  /** How many milliseconds a store may leave a call without an answer; an integer of at least 1. */
  readonly timeout: number;
  /**
   * Whether a rejection says something about what was asked, and nothing against the store.
   * @default () => false
   */
  readonly isAnswer?: (error: unknown) => boolean;
}

/** How long a trial of a store that did not answer is waited for. */
const TRIAL_WAIT_MS = 250;
/** The pause before the first trial, which doubles with each one up to the longest. */
const FIRST_TRIAL_AFTER_MS = 1_000;
const MAX_TRIAL_AFTER_MS = 30_000;
/** Many writes take turns: one may wait this many times as long while others are answered. */
const MAX_WRITE_TURNS = 10;
/** A timer that fires this much too late shows a busy program, not a slow store. */
const STALL_MS = 500;

/** What is known of one kind of call. */
class Line {
  /** How many times `timeout` a call may wait while other calls are answered. */
  readonly turns: number;
  /** When a call was last answered, in milliseconds since 1970. */
  answeredAt = 0;
  /** Since when no call is answered; absent while the store is believed to answer. */
  silentSince?: number;
  /** When the next call may try whether the store answers again, and the pause after that. */
  trialAt = 0;
  trialPause = FIRST_TRIAL_AFTER_MS;
  /** Whether the last answer was a failure, or none came. */
  hasFailed = false;

  constructor(turns: number) {
    this.turns = turns;
  }
}

/**
 * Passes calls on to one store. Rejects a call that is not answered within `timeout`; from
 * then on it rejects calls at once, until the store answers one of those under way, or a
 * trial: a call that is passed on now and then. The work of a call that was rejected goes on
 * in the store, and may still be done.
 *
 * Reading and writing are judged apart, since a store whose disk is full or that another
 * program locks may still be read. Their failures are one outage ({@link Outage}).
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  readonly #reads = new Line(1);
  readonly #writes = new Line(MAX_WRITE_TURNS);
  #outage?: Outage;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  /**
   * Reads.
   *
   * @throws What the store throws, the signal's reason, or an error that it does not answer.
   */
  read<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#run(this.#reads, call, signal);
  }

  /** Writes; waits up to ten times as long while the store answers other writes. Throws as `read` does. */
  write<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#run(this.#writes, call, signal);
  }

  async #run<T>(line: Line, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const { clock, timeout } = this.#options;
    let wait = timeout;
    if (line.silentSince !== undefined) {
      const now = clock.now();
      if (now < line.trialAt) throw this.#silence(line);
      line.trialAt = now + line.trialPause;
      line.trialPause = Math.min(2 * line.trialPause, MAX_TRIAL_AFTER_MS);
      wait = Math.min(timeout, TRIAL_WAIT_MS);
    }
    const answer = this.#follow(line, call, signal);
    const { promise: silence, reject } = Promise.withResolvers<never>();
    const cancel = this.#arm(line, wait, (startedAt) => {
      if (line.silentSince === undefined) this.#open(line, startedAt);
      reject(this.#silence(line));
    });
    return await abortable(Promise.race([silence, answer]), signal).finally(cancel);
  }

  /** Makes a call, and learns from how it ends, however late. */
  async #follow<T>(line: Line, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      const result = await call();
      this.#answered(line);
      return result;
    } catch (error) {
      if (this.#options.isAnswer?.(error)) this.#answered(line);
      else if (!signal?.aborted) this.#failed(line, error);
      throw error;
    }
  }

  #answered(line: Line): void {
    line.answeredAt = this.#options.clock.now();
    line.silentSince = undefined;
    line.hasFailed = false;
    if (!this.#reads.hasFailed && !this.#writes.hasFailed) this.#outage = undefined;
  }

  #failed<T>(line: Line, error: T): T {
    line.hasFailed = true;
    return markOutage(error, this.#outage ??= { since: this.#options.clock.now() });
  }

  #open(line: Line, startedAt: number): void {
    line.silentSince = startedAt;
    line.trialPause = FIRST_TRIAL_AFTER_MS;
    line.trialAt = this.#options.clock.now() + line.trialPause;
  }

  #silence(line: Line): Error {
    const ms = this.#options.clock.now() - (line.silentSince ?? 0);
    return this.#failed(line, new Error(`The database has not answered for ${ms} ms`));
  }

  /** Calls `run` when a call that begins now has waited for too long; the result cancels that. */
  #arm(line: Line, wait: number, run: (startedAt: number) => void): () => void {
    const { clock, timeout } = this.#options;
    const startedAt = clock.now();
    const set = (ms: number): () => void => {
      const due = clock.now() + ms;
      return clock.after(ms, () => {
        const now = clock.now();
        const turnEnds = Math.min(line.answeredAt + timeout, startedAt + line.turns * timeout);
        if (now - due > STALL_MS) cancel = set(wait);
        else if (line.turns > 1 && turnEnds > now) cancel = set(turnEnds - now);
        else run(startedAt);
      });
    };
    let cancel = set(wait);
    return () => cancel();
  }
}
