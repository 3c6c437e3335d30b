/**
 * A client's connection, as a test relay sees it.
 *
 * @module
 */

import type { NostrFilter } from "@nostrify/types";

/** A WebSocket with its subscriptions. A test may send to it at any time. */
export class RelayConnection {
  /** The number of this connection at its relay, counted from 1. */
  readonly number: number;
  /** The filters of the open REQs, by subscription id. */
  readonly subscriptions = new Map<string, NostrFilter[]>();
  /** The ids of all REQs that neither side has closed. */
  readonly requests = new Set<string>();
  /** The challenge of its sign-in (NIP-42). */
  readonly challenge: string = crypto.randomUUID();
  /** The pubkeys that have signed in on it. */
  readonly pubkeys = new Set<string>();
  /** Resolves once the connection is closed by either side. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, number: number) {
    this.number = number;
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    socket.addEventListener("close", () => resolve());
  }

  /** Whether the connection is open. */
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Bytes that wait to be sent. */
  get backlog(): number {
    return this.#socket.bufferedAmount;
  }

  /** Sends a message as JSON, or text or bytes as they are; does nothing once the connection is closed. */
  send(message: unknown[] | string | Uint8Array<ArrayBuffer>): void {
    if (!this.isOpen) return;
    if (Array.isArray(message) && message[0] === "CLOSED") this.requests.delete(String(message[1]));
    this.#socket.send(Array.isArray(message) ? JSON.stringify(message) : message);
  }

  /** Closes the connection, and resolves once the client has closed it, too. */
  close(code = 1001): Promise<void> {
    const { readyState } = this.#socket;
    if (readyState < WebSocket.CLOSING) this.#socket.close(code);
    return this.closed;
  }
}
