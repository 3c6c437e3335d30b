/**
 * Keeps the order of what a relay sends while some of it waits to be verified.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { VerifyEvent } from "../nostr/verification_cache.ts";

/** Dependencies of a {@link VerifiedOrder}, and what it reports. */
export interface VerifiedOrderOptions {
  readonly verify: VerifyEvent;
  /** Called with each genuine event. */
  readonly onEvent: (event: NostrEvent) => void;
  /** Called with what `verify` throws. */
  readonly onError: (error: unknown) => void;
}

/**
 * Most events of one order that are being verified: the rest wait here, and cost nothing if the
 * relay turns out to be a forger.
 */
const MAX_UNDER_WAY = 256;

/** Something to be done once all before it is done. */
interface Step {
  readonly event?: NostrEvent;
  readonly act: () => void;
  /** Called instead if all that waits is forgotten. */
  readonly forget?: () => void;
  isGenuine?: boolean;
}

/** See the module. */
export class VerifiedOrder {
  readonly #options: VerifiedOrderOptions;
  #steps: Step[] = [];
  /** How many of the steps are done, and how many have been started. */
  #done = 0;
  #started = 0;

  constructor(options: VerifiedOrderOptions) {
    this.#options = options;
  }

  /** Whether anything waits. */
  get isWaiting(): boolean {
    return this.#steps.length > 0;
  }

  /** Reports an event, if it is genuine, after all that came before it. */
  event(event: NostrEvent): void {
    const { onEvent, verify } = this.#options;
    const act = () => onEvent(event);
    if (this.isWaiting) return this.#add({ event, act });
    const result = verify(event);
    if (!(result instanceof Promise)) return result ? act() : undefined;
    const step: Step = { event, act };
    this.#steps.push(step);
    this.#started++;
    this.#await(step, result);
  }

  /** Calls a function once all that came before is reported. */
  then(act: () => void): void {
    if (this.isWaiting) this.#add({ act, isGenuine: true });
    else act();
  }

  /** Resolves once all that came so far is reported, or forgotten. */
  settled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.isWaiting) this.#add({ act: resolve, forget: resolve, isGenuine: true });
    else resolve();
    return promise;
  }

  /** Forgets all that waits. */
  clear(): void {
    const left = this.#steps.slice(this.#done);
    this.#steps = [];
    this.#done = this.#started = 0;
    for (const { forget } of left) forget?.();
  }

  #add(step: Step): void {
    this.#steps.push(step);
    this.#start();
  }

  #start(): void {
    while (this.#started < this.#steps.length && this.#started - this.#done < MAX_UNDER_WAY) {
      const step = this.#steps[this.#started++];
      if (step.event) this.#verify(step, step.event);
    }
  }

  #verify(step: Step, event: NostrEvent): void {
    try {
      const result = this.#options.verify(event);
      if (result instanceof Promise) this.#await(step, result);
      else step.isGenuine = result;
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #await(step: Step, result: Promise<boolean>): void {
    const steps = this.#steps;
    result.then((isGenuine) => {
      step.isGenuine = isGenuine;
      if (steps === this.#steps) this.#goOn();
    }, (error) => {
      if (steps === this.#steps) this.#options.onError(error);
    });
  }

  /** Does what can be done now, in order. */
  #goOn(): void {
    const steps = this.#steps;
    while (steps === this.#steps && this.#done < steps.length) {
      const step = steps[this.#done];
      if (step.isGenuine === undefined) break;
      this.#done++;
      if (step.isGenuine) step.act();
      if (steps === this.#steps) this.#start();
    }
    if (steps !== this.#steps || this.#done < steps.length) return;
    this.clear();
  }
}
