/**
 * One WebSocket to a relay for all tabs: each tab has a line on it, with subscriptions of its own.
 *
 * The room `tabs` lets the tabs of a browser share their connections: one of them leads and has the
 * WebSockets, the others speak over lines.
 *
 * @module
 */

import { parseJson } from "../base/parse_json.ts";
import type { SocketLike } from "../connections/relay_socket.ts";

/** What a line hears of its relay. */
export interface LineListener {
  readonly open: () => void;
  readonly message: (data: string) => void;
  /** The line has ended. */
  readonly closed: (code?: number, reason?: string) => void;
}

/** One tab's line to a relay. It never signs in: that would count for all lines of the socket. */
export interface Line {
  readonly send: (text: string) => void;
  /** Ends the line, with its subscriptions. The listener hears nothing more. */
  readonly close: () => void;
}

/** Most subscriptions on one socket before another is opened: strfry takes 20. */
const MAX_SUBSCRIPTIONS = 18;
/** The id of a subscription on the wire: the line's number, and its own id. */
const WIRE_ID = /^\d+:([^]*)$/;
/** A relay's message that begins as relays usually write it. */
const PLAIN = /^\["([A-Z]+)","(\d+):(\w+)"/;
const NOTICE = /^\s*\[\s*"NOTICE"/;
/** `WebSocket.OPEN`. */
const OPEN = 1;

/** What is open on a WebSocket. */
interface HubSubscription {
  readonly line: HubLine;
  /** Whether it has brought nothing so far, so that the relay may still refuse it. */
  isSilent: boolean;
}

/** See the module. */
export class SocketHub {
  readonly #connect: (url: string) => SocketLike;
  readonly #sockets = new Map<string, Set<HubSocket>>();
  #lastLine = 0;

  /** `connect` makes a WebSocket. */
  constructor(connect: (url: string) => SocketLike) {
    this.#connect = connect;
  }

  /**
   * Opens a line to a relay, and a WebSocket if there is none with room.
   *
   * @throws What `connect` throws.
   */
  open(url: string, listener: LineListener): Line {
    const line = new HubLine(++this.#lastLine, listener, () => this.#socketWithRoom(url));
    line.start();
    return line;
  }

  /** How many WebSockets there are. */
  get size(): number {
    return [...this.#sockets.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Ends all lines and closes all WebSockets. */
  close(): void {
    for (const socket of [...this.#sockets.values()].flatMap((some) => [...some])) {
      socket.end(undefined, "the tab that had the connection ends");
    }
  }

  #socketWithRoom(url: string): HubSocket {
    const sockets = this.#sockets.get(url) ?? new Set();
    this.#sockets.set(url, sockets);
    for (const socket of sockets) if (socket.subscriptions < MAX_SUBSCRIPTIONS) return socket;
    const socket = new HubSocket(this.#connect(url), () => {
      sockets.delete(socket);
      if (sockets.size === 0) this.#sockets.delete(url);
    });
    sockets.add(socket);
    return socket;
  }
}

/** One WebSocket, and the lines on it. */
class HubSocket {
  readonly #socket: SocketLike;
  readonly #onEnd: () => void;
  readonly #lines = new Map<number, HubLine>();
  /** What is open, by its id on the wire. */
  readonly #subscriptions = new Map<string, HubSubscription>();
  /** Texts that wait for the connection. */
  #unsent: string[] = [];
  #hasEnded = false;

  constructor(socket: SocketLike, onEnd: () => void) {
    this.#socket = socket;
    this.#onEnd = onEnd;
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#received(typeof data === "string" ? data : "");
    // The close that follows says so.
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }) => this.end(code, reason);
  }

  /** How many subscriptions are open on it. */
  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === OPEN && !this.#hasEnded;
  }

  add(line: HubLine): void {
    this.#lines.set(line.number, line);
  }

  remove(line: HubLine): void {
    this.#lines.delete(line.number);
    if (this.#lines.size === 0) this.end();
  }

  /** Sends what opens a subscription of a line; an id may be used again. */
  subscribe(line: HubLine, wireId: string, message: unknown[]): void {
    this.#subscriptions.delete(wireId);
    this.#subscriptions.set(wireId, { line, isSilent: true });
    this.send(JSON.stringify(message));
  }

  /** Sends what closes a subscription. */
  unsubscribe(wireId: string): void {
    this.#subscriptions.delete(wireId);
    this.send(JSON.stringify(["CLOSE", wireId]));
  }

  send(text: string): void {
    if (this.isOpen) this.#socket.send(text);
    else if (!this.#hasEnded) this.#unsent.push(text);
  }

  end(code?: number, reason?: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#socket.onopen = this.#socket.onmessage = null;
    this.#socket.close();
    this.#onEnd();
    for (const line of this.#lines.values()) line.lost(code, reason);
  }

  #opened(): void {
    const texts = this.#unsent;
    this.#unsent = [];
    for (const text of texts) this.send(text);
    for (const line of this.#lines.values()) line.opened();
  }

  #received(data: string): void {
    const plain = PLAIN.exec(data);
    const [verb, id] = plain ? [plain[1], `${plain[2]}:${plain[3]}`] : verbAndId(data);
    const subscription = this.#subscriptions.get(id);
    if (!subscription) {
      // A NOTICE names no subscription. If it refuses one, that is most likely the last.
      const last = NOTICE.test(data)
        ? [...this.#subscriptions.values()].filter(({ isSilent }) => isSilent).at(-1)
        : undefined;
      if (last) return last.line.received(data);
      // It concerns all, or nobody: then each line counts it as something that it did not ask for.
      for (const each of this.#lines.values()) each.received(data);
      return;
    }
    const { line } = subscription;
    const [, own] = WIRE_ID.exec(id)!;
    subscription.isSilent = false;
    if (verb === "CLOSED" || verb === "COUNT") {
      this.#subscriptions.delete(id);
      line.forget(own);
    }
    line.received(
      plain
        ? `["${verb}",${JSON.stringify(own)}${data.slice(plain[0].length)}`
        : JSON.stringify((parseJson(data) as unknown[]).with(1, own)),
    );
  }
}

/** The verb and the id of a message in a form that relays seldom use; empty if it has none. */
function verbAndId(data: string): [verb: string, id: string] {
  const message = /^\s*\[\s*"(?:EVENT|EOSE|CLOSED|COUNT)"/.test(data) ? parseJson(data) : undefined;
  if (!Array.isArray(message)) return ["", ""];
  return [`${message[0]}`, typeof message[1] === "string" ? message[1] : ""];
}

/** One line; its subscriptions may be on several sockets. */
class HubLine implements Line {
  readonly number: number;
  readonly #listener: LineListener;
  readonly #socketWithRoom: () => HubSocket;
  readonly #sockets = new Set<HubSocket>();
  /** The socket of each open subscription, by the line's own id. */
  readonly #subscriptions = new Map<string, HubSocket>();
  #home?: HubSocket;
  #hasOpened = false;
  #hasEnded = false;

  constructor(number: number, listener: LineListener, socketWithRoom: () => HubSocket) {
    this.number = number;
    this.#listener = listener;
    this.#socketWithRoom = socketWithRoom;
  }

  start(): void {
    this.#home = this.#use(this.#socketWithRoom());
    // Later, as a WebSocket does it.
    if (this.#home.isOpen) queueMicrotask(() => this.opened());
  }

  readonly send = (text: string): void => {
    const message = parseJson(text);
    if (this.#hasEnded || !Array.isArray(message)) return;
    const [verb, id, ...rest] = message as [string, string, ...unknown[]];
    const wireId = `${this.number}:${id}`;
    if (verb === "REQ" || verb === "COUNT") {
      const socket = this.#subscriptions.get(id) ?? this.#use(this.#socketWithRoom());
      this.#subscriptions.set(id, socket);
      socket.subscribe(this, wireId, [verb, wireId, ...rest]);
    } else if (verb === "CLOSE") {
      this.#subscriptions.get(id)?.unsubscribe(wireId);
      this.#subscriptions.delete(id);
    } else if (verb === "EVENT") this.#home?.send(text);
  };

  readonly close = (): void => {
    if (this.#hasEnded) return;
    for (const id of [...this.#subscriptions.keys()]) this.send(JSON.stringify(["CLOSE", id]));
    this.#end();
  };

  opened(): void {
    if (this.#hasOpened || this.#hasEnded) return;
    this.#hasOpened = true;
    this.#listener.open();
  }

  received(data: string): void {
    if (!this.#hasEnded) this.#listener.message(data);
  }

  /** A subscription is over. */
  forget(id: string): void {
    this.#subscriptions.delete(id);
  }

  /** One of its sockets has ended, and with it the line: it is opened again as a whole. */
  lost(code?: number, reason?: string): void {
    if (this.#hasEnded) return;
    this.close();
    this.#listener.closed(code, reason);
  }

  #end(): void {
    this.#hasEnded = true;
    for (const socket of this.#sockets) socket.remove(this);
  }

  #use(socket: HubSocket): HubSocket {
    socket.add(this);
    this.#sockets.add(socket);
    return socket;
  }
}
