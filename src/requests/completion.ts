/**
 * When the stored events of a request, or of one that shares its REQs, are over: some time after
 * enough relays have answered for each subject.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";

/** How far what somebody waits for has come. */
export interface Progress {
  /** Whether enough relays have answered for each subject. */
  readonly isCovered: boolean;
  /** Whether relays that were added later are waited for. */
  readonly isPending: boolean;
  /** Whether nobody waits for any relay. */
  readonly isSettled: boolean;
}

/** How long a covered request waits for relays that were added later, in milliseconds. */
const REPLACEMENT_WAIT_MS = 3_000;

/** See the module. */
export class Completion {
  readonly #clock: Clock;
  readonly #stragglerTimeout: number;
  readonly #finish: () => void;
  #cancelStragglerTimeout?: () => void;
  #cancelReplacementWait?: () => void;
  #hasEnded = false;

  /**
   * @param stragglerTimeout How long to wait for stragglers once everybody is covered, in
   * milliseconds.
   * @param finish Called once, unless {@link Completion.end} is called before.
   */
  constructor(clock: Clock, stragglerTimeout: number, finish: () => void) {
    this.#clock = clock;
    this.#stragglerTimeout = stragglerTimeout;
    this.#finish = finish;
  }

  /** Finishes, now or after a while, where everybody is covered. */
  check({ isCovered, isPending, isSettled }: Progress): void {
    if (this.#hasEnded || !isCovered) return;
    const finish = () => {
      if (this.#hasEnded) return;
      this.end();
      this.#finish();
    };
    if (isPending) {
      this.#cancelReplacementWait ??= this.#clock.after(REPLACEMENT_WAIT_MS, finish);
    } else if (isSettled) finish();
    else this.#cancelStragglerTimeout ??= this.#clock.after(this.#stragglerTimeout, finish);
  }

  /** Waits for stragglers anew: there are others now. */
  waitAnew(): void {
    this.#cancelStragglerTimeout?.();
    this.#cancelStragglerTimeout = undefined;
  }

  /** Does not finish any more. */
  end(): void {
    this.#hasEnded = true;
    this.#cancelStragglerTimeout?.();
    this.#cancelReplacementWait?.();
  }
}
