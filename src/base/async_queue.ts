/**
 * A queue between code that pushes values and whoever reads them as an async iterator.
 *
 * The iterator is no generator: one that passes on what another one yields takes several rounds of
 * promises for each value, which is most of the work where many read the same.
 *
 * @module
 */

import { onAbort } from "./abortable.ts";

/** Starts what fills a queue; returns what ends that. */
export type BeginReading = () => () => Promise<void> | void;

/** Values as they come, until there are no more or `return()` is called. */
export interface Reading<T> extends AsyncIterableIterator<T, void> {
  return(): Promise<IteratorResult<T, void>>;
}

/** A queue with one reader. */
export class AsyncQueue<T> {
  #values: T[] = [];
  /** How many at the beginning of `#values` are taken. */
  #taken = 0;
  #isClosed = false;
  /** Called when there may be something to take, or nothing more to come. */
  onChange?: () => void;

  /** Adds a value; does nothing once the queue is closed. */
  push(value: T): void {
    if (this.#isClosed) return;
    this.#values.push(value);
    this.onChange?.();
  }

  /** Ends the reading once all values in the queue are read. */
  close(): void {
    this.#isClosed = true;
    this.onChange?.();
  }

  /** Whether no value is left, and none will come. */
  get isOver(): boolean {
    return this.#isClosed && this.isEmpty;
  }

  /** Whether no value waits to be taken. */
  get isEmpty(): boolean {
    return this.#taken === this.#values.length;
  }

  /** The first value; there must be one. */
  take(): T {
    const value = this.#values[this.#taken++];
    if (this.isEmpty) this.#values.length = this.#taken = 0;
    else if (this.#taken > MAX_TAKEN) {
      this.#values.splice(0, this.#taken);
      this.#taken = 0;
    }
    return value;
  }

  /**
   * Yields all values that are pushed, until the queue is closed or the signal is aborted.
   *
   * @param begin Called when the first value is asked for; what it returns is called, and awaited,
   * before the reading ends.
   */
  read(signal: AbortSignal, begin?: BeginReading): Reading<T> {
    return new QueueReader(this, signal, begin);
  }
}

/** So many values that are taken stay in an array at most. */
const MAX_TAKEN = 1_000;

type Result<T> = IteratorResult<T, void>;

/** Reads a queue. */
class QueueReader<T> implements Reading<T> {
  readonly #queue: AsyncQueue<T>;
  readonly #signal: AbortSignal;
  readonly #begin?: BeginReading;
  #waiting: ((result: Result<T> | Promise<Result<T>>) => void)[] = [];
  #hasBegun = false;
  #release?: () => void;
  #finish?: () => Promise<void> | void;
  #ending?: Promise<Result<T>>;

  constructor(queue: AsyncQueue<T>, signal: AbortSignal, begin?: BeginReading) {
    this.#queue = queue;
    this.#signal = signal;
    this.#begin = begin;
  }

  next(): Promise<Result<T>> {
    if (!this.#hasBegun) this.#start();
    if (this.#isOver) return this.#end();
    if (this.#waiting.length === 0 && !this.#queue.isEmpty) {
      return Promise.resolve({ done: false, value: this.#queue.take() });
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<Result<T>> {
    this.#hasBegun = true;
    return this.#end();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** An aborted signal ends the reading, so that it need not be looked at for each value. */
  get #isOver(): boolean {
    return this.#ending !== undefined || this.#queue.isOver;
  }

  #start(): void {
    this.#hasBegun = true;
    if (this.#signal.aborted) return void this.#end();
    this.#queue.onChange = () => this.#serve();
    this.#finish = this.#begin?.();
    this.#release = onAbort(this.#signal, () => void this.#end());
  }

  /** Hands out what there is to those who wait. */
  #serve(): void {
    while (this.#waiting.length > 0) {
      if (this.#isOver) this.#waiting.shift()!(this.#end());
      else if (!this.#queue.isEmpty) {
        this.#waiting.shift()!({ done: false, value: this.#queue.take() });
      } else return;
    }
  }

  /** Nobody reads any longer. */
  #end(): Promise<Result<T>> {
    if (this.#ending) return this.#ending;
    const { promise, resolve } = Promise.withResolvers<Result<T>>();
    this.#ending = promise;
    this.#queue.onChange = undefined;
    this.#release?.();
    const finish = async (): Promise<Result<T>> => {
      await this.#finish?.();
      return { done: true, value: undefined };
    };
    resolve(finish());
    // Whoever asks for more hears of what failed; nobody else need.
    void Promise.allSettled([promise]);
    this.#serve();
    return promise;
  }
}
