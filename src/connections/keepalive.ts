/**
 * Finds out whether a silent connection still works: one that was cut without a close looks like
 * one on which nothing happens.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { STALL_MS } from "../base/stall_watch.ts";

/** Dependencies of a {@link Keepalive}, and what it reports. */
export interface KeepaliveOptions {
  readonly clock: Clock;
  /** Sends something cheap that is answered; the function it returns cancels that. */
  readonly probe: () => () => void;
  /** Called when the probe brings no sign of life. */
  readonly onDead: () => void;
}

/**
 * How long a connection may be silent before it is probed: relays and the proxies before them drop
 * it after 60 s.
 */
const MAX_SILENCE_MS = 45_000;
/** How long a probe waits for a sign of life. */
const PROBE_TIMEOUT_MS = 15_000;

/** Watches one connection for silence. */
export class Keepalive {
  readonly #options: KeepaliveOptions;
  #heardAt: number;
  #cancel?: () => void;
  #cancelProbe?: () => void;

  constructor(options: KeepaliveOptions) {
    this.#options = options;
    this.#heardAt = options.clock.now();
  }

  /** When something last came over the connection, in milliseconds since 1970. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Something came over the connection. */
  heard(): void {
    this.#heardAt = this.#options.clock.now();
    this.#cancelProbe?.();
    this.#cancelProbe = undefined;
  }

  /** Watches from now on; does nothing if it does already. */
  start(): void {
    if (this.#cancel) return;
    this.#heardAt = this.#options.clock.now();
    this.#arm(MAX_SILENCE_MS, () => this.#check());
  }

  /** Stops watching. */
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
    const probedAt = this.#options.clock.now();
    this.#arm(PROBE_TIMEOUT_MS, () => {
      this.#cancelProbe?.();
      this.#cancelProbe = undefined;
      if (this.#heardAt >= probedAt) this.#check();
      else this.#options.onDead();
    });
  }

  #arm(ms: number, act: () => void): void {
    const { clock } = this.#options;
    const due = clock.now() + ms;
    this.#cancel = clock.after(ms, () => {
      // What came while the program slept is only read now.
      if (clock.now() - due > STALL_MS) this.#arm(Math.min(ms, PROBE_TIMEOUT_MS), act);
      else act();
    });
  }
}
