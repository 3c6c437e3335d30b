/**
 * Finds out whether a connection still carries anything: one that was cut without a
 * word looks like one on which nothing happens.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";

/** What a pulse is taken of. */
export interface KeepaliveOptions {
  readonly clock: Clock;
  /** Asks something that takes next to no answer; what it returns takes that back. */
  readonly probe: () => () => void;
  /** Told if nothing comes of it. */
  readonly onDead: () => void;
}

/** After how much silence a connection is asked for a sign, in milliseconds. */
const MAX_SILENCE_MS = 60_000;
/** How long it has for that. */
const PROBE_TIMEOUT_MS = 15_000;
/** A timer that comes so much too late, in milliseconds, shows a program that was asleep. */
const STALL_MS = 500;

/** Silence on a connection. */
export class Keepalive {
  readonly #options: KeepaliveOptions;
  #heardAt: number;
  #cancel?: () => void;
  #cancelProbe?: () => void;

  constructor(options: KeepaliveOptions) {
    this.#options = options;
    this.#heardAt = options.clock.now();
  }

  /** When something was last heard, in milliseconds since 1970. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Something was heard. */
  heard(): void {
    this.#heardAt = this.#options.clock.now();
    this.#cancelProbe?.();
    this.#cancelProbe = undefined;
  }

  /** Listens from now on, if it does not yet. */
  start(): void {
    if (this.#cancel) return;
    this.#heardAt = this.#options.clock.now();
    this.#arm(MAX_SILENCE_MS, () => this.#check());
  }

  /** Listens no longer. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#cancelProbe?.();
    this.#cancelProbe = undefined;
  }

  #check(): void {
    const silence = this.#options.clock.now() - this.#heardAt;
    if (silence < MAX_SILENCE_MS) {
      return this.#arm(MAX_SILENCE_MS - Math.max(0, silence), () => this.#check());
    }
    this.#cancelProbe = this.#options.probe();
    const askedAt = this.#options.clock.now();
    this.#arm(PROBE_TIMEOUT_MS, () => {
      this.#cancelProbe?.();
      this.#cancelProbe = undefined;
      if (this.#heardAt >= askedAt) this.#check();
      else this.#options.onDead();
    });
  }

  #arm(ms: number, act: () => void): void {
    const { clock } = this.#options;
    const due = clock.now() + ms;
    this.#cancel = clock.after(ms, () => {
      // What came while the program slept is only now to be heard.
      if (clock.now() - due > STALL_MS) this.#arm(Math.min(ms, PROBE_TIMEOUT_MS), act);
      else act();
    });
  }
}
