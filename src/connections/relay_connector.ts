/**
 * The connections to one relay: opened when a user needs one, in turn with other relays, and not
 * too soon after a failure.
 *
 * @module
 */

import { abortable } from "../base/abortable.ts";
import { type Clock, sleep } from "../base/clock.ts";
import type { Semaphore } from "../base/semaphore.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import type { VerifyEvent } from "../nostr/verification_cache.ts";
import { BACKOFFS } from "../relays/backoff.ts";
import type { RelayMemory } from "../relays/relay_memory.ts";
import type { ConnectTimeout } from "./connect_timeout.ts";
import type { Identity } from "./identity.ts";
import type { OpenRelay } from "./open_relay.ts";
import { RelayConnection } from "./relay_connection.ts";
import { NamedWait } from "./named_wait.ts";
import { RelayOutage } from "./relay_outage.ts";

/** What all connectors of an outbox share. */
export interface RelayConnectorOptions {
  readonly open: OpenRelay;
  readonly clock: Clock;
  readonly memory: RelayMemory;
  /** Random numbers in [0, 1), for the jitter of waits. */
  readonly random: () => number;
  /** Bounds how many connections are being opened at once. */
  readonly semaphore: Semaphore;
  /**
   * The same for connections of {@link BACKGROUND_RANK}: relays that hang keep no request from
   * connecting. @default semaphore
   */
  readonly background?: Semaphore;
  /** The timeout for relays whose own connect time is not known. */
  readonly connectTimeout: ConnectTimeout;
  readonly verifyEvent: VerifyEvent;
  /** How long an unused connection stays open, in milliseconds. */
  readonly idleTimeout: number;
  /** Called with each failure of a relay. */
  readonly onRelayError: (error: RelayFailureError) => void;
  readonly onError: (error: Error) => void;
  /** Called when a relay has been connected. */
  readonly onConnected: (url: string) => void;
  /** Whether the user has blocked a relay, which is then never connected to. */
  readonly isBlocked?: (url: string) => boolean;
  /** As whom the connections sign in. @default they have no name */
  readonly identity?: Identity;
}

/** The rank of what nobody waits for. */
export const BACKGROUND_RANK: number = Number.MAX_SAFE_INTEGER;

/** Most connections to one relay. */
const MAX_CONNECTIONS = 8;
/** How long `close()` waits for events that are being published. */
const CLOSE_GRACE_MS = 3_000;
/** The longest handshake of an unknown relay while others wait for their turn. */
const CONTENDED_CONNECT_MS = 4_000;
/** Assumed of a relay whose limit is not known: strfry's default. One that takes fewer says so. */
const MAX_SUBSCRIPTIONS = 20;

/** Keeps a connector's connections open until it is released. */
export interface ConnectorUse {
  /** Ends the use; calling it again does nothing. */
  readonly release: () => void;
}

