/**
 * What a tab has in place of a WebSocket: a line over whichever tab leads, or a WebSocket of its own.
 *
 * @module
 */

import type { SocketLike } from "../connections/relay_socket.ts";
import type { Line, LineListener } from "./socket_hub.ts";

/** How a line is opened, once it is known how. */
export type OpenLine = (listener: LineListener) => Line;

const CONNECTING = 0, OPEN = 1, CLOSED = 3;

/** See the module. */
export class SharedSocket implements SocketLike {
  onopen: SocketLike["onopen"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onerror: SocketLike["onerror"] = null;
  onclose: SocketLike["onclose"] = null;
  #state: number = CONNECTING;
  #line?: Line;

  /** Connects with what `opening` resolves to. */
  constructor(opening: Promise<OpenLine>) {
    opening.then((open) => this.#connect(open)).catch((error: unknown) => {
      this.#closed(undefined, error instanceof Error ? error.message : String(error));
    });
  }

  /** As `WebSocket.readyState`. */
  get readyState(): number {
    return this.#state;
  }

  /** Sends a text; only once it is open. */
  send(text: string): void {
    if (this.#state === OPEN) this.#line?.send(text);
  }

  /** Ends it. */
  close(): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    this.#line?.close();
  }

  #connect(open: OpenLine): void {
    if (this.#state === CLOSED) return;
    this.#line = open({
      open: () => {
        if (this.#state !== CONNECTING) return;
        this.#state = OPEN;
        this.onopen?.();
      },
      message: (data) => {
        if (this.#state === OPEN) this.onmessage?.({ data });
      },
      closed: (code, reason) => this.#closed(code, reason),
    });
  }

  #closed(code?: number, reason?: string): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    this.onclose?.({ code, reason });
  }
}

/** A line that is a WebSocket of the tab's own. */
export function ownLine(socket: SocketLike, listener: LineListener): Line {
  socket.onopen = listener.open;
  socket.onmessage = ({ data }) => listener.message(typeof data === "string" ? data : "");
  // The close that follows says so.
  socket.onerror = () => {};
  socket.onclose = ({ code, reason }) => listener.closed(code, reason);
  return {
    send: (text) => socket.send(text),
    close: () => {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
}
