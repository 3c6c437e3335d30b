/**
 * When the stored events of a request, or of one that shares its REQs, are over: some time after
 * enough relays have answered for each subject.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { startIdleTimeout } from "../base/idle_timeout.ts";
import type { WorkTime } from "../base/workload.ts";
import { allRead } from "../connections/relay_socket.ts";

/** How far what somebody waits for has come. */
export interface Progress {
  /** Whether enough relays have answered for each subject. */
  readonly isCovered: boolean;
  /** Whether relays that were added later are waited for. */
  readonly isPending: boolean;
  /** Whether nobody waits for any relay. */
  readonly isSettled: boolean;
}

/** What a {@link Completion} needs. */
export interface CompletionOptions {
  readonly clock: Clock;
  /**
   * How long the whole may take, in milliseconds in which the program is not behind.
   * @default as long as it takes
   */
  readonly timeout?: number;
  /** How long to wait for stragglers once everybody is covered, in milliseconds. */
  readonly stragglerTimeout: number;
  /** Time in which the program is behind does not count. @default it never is */
  readonly workload?: WorkTime;
  /**
   * Returns what resolves once something that came so far is verified.
   * @default nothing ever waits for that
   */
  readonly verifying?: () => Promise<void>[];
}

/** How long a covered request waits for relays that were added later, in milliseconds. */
const REPLACEMENT_WAIT_MS = 3_000;

/** See the module. */
export class Completion {
  readonly #options: CompletionOptions;
  readonly #finish: () => void;
  #cancelStragglerTimeout?: () => void;
  #cancelReplacementWait?: () => void;
  #cancelTimeout?: () => void;
  #hasEnded = false;

  /** @param finish Called once, unless {@link Completion.end} is called before. */
  constructor(options: CompletionOptions, finish: () => void) {
    this.#options = options;
    this.#finish = finish;
  }

  /** The time that the whole may take begins, unless it has. */
  begin(): void {
    const { timeout } = this.#options;
    if (this.#hasEnded || timeout === undefined) return;
    this.#cancelTimeout ??= this.#wait(timeout, () => this.#end());
  }

  /** The time that the whole may take begins anew. */
  beginAnew(): void {
    this.#cancelTimeout?.();
    this.#cancelTimeout = undefined;
    this.begin();
  }

  /** Finishes, now or after a while, where everybody is covered. */
  check({ isCovered, isPending, isSettled }: Progress): void {
    if (this.#hasEnded || !isCovered) return;
    if (isPending) this.#cancelReplacementWait ??= this.#waitVerified(REPLACEMENT_WAIT_MS);
    else if (isSettled) this.#end();
    else this.#cancelStragglerTimeout ??= this.#waitVerified(this.#options.stragglerTimeout);
  }

  /** Waits for stragglers anew: there are others now. */
  waitAnew(): void {
    this.#cancelStragglerTimeout?.();
    this.#cancelStragglerTimeout = undefined;
  }

  /** Does not finish any more. */
  end(): void {
    this.#hasEnded = true;
    this.#cancelTimeout?.();
    this.#cancelStragglerTimeout?.();
    this.#cancelReplacementWait?.();
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.end();
    this.#finish();
  }

  #wait(ms: number, act: () => void): () => void {
    const { clock, workload } = this.#options;
    return startIdleTimeout(clock, ms, workload, act);
  }

  /**
   * Finishes after a while. What came in time belongs to the answer, however long the program takes
   * to read and verify it.
   */
  #waitVerified(ms: number): () => void {
    let isCancelled = false;
    const cancel = this.#wait(ms, async () => {
      await allRead();
      await Promise.all(this.#options.verifying?.() ?? []);
      if (!isCancelled) this.#end();
    });
    return () => {
      isCancelled = true;
      cancel();
    };
  }
}
