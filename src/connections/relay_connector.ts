/**
 * The connections to one relay: opened when somebody needs one, in turn, and not
 * too soon after a failure.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import { abortable } from "../base/abortable.ts";
import { type Clock, sleep } from "../base/clock.ts";
import type { Semaphore } from "../base/semaphore.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import type { RelayMemory } from "../relays/relay_memory.ts";
import type { ConnectTimeout } from "./connect_timeout.ts";
import type { OpenRelay } from "./open_relay.ts";
import { RelayConnection } from "./relay_connection.ts";

/** What all links of an outbox share. */
export interface RelayConnectorOptions {
  readonly open: OpenRelay;
  readonly clock: Clock;
  readonly memory: RelayMemory;
  /** Who may be in a handshake. */
  readonly semaphore: Semaphore;
  /** How long connections take. */
  readonly connectTimeout: ConnectTimeout;
  readonly verifyEvent: (event: NostrEvent) => boolean;
  /** After how many milliseconds a connection that nobody uses is closed. */
  readonly idleTimeout: number;
  /** Told of each failure of a relay. */
  readonly onRelayError: (error: RelayFailureError) => void;
  readonly onError: (error: Error) => void;
  /** Told when a relay has been connected. */
  readonly onConnected: (url: string) => void;
  /** Whether the user has blocked a relay: then it is never connected to, whoever wants it. */
  readonly isBlocked?: (url: string) => boolean;
}

/** Most connections to one relay, whose subscriptions all stay open. */
const MAX_CONNECTIONS = 8;
/** How long events under way are waited for when all is closed, in milliseconds. */
const CLOSE_GRACE_MS = 3_000;
/** How long a relay may keep others from connecting, of which nothing is known, in milliseconds. */
const CONTENDED_CONNECT_MS = 4_000;
/** What is assumed of a relay: strfry's default. One that takes fewer says so. */
const MAX_SUBSCRIPTIONS = 20;

/** Somebody who uses a link; giving it back twice does nothing. */
export interface ConnectorUse {
  readonly release: () => void;
}

/** One relay, and whatever connection to it there is. */
export class RelayConnector {
  /** In normal form. */
  readonly url: string;
  readonly #options: RelayConnectorOptions;
  /** All that have not ended, the oldest first. */
  readonly #connections = new Set<RelayConnection>();
  #opening?: Promise<RelayConnection>;
  #lastError?: RelayFailureError;
  /** With what a connection was ended that nobody used. */
  #idleError?: RelayFailureError;
  #users = 0;
  #cancelIdle?: () => void;
  #isClosed = false;
  /** Whether somebody was told that the relay is blocked. */
  #wasBlocked = false;
  /** Those who wait before they try again. */
  readonly #wakers = new Set<() => void>();
  /** Events under way. */
  readonly #publishing = new Set<Promise<void>>();
  readonly #noticeListeners = new Set<(words: string) => void>();
  readonly #closing = new AbortController();

  constructor(url: string, options: RelayConnectorOptions) {
    this.url = url;
    this.#options = options;
  }

  /** Whether it was closed for good. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether a connection stands. */
  get isOpen(): boolean {
    return [...this.#connections].some(({ isOpen }) => isOpen);
  }

  /** Whether nobody uses it, nor waits for it, and nothing is open. */
  get isIdle(): boolean {
    return this.#users + this.#connections.size + this.#wakers.size + this.#publishing.size === 0;
  }

  /** Keeps the connection from being closed for want of use. */
  use(): ConnectorUse {
    this.#cancelIdle?.();
    this.#users++;
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      if (--this.#users > 0 || this.#isClosed) return;
      this.#cancelIdle = this.#options.clock.after(
        this.#options.idleTimeout,
        () => this.#closeIdle(),
      );
    };
    return { release };
  }

  /** Tells what the relay says to nobody in particular, until the answer is called. */
  onNotice(listener: (words: string) => void): () => void {
    this.#noticeListeners.add(listener);
    return () => this.#noticeListeners.delete(listener);
  }

  /** Waits so long, or until somebody else has been connected: then there is no need to. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    const nap = new AbortController();
    const wake = () => nap.abort();
    this.#wakers.add(wake);
    signal.addEventListener("abort", wake, { once: true });
    if (signal.aborted) wake();
    await sleep(this.#options.clock, ms, nap.signal);
    signal.removeEventListener("abort", wake);
    this.#wakers.delete(wake);
  }

  /** Keeps the link from being closed before this is over, if it does not take too long. */
  track(publishing: Promise<unknown>): void {
    const over = () => this.#publishing.delete(done);
    const done: Promise<void> = publishing.then(() => {}, () => {}).then(() => void over());
    this.#publishing.add(done);
  }

