/**
 * One WebSocket to a relay, as an `NRelay` that reads every frame itself.
 *
 * It connects at once and never again: whoever wants another connection makes another
 * `RelaySocket`. It hands on what the relay sends as it is sent. Whether an event was asked
 * for, and whether its author signed it, is for the reader of {@link RelaySocket.req} to
 * check.
 *
 * @module
 */

import type {
  NostrEvent,
  NostrFilter,
  NostrRelayCLOSED,
  NostrRelayCOUNT,
  NostrRelayEOSE,
  NostrRelayEVENT,
  NRelay,
} from "@nostrify/types";
import { abortable } from "../base/abortable.ts";
import { AsyncQueue } from "../base/async_queue.ts";
import { TimeSlices } from "../base/time_slices.ts";
import { parseRelayFrame, type RelayFrame, withEoseHints } from "../nostr/relay_frame.ts";
import type { RelayHooks } from "./open_relay.ts";

/** A message that answers a subscription; see `eoseHints` for what an EOSE says. */
export type SubscriptionMessage = NostrRelayEVENT | NostrRelayCLOSED | NostrRelayEOSE;

/** The part of a `WebSocket` that is used here. */
export type SocketLike =
  & Pick<WebSocket, "send" | "close">
  & {
    readonly readyState: number;
    onopen: (() => void) | null;
    onmessage: ((message: { readonly data: unknown }) => void) | null;
    onerror: ((error: unknown) => void) | null;
    onclose: ((closed: { readonly code?: number; readonly reason?: string }) => void) | null;
  };

/**
 * Longest message that is parsed, in characters. Relays accept events of up to 512 kB, and a list of
 * 10,000 follows has 700 kB. Parsing a million characters of empty objects takes 20 ms.
 */
const MAX_FRAME_LENGTH = 2 ** 20;
/** All sockets of the program share its thread. A runtime may hand over messages without a pause. */
const SLICES = new TimeSlices();

/** Resolves once all messages that sockets handed over so far are read. */
export async function allRead(): Promise<void> {
  if (SLICES.isWaiting) await SLICES.settled();
}

/** For so long after a flood of messages, in milliseconds, the next one is likely to follow. */
const FLOOD_MS = 100;

/** Whether relays send more than this thread reads as it comes. */
export function isFlooded(): boolean {
  return SLICES.wasBusy(FLOOD_MS);
}

/** `WebSocket.CONNECTING` and `WebSocket.OPEN`. */
const CONNECTING = 0, OPEN = 1;
/** The code of a connection that ended without one, or never stood. */
const NEVER_STOOD = 1006;

/** A reply that somebody waits for: OK of an event, COUNT of filters. */
interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** See the module. */
export class RelaySocket implements NRelay {
  readonly #socket: SocketLike;
  readonly #hooks: Partial<RelayHooks>;
  /** Messages that wait for the connection. */
  readonly #unsent = new Map<string, string>();
  readonly #subscriptions = new Map<string, AsyncQueue<SubscriptionMessage>>();
  readonly #published = new Map<string, Waiting<void>[]>();
  readonly #counts = new Map<string, Waiting<NostrRelayCOUNT[2]>>();
  #lastId = 0;
  #closed?: string;

