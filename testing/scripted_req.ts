/**
 * One REQ at a relay that a test controls.
 *
 * @module
 */

import type {
  NostrEvent,
  NostrFilter,
  NostrRelayCLOSED,
  NostrRelayEOSE,
  NostrRelayEVENT,
} from "@nostrify/types";

type Message = NostrRelayEVENT | NostrRelayEOSE | NostrRelayCLOSED;

/** A REQ, which a test answers. */
export class ScriptedReq {
  readonly id: string;
  readonly filters: NostrFilter[];
  /** Whether it was closed from either side. */
  isOver = false;
  readonly #relay: { say(message: unknown[]): void };
  readonly #queue: Message[] = [];
  #wake?: () => void;
  #isAborted = false;

  constructor(id: string, filters: NostrFilter[], relay: { say(message: unknown[]): void }) {
    this.id = id;
    this.filters = filters;
    this.#relay = relay;
  }

  /** Sends events. */
  send(...events: NostrEvent[]): this {
    for (const event of events) this.#relay.say(["EVENT", this.id, event]);
    return this;
  }

  /** Sends EOSE, with its hints (NIP-67) if it has any. */
  eose(...hints: string[]): void {
    this.#relay.say(["EOSE", this.id, ...hints.length > 0 ? [hints] : []]);
  }

  /** Sends CLOSED. */
  closed(reason: string): void {
    this.#relay.say(["CLOSED", this.id, reason]);
  }

  /** Queues a message for its reader. */
  push(message: Message): void {
    this.#queue.push(message);
    this.#wake?.();
  }

  /** Ends the messages after those that are queued. */
  end(): void {
    this.isOver = true;
    this.#wake?.();
  }

  /** Ends the messages at once, with an error. */
  abort(): void {
    this.#isAborted = this.isOver = true;
    this.#wake?.();
  }

  /** @throws {DOMException} `AbortError`, if it is aborted. */
  async *messages(): AsyncGenerator<Message> {
    for (;;) {
      if (this.#isAborted) throw new DOMException("Aborted", "AbortError");
      const message = this.#queue.shift();
      if (message) yield message;
      else if (this.isOver) return;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