  /**
   * A session that is open or being opened: what is sent meanwhile waits. It counts one
   * more user, who is to count it down again.
   *
   * @param rank Who goes first where many want to connect: the lower.
   * @param isUrgent Not to wait for the end of a back-off.
   * @throws {RelayFailureError} If the relay is not to be connected to for now, or at all.
   */
  async connection(rank: number, signal: AbortSignal, isUrgent = false): Promise<RelayConnection> {
    signal.throwIfAborted();
    if (this.#isClosed) {
      throw new RelayFailureError(this.url, "unreachable", "the outbox is closed");
    }
    const blocked = this.#blockedError();
    if (blocked) throw blocked;
    let session = [...this.#connections].find(({ isFull }) => !isFull);
    if (!session && this.#connections.size < MAX_CONNECTIONS) {
      try {
        session = await abortable(this.#open(rank, isUrgent), signal);
        // Those who waited for the same may have filled it by now.
        if (!session.ended && session.isFull) return await this.connection(rank, signal, isUrgent);
      } catch (error) {
        // One more was not to be had; if there are others, they have to do.
        if (this.#connections.size === 0 || signal.aborted) throw error;
      }
    }
    session ??= [...this.#connections].reduce((a, b) => b.users < a.users ? b : a);
    session.users++;
    return session;
  }

  /**
   * The user blocks other relays than before: what is open ends if this is one of them,
   * and those who wait try again if it is not any longer.
   */
  blocksChanged(): void {
    const wasBlocked = this.#wasBlocked;
    const blocked = this.#blockedError();
    if (blocked) { for (const session of this.#connections) session.end(blocked); }
    else if (wasBlocked) { for (const wake of [...this.#wakers]) wake(); }
  }

  /**
   * Ends what is open, for good, as soon as events under way are published, or some
   * seconds later.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#publishing.size > 0) {
      const enough = new AbortController();
      const published = Promise.all(this.#publishing).then(() => enough.abort());
      await Promise.race([published, sleep(this.#options.clock, CLOSE_GRACE_MS, enough.signal)]);
    }
    this.#cancelIdle?.();
    this.#closing.abort(new RelayFailureError(this.url, "disconnected", "the outbox is closed"));
    for (const session of this.#connections) session.end(this.#closing.signal.reason);
  }

  #open(rank: number, isUrgent: boolean): Promise<RelayConnection> {
    if (this.#opening) return this.#opening;
    const wait = this.#options.memory.retryAt(this.url) - this.#options.clock.now();
    if (wait > 0 && !isUrgent) return Promise.reject(this.#backoffError(wait));
    this.#opening = this.#connect(rank).finally(() => this.#opening = undefined);
    return this.#opening;
  }

  async #connect(rank: number): Promise<RelayConnection> {
    const { semaphore, clock, memory, connectTimeout } = this.#options;
    const leave = await semaphore.enter(rank, this.#closing.signal);
    // Those who wanted it may have given up while it waited for its turn.
    const blocked = this.#blockedError();
    if (blocked || this.#users === 0) {
      leave();
      throw blocked ??
        new RelayFailureError(this.url, "unreachable", "nobody waits for it any longer");
    }
    const session = new RelayConnection(this.url, {
      ...this.#options,
      clock,
      maxSubscriptions: () => memory.limits(this.url).maxSubscriptions ?? MAX_SUBSCRIPTIONS,
      connectTimeout: () => {
        const isKnown = memory.record(this.url)?.connectMs !== undefined;
        if (isKnown) return memory.deadlines(this.url).connect;
        return Math.min(
          connectTimeout.timeoutMs,
          semaphore.waiting > 0 ? CONTENDED_CONNECT_MS : Infinity,
        );
      },
      onOpen: (ms) => {
        connectTimeout.record(ms);
        memory.connected(this.url, ms);
        this.#options.onConnected(this.url);
        for (const wake of [...this.#wakers]) wake();
      },
      onEnd: (error) => this.#ended(session, error),
      onNotice: (words) => this.#noticeListeners.forEach((listener) => listener(words)),
    });
    session.whenOpen().then(leave, leave);
    this.#connections.add(session);
    session.start();
    return session;
  }

  #ended(session: RelayConnection, error: RelayFailureError): void {
    this.#connections.delete(session);
    const isOurs = error === this.#idleError || error.reason === "blocked-by-user";
    if (this.#isClosed || isOurs) return;
    this.#lastError = error;
    this.#options.memory.failed(this.url, error.reason, session.startedAt);
    this.#options.onRelayError(error);
  }

  #closeIdle(): void {
    const detail = "nobody has used the connection for a while";
    this.#idleError = new RelayFailureError(this.url, "disconnected", detail);
    for (const session of this.#connections) session.end(this.#idleError);
  }

  #blockedError(): RelayFailureError | undefined {
    this.#wasBlocked = this.#options.isBlocked?.(this.url) ?? false;
    if (!this.#wasBlocked) return undefined;
    const detail = "it is on the list of relays that the user blocks";
    return new RelayFailureError(this.url, "blocked-by-user", detail);
  }

  #backoffError(wait: number): RelayFailureError {
    const seconds = Math.ceil(wait / 1000);
    const { reason = "unreachable", message = "it failed before" } = this.#lastError ?? {};
    const detail = `not asked again for ${seconds} s, since it failed: ${message}`;
    return new RelayFailureError(this.url, reason, detail, { cause: this.#lastError });
  }
}