/** One relay and the connections to it. */
export class RelayConnector {
  /** The relay's URL in normal form. */
  readonly url: string;
  readonly #options: RelayConnectorOptions;
  /** All connections that have not ended, oldest first. */
  readonly #connections = new Set<RelayConnection>();
  #opening?: Promise<RelayConnection>;
  /** Connections that are being opened, oldest first. */
  readonly #handshakes = new Set<RelayConnection>();
  readonly #outage: RelayOutage;
  readonly #namedWait: NamedWait;
  #lastError?: RelayFailureError;
  /** The error with which unused connections were last ended. */
  #idleError?: RelayFailureError;
  #users = 0;
  #cancelIdle?: () => void;
  #isClosed = false;
  /** Whether the relay was blocked when that was last looked up. */
  #wasBlocked = false;
  /** Events that are being published. */
  readonly #publishing = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(url: string, options: RelayConnectorOptions) {
    this.url = url;
    this.#options = options;
    const { clock, memory, random } = options;
    this.#namedWait = new NamedWait(clock);
    this.#outage = new RelayOutage({
      clock,
      random,
      retryAt: () => memory.retryAt(url),
      hasWorked: () => (memory.record(url)?.successes ?? 0) > 0,
    });
  }

  /** As whom the connections sign in; absent if they have no name. */
  get identity(): Identity | undefined {
    return this.#options.identity;
  }

  /** Whether the connector was closed for good. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether a connection is open. */
  get isOpen(): boolean {
    return [...this.#connections].some(({ isOpen }) => isOpen);
  }

  /**
   * Whether a request that the relay hung up on gets another connection at once, or after a moment,
   * so that the relay has not failed yet.
   */
  get retriesSoon(): boolean {
    return this.#outage.isQuickRetry || this.isOpen;
  }

  /** Whether the connector has no user and no connection, and nobody waits for it. */
  get isIdle(): boolean {
    const { size } = this.#connections;
    return this.#users + size + this.#outage.waiting + this.#publishing.size === 0;
  }

  /** Registers a user: as long as there is one, connections are not closed as idle. */
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

  /**
   * Waits until the relay may be tried again, and for `ms` milliseconds at least. The wait ends
   * early when the relay is connected for another user, or is no longer blocked. All who wait for
   * the relay alone go on together, and share one attempt.
   */
  pause(ms: number, signal: AbortSignal): Promise<void> {
    const { hungUp, disconnected } = BACKOFFS;
    return this.#outage.wait(ms, (this.isOpen ? hungUp : disconnected).firstMs, signal);
  }

  /** Makes `close()` wait for a publication, if it does not take too long. */
  track(publishing: Promise<unknown>): void {
    const forget = () => this.#publishing.delete(settled);
    const settled: Promise<void> = publishing.then(() => {}, () => {}).then(() => void forget());
    this.#publishing.add(settled);
  }

  /**
   * Returns a connection that is open or being opened; what is sent before it is open waits. The
   * connection counts one more user, which the caller must count down again.
   *
   * @param rank Where many relays want to connect, lower ranks go first.
   * @param isUrgent Whether to connect during a back-off, too.
   * @throws {RelayFailureError} If the relay must not be connected to, for now or at all.
   */
  async connection(rank: number, signal: AbortSignal, isUrgent = false): Promise<RelayConnection> {
    signal.throwIfAborted();
    if (this.#isClosed) {
      throw new RelayFailureError(this.url, "unreachable", "the outbox is closed");
    }
    const blocked = this.#blockedError();
    if (blocked) throw blocked;
    let connection = [...this.#connections].find(({ isFull }) => !isFull);
    if (!connection && this.#connections.size < MAX_CONNECTIONS) {
      try {
        const [attempt] = this.#handshakes;
        if (attempt && !this.isOpen) {
          // It shows whether the relay can be reached at all.
          await abortable(attempt.whenOpen(), signal);
          return await this.connection(rank, signal, isUrgent);
        }
        connection = await abortable(this.#open(rank, isUrgent), signal);
        // Others who waited for it may have filled it by now.
        if (!connection.ended && connection.isFull) {
          return await this.connection(rank, signal, isUrgent);
        }
      } catch (error) {
        // No further connection could be opened: the others have to do, if there are any.
        if (this.#connections.size === 0 || signal.aborted) throw error;
      }
    }
    connection ??= [...this.#connections].reduce((a, b) => b.users < a.users ? b : a);
    connection.users++;
    return connection;
  }

  /**
   * Call it when the user's block list has changed. Connections end if the relay is blocked now;
   * pauses end if it is no longer blocked.
   */
  blocksChanged(): void {
    const wasBlocked = this.#wasBlocked;
    const blocked = this.#blockedError();
    if (blocked) { for (const connection of this.#connections) connection.end(blocked); }
    else if (wasBlocked) this.#outage.wakeAll();
  }

  /**
   * Ends all connections for good, once the events that are being published are settled, or after
   * 3 seconds.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#publishing.size > 0) {
      const published = new AbortController();
      const settled = Promise.all(this.#publishing).then(() => published.abort());
      await Promise.race([settled, sleep(this.#options.clock, CLOSE_GRACE_MS, published.signal)]);
    }
    this.#cancelIdle?.();
    this.#closing.abort(new RelayFailureError(this.url, "disconnected", "the outbox is closed"));
    for (const connection of this.#connections) connection.end(this.#closing.signal.reason);
  }

  #open(rank: number, isUrgent: boolean): Promise<RelayConnection> {
    if (this.#opening) return this.#opening;
    const wait = this.#options.memory.retryAt(this.url) - this.#options.clock.now();
    if (wait > 0 && !isUrgent && !this.#outage.isQuickRetry) {
      return Promise.reject(this.#backoffError(wait));
    }
    this.#opening = this.#connect(rank).finally(() => this.#opening = undefined);
    return this.#opening;
  }

  async #connect(rank: number): Promise<RelayConnection> {
    const { clock, memory, connectTimeout } = this.#options;
    const { background = this.#options.semaphore } = this.#options;
    const semaphore = rank === BACKGROUND_RANK ? background : this.#options.semaphore;
    const releaseTurn = await semaphore.acquire(rank, this.#closing.signal);
    // All users may have given up while this waited for its turn.
    const blocked = this.#blockedError();
    if (blocked || this.#users === 0) {
      releaseTurn();
      throw blocked ??
        new RelayFailureError(
          this.url,
          "unreachable",
          "no request waits for the connection any longer",
        );
    }
    let openedAt: number | undefined;
    const connection = new RelayConnection(this.url, {
      ...this.#options,
      clock,
      namedWait: this.#namedWait,
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
        openedAt = clock.now();
        if (ms !== undefined) connectTimeout.record(ms);
        memory.connected(this.url, ms);
        this.#options.onConnected(this.url);
        this.#outage.opened();
      },
      onEnd: (error) => this.#ended(connection, error, openedAt),
      onAlive: () => memory.alive(this.url),
    });
    this.#handshakes.add(connection);
    const settled = () => {
      releaseTurn();
      this.#handshakes.delete(connection);
    };
    connection.whenOpen().then(settled, settled);
    this.#connections.add(connection);
    connection.start();
    return connection;
  }

  #ended(connection: RelayConnection, error: RelayFailureError, openedAt?: number): void {
    this.#connections.delete(connection);
    const isFromHere = error === this.#idleError || error.reason === "blocked-by-user";
    if (isFromHere) this.#outage.over();
    if (this.#isClosed || isFromHere) return;
    this.#lastError = error;
    this.#options.memory.failed(this.url, error.reason, connection.startedAt);
    this.#outage.failed(error.reason, openedAt);
    this.#options.onRelayError(error);
  }

  #closeIdle(): void {
    const detail = "the connection was not used for a while";
    this.#idleError = new RelayFailureError(this.url, "disconnected", detail);
    for (const connection of this.#connections) connection.end(this.#idleError);
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
    const detail = `it is not tried again for ${seconds} s, since it failed: ${message}`;
    return new RelayFailureError(this.url, reason, detail, { cause: this.#lastError });
  }
}
