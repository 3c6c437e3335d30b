/**
 * Verifies signatures at once while they are few, and in threads of their own while they are many.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { Clock } from "../base/clock.ts";
import { startTimeout } from "../base/stall_watch.ts";
import type { CreateWorker } from "./create_worker.ts";
import { type CheckSignature, eventOf, prepareCheck, signedText } from "./signature_check.ts";
import type { VerifyJob, VerifyPool } from "./verify_pool.ts";
import { verifyThreads } from "./verify_threads.ts";

/** What a {@link WorkerVerifier} needs. */
export interface WorkerVerifierOptions {
  readonly clock: Clock;
  /** Verifies an event in this thread. */
  readonly check: CheckSignature;
  readonly createWorker: CreateWorker;
  /** Most threads. */
  readonly maxWorkers: number;
  /** Whether messages come faster than this thread reads them. @default never */
  readonly isFlooded?: () => boolean;
}

/**
 * So long this thread verifies signatures before other work has a turn: in the same turn it may
 * read messages, for ten milliseconds.
 */
export const SLICE_MS = 5;
/** When so many events wait, or are expected, threads are started. */
const MANY_EVENTS = 300;
/** For so long, in milliseconds, events are expected that do not come. */
const EXPECTED_MS = 3_000;

/** See the module. */
export class WorkerVerifier {
  readonly #options: WorkerVerifierOptions;
  /** Absent before many events wait. */
  #pool?: VerifyPool;
  /** Whether what has threads may be loaded: it is not under way, and did not fail. */
  #mayLoad = true;
  #waiting: VerifyJob[] = [];
  /** How many at the beginning of `#waiting` are taken. */
  #taken = 0;
  /** How long this thread has verified since other work had its turn. */
  #busyMs = 0;
  #cancelTurn?: () => void;
  #isFeeding = false;
  #isClosing = false;
  /** Whether a check has computed what the first one needs. */
  #isPrepared = false;
  /** Until when many events are expected. */
  #expectedUntil = -Infinity;

  /** Starts nothing. */
  constructor(options: WorkerVerifierOptions) {
    this.#options = options;
  }

  /** Says whether an event is genuine: at once, or as a promise where many wait. */
  verify(event: NostrEvent): boolean | Promise<boolean> {
    if (this.#size === 0 && this.#busyMs < SLICE_MS && !this.#pool?.isReady) {
      const isValid = this.#check(event);
      if (this.#busyMs > 0) this.#nextTurn();
      return isValid;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.push({ item: signedText(event), resolve });
    this.#goOn();
    return promise;
  }

  /**
   * Prepares for so many events, while relays are waited for: for one as for many by a first check,
   * for many with threads.
   */
  expect(count: number): void {
    if (count >= MANY_EVENTS) this.#expectedUntil = this.#options.clock.now() + EXPECTED_MS;
    if (!this.#isPrepared || this.#needsThread) this.#nextTurn();
  }

  /** Ends the threads; what waits counts as not genuine. It may be used again. */
  close(): void {
    this.#isClosing = true;
    this.#pool?.end();
    const rest = this.#take(Infinity);
    this.#cancelTurn?.();
    this.#cancelTurn = undefined;
    this.#busyMs = 0;
    this.#expectedUntil = -Infinity;
    this.#isClosing = false;
    for (const { resolve } of rest) resolve(false);
  }

  get #needsThread(): boolean {
    const isMuch = this.#size >= MANY_EVENTS || this.#options.clock.now() < this.#expectedUntil;
    return isMuch && (this.#pool?.canStart ?? this.#mayLoad);
  }

  get #size(): number {
    return this.#waiting.length - this.#taken;
  }

  #take(max: number): VerifyJob[] {
    const jobs = this.#waiting.slice(this.#taken, this.#taken + max);
    this.#taken += jobs.length;
    if (this.#size === 0 || this.#taken > 1_000) {
      this.#waiting = this.#waiting.slice(this.#taken);
      this.#taken = 0;
    }
    return jobs;
  }

  /** Sees that what waits is verified by somebody. */
  #goOn(): void {
    if (this.#isClosing) return;
    const isReady = this.#pool?.isReady ?? false;
    if (this.#needsThread || this.#size > 0 && !isReady) this.#nextTurn();
    if (!isReady || this.#size === 0 || this.#isFeeding) return;
    this.#isFeeding = true;
    // What comes together is sent together.
    queueMicrotask(() => {
      this.#isFeeding = false;
      this.#pool?.feed();
    });
  }

  #nextTurn(): void {
    this.#cancelTurn ??= this.#options.clock.after(0, () => {
      this.#cancelTurn = undefined;
      this.#busyMs = 0;
      // Preparing takes longer than a slice, and starting a thread as long.
      if (!this.#isPrepared) prepareCheck((event) => this.#check(event));
      else if (!(this.#needsThread && this.#loadedPool()?.start() || this.#pool?.isReady)) {
        this.#slice();
      }
      this.#goOn();
    });
  }

  /** What has threads; if it must be loaded first, this thread goes on meanwhile. */
  #loadedPool(): VerifyPool | undefined {
    const { loaded } = verifyThreads;
    if (!loaded) {
      this.#mayLoad = false;
      void verifyThreads.attempt().then((part) => {
        this.#mayLoad = part !== undefined;
        this.#goOn();
      });
      return undefined;
    }
    return this.#pool ??= new loaded.VerifyPool({
      ...this.#options,
      startTimeout: (ms, act) => startTimeout(this.#options.clock, ms, act),
      take: (max) => this.#take(max),
      waiting: () => this.#size,
      onReady: () => this.#goOn(),
      giveBack: (jobs) => {
        this.#waiting = [...jobs, ...this.#waiting.slice(this.#taken)];
        this.#taken = 0;
        this.#goOn();
      },
    });
  }

  /** Verifies some of what waits, in this thread. */
  #slice(): void {
    while (this.#busyMs < SLICE_MS) {
      const [job] = this.#take(1);
      if (!job) return;
      job.resolve(this.#check(eventOf(job.item)));
    }
  }

  #check(event: NostrEvent): boolean {
    const { clock, check } = this.#options;
    const start = clock.now();
    const isValid = check(event);
    this.#isPrepared = true;
    this.#busyMs += Math.max(0, clock.now() - start);
    return isValid;
  }
}