  /**
   * Begins to connect.
   *
   * @param connect Makes the WebSocket; throws if the URL is none.
   * @throws What `connect` throws.
   */
  constructor(
    url: string,
    hooks: Partial<RelayHooks> = {},
    connect: (url: string) => SocketLike = (url) => new WebSocket(url) as SocketLike,
  ) {
    this.#hooks = hooks;
    this.#socket = connect(url);
    this.#socket.onopen = () => this.#opened();
    this.#socket.onmessage = ({ data }) => {
      const length = typeof data === "string" ? data.length : 0;
      // What is too long is not parsed: it would only take memory while it waits.
      if (length > MAX_FRAME_LENGTH) this.#received(data);
      else SLICES.do(() => this.#received(data), length);
    };
    // What was wrong is told to nobody but the machine's log. The close that follows says that it was;
    // none follows on Node 22 if the connection never stood, and the socket is still connecting.
    this.#socket.onerror = () => {
      if (this.#socket.readyState === CONNECTING) this.#end(closeDetail(NEVER_STOOD));
    };
    this.#socket.onclose = ({ code, reason }) =>
      SLICES.do(() => this.#end(closeDetail(code, reason)), 0);
    hooks.onConnecting?.();
  }

  /**
   * Subscribes. Ends after CLOSED, when the signal is aborted, and when the connection ends;
   * the relay then hears CLOSE if it can.
   *
   * @throws {Error} If the connection is gone before or while it is read.
   */
  async *req(
    filters: NostrFilter[],
    { signal = NEVER }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<SubscriptionMessage, void> {
    if (signal.aborted) return;
    this.#checkOpen();
    const id = this.#nextId();
    const queue = new AsyncQueue<SubscriptionMessage>();
    this.#subscriptions.set(id, queue);
    this.#send(id, ["REQ", id, ...filters]);
    try {
      for await (const message of queue.read(signal)) {
        yield message;
        if (message[0] === "CLOSED") return;
      }
      if (!signal.aborted) this.#checkOpen();
    } finally {
      // After CLOSED, and where the connection is gone, there is nothing left to close.
      if (this.#subscriptions.delete(id) && !this.#unsent.delete(id)) {
        this.#send(id, ["CLOSE", id]);
      }
    }
  }

  /**
   * Publishes an event, and waits for the relay's OK.
   *
   * @throws {Error} If the relay did not take it, with its reason as the message, or if the
   * connection ends before that is known.
   * @throws The signal's reason, if it is aborted; an event that was not sent by then never is.
   */
  async event(event: NostrEvent, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    await this.#offer("EVENT", event, signal);
  }

  /** Sends an event, and waits for the relay's OK. */
  async #offer(verb: "EVENT" | "AUTH", event: NostrEvent, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#checkOpen();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { resolve, reject };
    const others = this.#published.get(event.id) ?? [];
    this.#published.set(event.id, [...others, waiting]);
    const key = `event:${event.id}`;
    this.#send(key, [verb, event]);
    try {
      await abortable(promise, signal);
    } finally {
      const left = this.#published.get(event.id)?.filter((other) => other !== waiting) ?? [];
      if (left.length > 0) this.#published.set(event.id, left);
      else {
        this.#published.delete(event.id);
        this.#unsent.delete(key);
      }
    }
  }

  /** The stored events that match. @throws {Error} If the relay refuses, or the connection ends. */
  async query(
    filters: NostrFilter[],
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<NostrEvent[]> {
    const events = new Map<string, NostrEvent>();
    for await (const message of this.req(filters, { signal })) {
      if (message[0] === "EOSE") break;
      if (message[0] === "CLOSED") throw new Error(message[2]);
      events.set(message[2].id, message[2]);
    }
    signal?.throwIfAborted();
    return [...events.values()];
  }

  /** How many stored events match (NIP-45). @throws {Error} If the relay refuses, or the connection ends. */
  async count(
    filters: NostrFilter[],
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<NostrRelayCOUNT[2]> {
    signal?.throwIfAborted();
    this.#checkOpen();
    const id = this.#nextId();
    const { promise, resolve, reject } = Promise.withResolvers<NostrRelayCOUNT[2]>();
    this.#counts.set(id, { resolve, reject });
    this.#send(id, ["COUNT", id, ...filters]);
    try {
      return await abortable(promise, signal);
    } finally {
      this.#counts.delete(id);
      this.#unsent.delete(id);
    }
  }

  /**
   * Closes the connection, and hears nothing more from the relay, whether it answers the
   * close or not.
   */
  close(): Promise<void> {
    this.#end("it was closed here");
    return Promise.resolve();
  }

  /** Closes the connection. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #nextId(): string {
    return String(++this.#lastId);
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw new Error(`The connection is gone: ${this.#closed}`);
  }

  /** Sends a message, once the connection stands; a later one of the same key takes its place. */
  #send(key: string, message: unknown[]): void {
    if (this.#closed !== undefined) return;
    const text = JSON.stringify(message);
    if (this.#socket.readyState === OPEN) this.#socket.send(text);
    else this.#unsent.set(key, text);
  }

  #opened(): void {
    if (this.#closed !== undefined) return;
    this.#hooks.onOpen?.();
    const texts = [...this.#unsent.values()];
    this.#unsent.clear();
    for (const text of texts) if (this.#socket.readyState === OPEN) this.#socket.send(text);
  }

  #received(data: unknown): void {
    if (this.#closed !== undefined) return;
    const length = typeof data === "string" ? data.length : 0;
    const frame = length <= MAX_FRAME_LENGTH ? parseRelayFrame(data) : undefined;
    if (frame?.verb === "NOTICE") this.#hooks.onNotice?.(frame.text);
    else if (frame?.verb === "AUTH" && this.#hooks.onChallenge) {
      this.#hooks.onChallenge(frame.challenge, (event) => this.#offer("AUTH", event));
    } else if (!frame || !this.#answer(frame)) {
      // What is longer took no time to parse.
      this.#hooks.onStray?.(Math.min(length, MAX_FRAME_LENGTH));
    }
  }

  /** Hands a message to the request that it answers; `false` if there is none. */
  #answer(frame: RelayFrame): boolean {
    switch (frame.verb) {
      case "EVENT":
        return frame.event !== undefined && this.#push(["EVENT", frame.id, frame.event]);
      case "EOSE":
        return this.#push(withEoseHints(frame.id, frame.hints));
      case "CLOSED": {
        const isSubscription = this.#push(["CLOSED", frame.id, frame.reason]);
        this.#subscriptions.delete(frame.id);
        const waiting = this.#counts.get(frame.id);
        waiting?.reject(new Error(frame.reason));
        return isSubscription || waiting !== undefined;
      }
      case "OK": {
        const publications = this.#published.get(frame.id) ?? [];
        for (const { resolve, reject } of publications) {
          if (frame.ok) resolve();
          else reject(new Error(frame.reason));
        }
        return publications.length > 0;
      }
      case "COUNT": {
        const { count, approximate, hll } = frame;
        const waiting = this.#counts.get(frame.id);
        waiting?.resolve({ count, approximate, ...hll === undefined ? {} : { hll } });
        return waiting !== undefined;
      }
    }
    return false;
  }

  #push(message: SubscriptionMessage): boolean {
    const subscription = this.#subscriptions.get(message[1]);
    subscription?.push(message);
    return subscription !== undefined;
  }

  #end(detail: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = detail;
    this.#unsent.clear();
    this.#socket.onopen = this.#socket.onmessage = null;
    this.#socket.close();
    const error = new Error(`The connection is gone: ${detail}`);
    for (const queue of this.#subscriptions.values()) queue.close();
    for (const waiting of [...this.#published.values()].flat()) waiting.reject(error);
    for (const { reject } of this.#counts.values()) reject(error);
    this.#hooks.onClose?.(detail);
  }
}

/** A signal that nobody aborts. */
const NEVER = new AbortController().signal;

function closeDetail(code?: number, reason?: string): string {
  return reason ? `${code}: ${reason}` : code === undefined ? "closed" : `code ${code}`;
}
