/**
 * Threads that verify signatures: started when there is enough to do, ended when there is nothing.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { CreateWorker, VerifyWorker, WorkerMessage } from "./create_worker.ts";
import type { SignedText } from "./signature_check.ts";

/** An event to be verified, and whom to tell. */
export interface VerifyJob {
  readonly item: SignedText;
  readonly resolve: (isValid: boolean) => void;
}

/** What a pool needs, and what it reports. */
export interface VerifyPoolOptions {
  readonly clock: Clock;
  /** Calls `act` after `ms` milliseconds in which the program ran; returns what cancels that. */
  readonly startTimeout: (ms: number, act: () => void) => () => void;
  readonly createWorker: CreateWorker;
  /** Most threads. */
  readonly maxWorkers: number;
  /**
   * Whether messages come faster than this thread reads them: while it starts another one, more of
   * them come, and all are read in one turn. @default never
   */
  readonly isFlooded?: () => boolean;
  /** Takes at most so many jobs of those that wait. */
  readonly take: (max: number) => readonly VerifyJob[];
  /** How many jobs wait. */
  readonly waiting: () => number;
  /** Called once a thread is ready, so that another one may start. */
  readonly onReady: () => void;
  /** Called with the jobs of a thread that is gone; they wait again, before all others. */
  readonly giveBack: (jobs: readonly VerifyJob[]) => void;
}

/** For so long at most, in milliseconds, a flood of messages delays the next thread. */
const MAX_DELAY_MS = 1_000;
/** Most events of one message: a thread is busy with them for some ten milliseconds. */
const MAX_BATCH = 64;
/** A thread has the next batch before it is done with the last. */
const MAX_BATCHES = 2;
/** How long a thread may take to start, or to verify a batch. */
const WORKER_TIMEOUT_MS = 10_000;
/** When threads without work are ended. */
const IDLE_MS = 5_000;
/** After so many threads that died, there are no more. */
const MAX_DEATHS = 3;

/** One thread. */
interface Thread {
  readonly worker: VerifyWorker;
  readonly batches: Map<number, readonly VerifyJob[]>;
  isReady: boolean;
  cancelTimeout: () => void;
}

/** See the module. */
export class VerifyPool {
  readonly #options: VerifyPoolOptions;
  readonly #threads = new Set<Thread>();
  #lastBatch = 0;
  #deaths = 0;
  #isOfUse = true;
  /** Since when a thread is to start. */
  #dueSince?: number;
  #cancelIdle?: () => void;

  /** Starts nothing. */
  constructor(options: VerifyPoolOptions) {
    this.#options = options;
  }

  /** Whether a thread takes jobs. */
  get isReady(): boolean {
    return [...this.#threads].some(({ isReady }) => isReady);
  }

  /** Whether one more thread may start: one after the other, as starting one takes its time. */
  get canStart(): boolean {
    return this.#isOfUse && this.#threads.size < this.#options.maxWorkers &&
      [...this.#threads].every(({ isReady }) => isReady);
  }

  /** Starts a thread, unless there is a flood; says whether it did. Call it once in a turn. */
  start(): boolean {
    const { clock, createWorker, isFlooded, startTimeout } = this.#options;
    this.#dueSince ??= clock.now();
    if (isFlooded?.() && clock.now() - this.#dueSince < MAX_DELAY_MS) return false;
    this.#dueSince = undefined;
    try {
      const worker = createWorker({
        message: (message) => this.#message(thread, message as WorkerMessage),
        failed: () => this.#failed(thread),
      });
      const thread: Thread = { worker, batches: new Map(), isReady: false, cancelTimeout() {} };
      thread.cancelTimeout = startTimeout(WORKER_TIMEOUT_MS, () => this.#failed(thread));
      this.#threads.add(thread);
    } catch {
      // A content policy or a runtime without workers: that will not change.
      this.#isOfUse = false;
    }
    return true;
  }

  /** Gives jobs to threads that have time. */
  feed(): void {
    const { take, waiting } = this.#options;
    const ready = [...this.#threads].filter(({ isReady }) => isReady);
    for (let round = 1; round <= MAX_BATCHES; round++) {
      for (const thread of ready) {
        if (thread.batches.size >= round) continue;
        const share = Math.ceil(waiting() / ready.length);
        const jobs = take(Math.min(MAX_BATCH, share));
        if (jobs.length > 0) this.#send(thread, jobs);
      }
    }
    this.#watchIdle();
  }

  /** Ends all threads, without waiting for them, and gives back their jobs. */
  end(): void {
    this.#cancelIdle?.();
    this.#cancelIdle = undefined;
    for (const thread of this.#threads) this.#end(thread);
  }

  #send(thread: Thread, jobs: readonly VerifyJob[]): void {
    const batch = ++this.#lastBatch;
    thread.batches.set(batch, jobs);
    thread.worker.post({ batch, items: jobs.map(({ item }) => item) });
    if (thread.batches.size === 1) this.#watch(thread);
  }

  #watch(thread: Thread): void {
    thread.cancelTimeout();
    if (thread.batches.size === 0) return;
    const { startTimeout } = this.#options;
    thread.cancelTimeout = startTimeout(WORKER_TIMEOUT_MS, () => this.#failed(thread));
  }

  #message(thread: Thread, message: WorkerMessage): void {
    if (message === "ready") {
      thread.isReady = true;
      thread.cancelTimeout();
      this.feed();
      return this.#options.onReady();
    }
    const jobs = thread.batches.get(message?.batch);
    if (!jobs || message.valid?.length !== jobs.length) return this.#failed(thread);
    thread.batches.delete(message.batch);
    this.#watch(thread);
    this.feed();
    jobs.forEach(({ resolve }, index) => resolve(message.valid[index] === true));
  }

  #failed(thread: Thread): void {
    if (!this.#threads.has(thread)) return;
    if (!thread.isReady || ++this.#deaths >= MAX_DEATHS) this.#isOfUse = false;
    this.#end(thread);
  }

  #end(thread: Thread): void {
    this.#threads.delete(thread);
    thread.cancelTimeout();
    thread.worker.end();
    this.#options.giveBack([...thread.batches.values()].flat());
  }

  #watchIdle(): void {
    const isIdle = [...this.#threads].every(({ batches }) => batches.size === 0);
    this.#cancelIdle?.();
    this.#cancelIdle = isIdle && this.#threads.size > 0
      ? this.#options.clock.after(IDLE_MS, () => this.end())
      : undefined;
  }
}
