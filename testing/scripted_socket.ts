/**
 * A WebSocket that does what a test says, without a network.
 *
 * @module
 */

import type { SocketLike } from "../src/connections/relay_socket.ts";

/** See the module. */
export class ScriptedSocket implements SocketLike {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((message: { readonly data: unknown }) => void) | null = null;
  onerror: ((error: unknown) => void) | null = null;
  onclose: ((closed: { readonly code?: number; readonly reason?: string }) => void) | null = null;
  /** What was sent. */
  readonly sent: unknown[][] = [];
  /** How often it was closed from this side. */
  closes = 0;

  /** Sends a text. */
  send(text: string): void {
    if (this.readyState !== 1) throw new Error("not open");
    this.sent.push(JSON.parse(text));
  }

  /** Closes it. No event follows: a relay may ignore the close. */
  close(): void {
    this.closes++;
    this.readyState = 2;
  }

  /** The connection stands. */
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  /** The relay sends a message. */
  say(...message: unknown[]): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** No connection could be made. On Node 22 no close follows, and the state does not change. */
  fail(): void {
    this.onerror?.(new Error("Received network error or non-101 status code."));
  }

  /** The relay's end is gone. */
  drop(code = 1006, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}
