/**
 * Bounds every wait for a store, and makes nobody wait again for one that is known not to
 * answer.
 *
 * @module
 */

import { onAbort } from "./abortable.ts";
import type { Clock } from "./clock.ts";
import { markOutage, type Outage } from "./outage.ts";
import { STALL_MS } from "./stall_watch.ts";

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

/** The wait for one call. */
interface Wait {
  readonly startedAt: number;
  /** How many outages were over when it began. */
  readonly outagesOver: number;
  /** How many milliseconds it lasts at least, and when it may be over. */
  readonly ms: number;
  due: number;
  readonly reject: (error: Error) => void;
}

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
  /** The calls that wait, and the timer for the first of them that has waited too long. */
  readonly waits = new Set<Wait>();
  timer?: { readonly due: number; readonly cancel: () => void };

  constructor(turns: number) {
    this.turns = turns;
  }
}

/**
 * Passes calls on to one store. Rejects a call that is not answered within `timeout`. If no other
 * call was answered within that time either, it then rejects calls at once, until the store
 * answers one of those under way, or a trial: a call that is passed on now and then. The work of a
 * call that was rejected goes on in the store, and may still be done.
 *
 * Reading and writing are judged apart, since a store whose disk is full or that another
 * program locks may still be read. Their failures are one outage ({@link Outage}).
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  readonly #reads = new Line(1);
  readonly #writes = new Line(MAX_WRITE_TURNS);
  #outage?: Outage;
  /** The outage before, and how many there were: calls that began during one may fail after it. */
  #lastOutage?: Outage;
  #outagesOver = 0;

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
      if (now < line.trialAt) throw this.#silence(line, line.silentSince, this.#outagesOver);
      line.trialAt = now + line.trialPause;
      line.trialPause = Math.min(2 * line.trialPause, MAX_TRIAL_AFTER_MS);
      wait = Math.min(timeout, TRIAL_WAIT_MS);
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const leave = this.#enter(line, wait, reject);
    const release = onAbort(signal, () => reject(signal!.reason));
    this.#follow(line, call, signal).then(resolve, reject);
    try {
      return await promise;
    } finally {
      leave();
      release();
    }
  }

  /** Makes a call, and learns from how it ends, however late. */
  async #follow<T>(line: Line, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const outagesOver = this.#outagesOver;
    try {
      const result = await call();
      this.#answered(line);
      return result;
    } catch (error) {
      if (this.#options.isAnswer?.(error)) this.#answered(line);
      else if (!signal?.aborted) this.#failed(line, error, outagesOver);
      throw error;
    }
  }

  #answered(line: Line): void {
    line.answeredAt = this.#options.clock.now();
    line.silentSince = undefined;
    line.hasFailed = false;
    if (!this.#outage || this.#reads.hasFailed || this.#writes.hasFailed) return;
    this.#lastOutage = this.#outage;
    this.#outage = undefined;
    this.#outagesOver++;
  }

  /** Counts a failure to an outage: the one under way, else one that ended since the call began. */
  #failed<T>(line: Line, error: T, outagesOver: number): T {
    line.hasFailed = true;
    if (outagesOver < this.#outagesOver) this.#outage ??= this.#lastOutage;
    return markOutage(error, this.#outage ??= { since: this.#options.clock.now() });
  }

  #open(line: Line, startedAt: number): void {
    line.silentSince = startedAt;
    line.trialPause = FIRST_TRIAL_AFTER_MS;
    line.trialAt = this.#options.clock.now() + line.trialPause;
  }

  #silence(line: Line, since: number, outagesOver: number): Error {
    const ms = this.#options.clock.now() - since;
    const error = new Error(`The database has not answered for ${ms} ms`);
    return this.#failed(line, error, outagesOver);
  }

  /** Counts a call among those that wait; the result ends that. */
  #enter(line: Line, ms: number, reject: (error: Error) => void): () => void {
    const startedAt = this.#options.clock.now();
    const outagesOver = this.#outagesOver;
    const wait: Wait = { startedAt, outagesOver, ms, due: startedAt + ms, reject };
    line.waits.add(wait);
    if (!line.timer || wait.due < line.timer.due) this.#setTimer(line);
    return () => {
      line.waits.delete(wait);
      if (line.waits.size > 0) return;
      line.timer?.cancel();
      line.timer = undefined;
    };
  }

  /** Sets the timer to the first wait that may be over. One timer is cheaper than thousands. */
  #setTimer(line: Line): void {
    line.timer?.cancel();
    line.timer = undefined;
    if (line.waits.size === 0) return;
    const { clock } = this.#options;
    let due = Infinity;
    for (const wait of line.waits) due = Math.min(due, wait.due);
    const cancel = clock.after(due - clock.now(), () => this.#expire(line, due));
    line.timer = { due, cancel };
  }

  /** Ends the waits that are over. */
  #expire(line: Line, due: number): void {
    const { clock, timeout } = this.#options;
    const now = clock.now();
    // An answer after now shows that the clock was set back: then it says nothing.
    const isAnswering = line.answeredAt <= now && line.answeredAt + timeout > now;
    for (const wait of line.waits) {
      const turnEnds = Math.min(
        line.answeredAt + timeout,
        wait.startedAt + line.turns * timeout,
      );
      if (now - due > STALL_MS) wait.due = now + wait.ms;
      else if (wait.due > now) continue;
      else if (line.turns > 1 && turnEnds > now) wait.due = turnEnds;
      else {
        line.waits.delete(wait);
        if (line.silentSince === undefined && !isAnswering) this.#open(line, wait.startedAt);
        const since = line.silentSince ?? wait.startedAt;
        wait.reject(this.#silence(line, since, wait.outagesOver));
      }
    }
    this.#setTimer(line);
  }
}
