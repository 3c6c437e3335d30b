/**
 * Work that comes without a pause, done in slices: between two of them timers and whatever else the
 * program does have their turn.
 *
 * @module
 */

import { type Clock, systemClock } from "./clock.ts";

/** How long this thread works before other work has a turn, in milliseconds. */
const SLICE_MS = 10;
/** So many jobs are done at least before a slice begins, unless one takes long: few need no timer. */
const FREE_JOBS = 16;
/** A job that takes so long, in milliseconds, begins a slice. */
const LONG_JOB_MS = 2;
/** Most characters of what waits: 200 MB at most. What is more takes its turn at once. */
const MAX_WAITING_LENGTH = 2 ** 26;

/** A job, and how many characters it holds. */
interface Job {
  readonly run: () => void;
  readonly length: number;
}

/** See the module. Jobs are done in the order in which they come. */
export class TimeSlices {
  readonly #clock: Clock;
  #jobs: Job[] = [];
  /** How many at the beginning of `#jobs` are done. */
  #done = 0;
  #waitingLength = 0;
  /** How many jobs were done since this began to count. */
  #count = 0;
  /** When the slice is over; absent as long as nothing shows that jobs come without a pause. */
  #endsAt?: number;
  /** Whether jobs that wait are being done. */
  #isGoing = false;
  /** When jobs were last done that had waited. */
  #wentAt = -Infinity;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Does a job: now if there is time for it, else once it is its turn. */
  do(run: () => void, length: number): void {
    if (!this.isWaiting && this.#hasTime()) return this.#run(run);
    this.#jobs.push({ run, length });
    this.#waitingLength += length;
    while (this.#waitingLength > MAX_WAITING_LENGTH) this.#doFirst();
  }

  /**
   * Resolves once it is the caller's turn: at once for few callers, else after all jobs that wait, and
   * after most of what follows from them in rounds of promises, which counts as theirs.
   */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.isWaiting && this.#endsAt === undefined && this.#hasTime()) return resolve();
      this.#jobs.push({ run: resolve, length: 0 });
      if (!this.#isGoing) void this.#goOn();
    });
  }

  /** Does all jobs that wait, now. */
  doAll(): void {
    while (this.isWaiting) this.#doFirst();
  }

  /** Whether any job waits for its turn. */
  get isWaiting(): boolean {
    return this.#done < this.#jobs.length;
  }

  /** Whether jobs have come without a pause in the last `ms` milliseconds. */
  wasBusy(ms: number): boolean {
    return this.isWaiting || this.#clock.now() - this.#wentAt < ms;
  }

  /** Resolves once all jobs that came so far are done. */
  settled(): Promise<void> {
    return new Promise((resolve) => this.do(resolve, 0));
  }

  #hasTime(): boolean {
    if (this.#endsAt !== undefined) return this.#clock.now() < this.#endsAt;
    if (++this.#count >= FREE_JOBS) this.#begin();
    return true;
  }

  #run(run: () => void): void {
    if (this.#endsAt !== undefined) return run();
    const start = this.#clock.now();
    run();
    if (this.#endsAt !== undefined || this.#clock.now() - start < LONG_JOB_MS) return;
    this.#begin(start);
  }

  /** Begins a slice, which the next turn of the event loop ends. */
  #begin(start = this.#clock.now()): void {
    this.#count = 0;
    this.#endsAt = start + SLICE_MS;
    this.#clock.after(0, () => {
      this.#endsAt = undefined;
      if (!this.isWaiting) return;
      this.#begin();
      void this.#goOn();
    });
  }

  async #goOn(): Promise<void> {
    this.#isGoing = true;
    while (this.isWaiting && this.#hasTime()) {
      this.#doFirst();
      // What follows from a job belongs to the slice.
      for (let round = 0; round < ROUNDS; round++) await undefined;
    }
    this.#isGoing = false;
    this.#wentAt = this.#clock.now();
  }

  #doFirst(): void {
    const { run, length } = this.#jobs[this.#done++];
    this.#waitingLength -= length;
    if (!this.isWaiting || this.#done > 1_000) {
      this.#jobs = this.#jobs.slice(this.#done);
      this.#done = 0;
    }
    run();
  }
}

/** How many rounds of promises follow from a job, about. */
const ROUNDS = 8;
