/**
 * The timeout of a handshake. It counts only the time in which the program itself ran: what comes
 * from a relay while the program is busy, or the machine suspended, is read late, and no relay is
 * to blame for that.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { STALL_MS } from "../base/stall_watch.ts";

/**
 * How often the time is compared with the timeout. Each time that the program did not run, as much
 * of the time in which it ran may be left out.
 */
const CHECK_MS = 250;
/** How long a living relay takes to connect at most, but for one in twenty. */
const USUAL_CONNECT_MS = 1_250;

/** The timeout of a {@link HandshakeTimer}, and what it reports. */
export interface HandshakeTimerOptions {
  /**
   * Returns the timeout in milliseconds. It is read again and again: other connections may show
   * meanwhile how long a handshake usually takes.
   */
  readonly timeout: () => number;
  /**
   * Called at most once, when the timeout has passed, but the program did not run all the time, and
   * has run for 1.25 s since: the relay is not to blame, but hardly alive.
   */
  readonly onDoubt: () => void;
  /** Called at most once, when the program has run for as long as the timeout. */
  readonly onLate: () => void;
}

/** Watches one handshake. */
export class HandshakeTimer {
  readonly #clock: Clock;
  readonly #options: HandshakeTimerOptions;
  readonly #startedAt: number;
  /** When the next check is due. */
  #dueAt = Infinity;
  /** Milliseconds in which the program did not run, or may not have. */
  #stalledMs = 0;
  /** When the program last went on after it did not run. */
  #wentOnAt = 0;
  #isInDoubt = false;
  #cancel = () => {};

  constructor(clock: Clock, options: HandshakeTimerOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#startedAt = clock.now();
  }

  /** Begins to watch. */
  start(): void {
    const checkedAt = this.#clock.now();
    const left = this.#options.timeout() - (checkedAt - this.#startedAt - this.#stalledMs);
    // A timer for less than a millisecond may not move a clock at all.
    if (left < 1) {
      this.#dueAt = Infinity;
      return this.#options.onLate();
    }
    const wait = Math.min(left, CHECK_MS);
    this.#dueAt = checkedAt + wait;
    this.#cancel = this.#clock.after(wait, () => {
      if (this.#isStalled) {
        this.#wentOnAt = this.#clock.now();
        this.#stalledMs += this.#wentOnAt - checkedAt;
      }
      this.#checkDoubt();
      this.start();
    });
  }

  /**
   * Ends the watch.
   *
   * @returns How long the handshake took, in milliseconds; `undefined` if the program did not run
   * for a part of that time, so that it says nothing about the relay.
   */
  stop(): number | undefined {
    this.#cancel();
    const hasStalled = this.#isStalled || this.#stalledMs > 0;
    return hasStalled ? undefined : this.#clock.now() - this.#startedAt;
  }

  #checkDoubt(): void {
    if (this.#isInDoubt || this.#stalledMs === 0) return;
    const now = this.#clock.now();
    const isInTime = now - this.#startedAt < this.#options.timeout();
    if (isInTime || now - this.#wentOnAt < USUAL_CONNECT_MS) return;
    this.#isInDoubt = true;
    this.#options.onDoubt();
  }

  get #isStalled(): boolean {
    return this.#clock.now() - this.#dueAt > STALL_MS;
  }
}
