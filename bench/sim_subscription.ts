/**
 * One REQ at a relay of a simulated network, as an async iterable of its messages.
 *
 * @module
 */

import type {
  NostrFilter,
  NostrRelayCLOSED,
  NostrRelayEOSE,
  NostrRelayEVENT,
} from "@nostrify/types";

/** A message about a subscription. */
export type SimMessage = NostrRelayEVENT | NostrRelayEOSE | NostrRelayCLOSED;

/** Messages in, messages out. */
export class SimSubscription {
  readonly id: string;
  readonly filters: readonly NostrFilter[];
  /** Whether it counts at the relay. */
  isSent = false;
  /** Ends the sending of the answer. */
  cancel: () => void = () => undefined;
  #queue: SimMessage[] = [];
  #wake?: () => void;
  #isEnded = false;
  #isAborted = false;

  constructor(id: string, filters: readonly NostrFilter[]) {
    this.id = id;
    this.filters = filters;
  }

  /** Whether nothing more can come out. */
  get isOver(): boolean {
    return this.#isEnded || this.#isAborted;
  }

  push(message: SimMessage): void {
    this.#queue.push(message);
    this.#wake?.();
  }

  /** Ends the iteration after what is in the queue. */
  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  /** Ends the iteration at once, with an error. */
  abort(): void {
    this.#isAborted = true;
    this.cancel();
    this.#wake?.();
  }

  /** Sends nothing any longer. */
  stop(): void {
    this.#isEnded = true;
    this.cancel();
  }

  /** @throws {DOMException} `AbortError`, if it is aborted. */
  async *messages(): AsyncGenerator<SimMessage> {
    for (;;) {
      const queue = this.#queue;
      this.#queue = [];
      for (const message of queue) {
        if (this.#isAborted) break;
        yield message;
      }
      if (this.#isAborted) throw new DOMException("The signal has been aborted", "AbortError");
      if (this.#queue.length > 0) continue;
      if (this.#isEnded) return;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
