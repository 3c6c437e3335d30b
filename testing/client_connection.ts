/**
 * One client of a test relay, as the relay sees it.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";

/** A WebSocket with its subscriptions, which may be written to at any time. */
export class RelayConnection {
  /** Which of the relay's connections this is, counted from 1. */
  readonly number: number;
  /** The REQs that are open, by their ids. */
  readonly subscriptions = new Map<string, NostrFilter[]>();
  /** The ids of all REQs that the client has not closed, whatever the relay made of them. */
  readonly requests = new Set<string>();
  /** Settles when the connection is gone, by whoever's doing. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, number: number) {
    this.number = number;
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    socket.addEventListener("close", () => resolve());
  }

  /** Whether messages still get through. */
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Bytes that wait to be sent. */
  get backlog(): number {
    return this.#socket.bufferedAmount;
  }

  /** Sends a message, a text as it is, or bytes; nothing once the connection is closed. */
  send(message: unknown[] | string | Uint8Array<ArrayBuffer>): void {
    if (!this.isOpen) return;
    this.#socket.send(Array.isArray(message) ? JSON.stringify(message) : message);
  }

  /** Closes the connection, and waits until the client has agreed. */
  close(code = 1001): Promise<void> {
    const { readyState } = this.#socket;
    if (readyState < WebSocket.CLOSING) this.#socket.close(code);
    return this.closed;
  }
}
