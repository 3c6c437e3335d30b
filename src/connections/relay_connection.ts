/**
 * One connection to a relay, from its opening to its end: it counts and verifies what comes, and
 * ends when the relay floods, forges or falls silent.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import { abortable } from "../base/abortable.ts";
import { messageOf } from "../base/message_of.ts";
import { RateMeter } from "../base/rate_meter.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import type { ConnectionSigner } from "./identity.ts";
import { HandshakeTimer } from "./handshake_timer.ts";
import { Keepalive } from "./keepalive.ts";
import { NamedWait } from "./named_wait.ts";
import type { RelayHooks } from "./open_relay.ts";
import type { RelayConnectionOptions } from "./relay_connection_options.ts";
import { type ReadRelay, RelayLogReader } from "./relay_log_reader.ts";
import { refusedReq } from "./refused_req.ts";
import { RelaySubscription, type SubscriptionListener } from "./relay_subscription.ts";
import { SubscriptionSlots } from "./subscription_slots.ts";

/** Messages that belong to no subscription; some are on their way when a subscription is closed. */
const MAX_STRAY_MESSAGES_PER_MINUTE = 20_000;
/** A longer message of these counts once for each so many characters: parsing it took as long. */
const STRAY_MESSAGE_LENGTH = 4_096;
/** An id that no event has. */
const NO_EVENT_ID = "0".repeat(64);
/** Events that are forged or were not requested, per minute. */
const MAX_JUNK_EVENTS_PER_MINUTE = 99;

/** One connection to one relay. */
export class RelayConnection {
  /** The relay's URL. */
  readonly url: string;
  /** When opening it was begun, in milliseconds since 1970. */
  readonly startedAt: number;
  /** For how long the relay wants to be left alone. */
  readonly namedWait: NamedWait;
  /** Its users: counted up when it is handed out, and counted down by each user. */
  users = 0;
  readonly #options: RelayConnectionOptions;
  readonly #subscriptions = new Set<RelaySubscription>();
  readonly #strayMessages: RateMeter;
  readonly #junkEvents: RateMeter;
  readonly #endListeners = new Set<(error: RelayFailureError) => void>();
  readonly #doubtListeners = new Set<(error: RelayFailureError) => void>();
  readonly #slots: SubscriptionSlots;
  readonly #keepalive: Keepalive;
  readonly #opened = Promise.withResolvers<void>();
  readonly #handshake: HandshakeTimer;
  readonly #signIn?: ConnectionSigner;
  #relay?: ReadRelay;
  /** Whether the relay object says when it is open, and when it is closed. */
  #hasHooks = false;
  #isOpen = false;
  /** Whether a subscription came to its EOSE. */
  #hasAnswered = false;
  #ended?: RelayFailureError;

  /** Nothing happens before {@link RelayConnection.start}. */
  constructor(url: string, options: RelayConnectionOptions) {
    this.url = url;
    this.#options = options;
    this.startedAt = options.clock.now();
    const { clock, connectTimeout, identity } = options;
    this.#signIn = identity?.signer(url);
    this.namedWait = options.namedWait ?? new NamedWait(clock);
    this.#handshake = new HandshakeTimer(clock, {
      timeout: connectTimeout,
      onDoubt: () => this.#handshakeIsInDoubt(),
      onLate: () => this.#handshakeIsLate(),
    });
    this.#slots = new SubscriptionSlots(options.maxSubscriptions);
    this.#strayMessages = new RateMeter(options.clock, MAX_STRAY_MESSAGES_PER_MINUTE);
    this.#junkEvents = new RateMeter(options.clock, MAX_JUNK_EVENTS_PER_MINUTE);
    this.#keepalive = new Keepalive({
      clock: options.clock,
      probe: () => this.#probe(),
      onDead: () => this.end(this.#deadError()),
    });
  }

  /** Opens the relay; what `open` throws ends the connection. */
  start(): void {
    const { open } = this.#options;
    this.#handshake.start();
    try {
      const hooks = this.#hooks();
      const reader = new RelayLogReader(hooks);
      this.#relay = reader.read(open(this.url, {
        ...hooks,
        log: reader.log,
        verifyEvent: (event) => !this.#ended && this.#verify(event) !== false,
        isNamed: this.#signIn !== undefined,
        backoff: false,
        idleTimeout: false,
      }));
    } catch (cause) {
      this.end(new RelayFailureError(this.url, "unreachable", messageOf(cause), { cause }));
    }
    // The connection may have ended before there was a relay to close.
    if (this.#ended) this.#close();
  }

  /** Why the connection ended; absent as long as it has not. */
  get ended(): RelayFailureError | undefined {
    return this.#ended;
  }

  /** Whether the connection is known to be open. */
  get isOpen(): boolean {
    return this.#isOpen && !this.#ended;
  }

  /**
   * Whether the connection brought answers and then fell silent, so that it may be gone although
   * nobody closed it.
   *
   * @param since When something was requested, in milliseconds since 1970.
   */
  hasGoneSilent(since: number): boolean {
    return this.#hasAnswered && this.#keepalive.heardAt < since;
  }

  /** When something last came over the connection, in milliseconds since 1970. */
  get heardAt(): number {
    return this.#keepalive.heardAt;
  }

  /** How many subscriptions are open. */
  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  /**
   * Waits until the connection is open.
   *
   * @throws {RelayFailureError} If it ends first.
   */
  whenOpen(): Promise<void> {
    return this.#opened.promise;
  }

  /**
   * Calls the listener when the connection ends, at once if it has ended.
   *
   * @returns Removes the listener.
   */
  onEnd(listener: (error: RelayFailureError) => void): () => void {
    if (this.#ended) listener(this.#ended);
    this.#endListeners.add(listener);
    return () => this.#endListeners.delete(listener);
  }

  /**
   * Calls the listener if the connection is not open in time, which a busy program may have caused:
   * nobody should wait for it any longer, but it goes on.
   *
   * @returns Removes the listener.
   */
  onDoubt(listener: (error: RelayFailureError) => void): () => void {
    this.#doubtListeners.add(listener);
    return () => this.#doubtListeners.delete(listener);
  }

  /**
   * Signs in as the connection's identity, if it has one and that has not been done.
   *
   * @returns Whether the relay accepted a sign-in since this was called.
   * @throws {RelayFailureError} If the connection ends, or that fails, or takes too long.
   */
  async signIn(signal: AbortSignal): Promise<boolean> {
    if (!this.#signIn) return false;
    await abortable(this.whenOpen(), signal);
    return await this.#signIn.answer(signal);
  }

  /**
   * Publishes an event.
   *
   * @throws What the relay throws, or a {@link RelayFailureError} if the connection has ended.
   */
  async event(event: NostrEvent, signal: AbortSignal): Promise<void> {
    if (this.#ended || !this.#relay) throw this.#ended;
    await this.#relay.event(event, { signal });
    this.#noteOpen();
  }

  /**
   * Waits until the relay takes one more subscription.
   *
   * @param stay Whether the subscription is to stay open after its EOSE.
   * @returns Releases the slot.
   */
  acquireSlot(signal: AbortSignal, stay: boolean): Promise<() => void> {
    return this.#slots.acquire(signal, stay);
  }

  /** Whether so many subscriptions may stay open without anybody waiting for a slot. */
  mayStay(count: number): boolean {
    return this.#slots.mayStay(count);
  }

  /** How many subscriptions may stay open: all but one, for stored events. */
  get maxStaying(): number {
    return Math.max(1, this.#options.maxSubscriptions() - 1);
  }

  /** Whether the relay takes a single subscription, so that nothing can be asked beside it. */
  get hasOneSlot(): boolean {
    return this.#options.maxSubscriptions() === 1;
  }

  /** Whether one more user should get another connection. */
  get isFull(): boolean {
    return this.#slots.isFullWith(this.users);
  }

  /**
   * Sends a REQ. The listener learns how the subscription ends, unless the caller closes it.
   *
   * @param releaseSlot Called once when the subscription is over, however it ends.
   */
  subscribe(
    filters: NostrFilter[],
    listener: SubscriptionListener,
    releaseSlot: () => void,
  ): RelaySubscription {
    const subscription = new RelaySubscription(this.url, filters, this.#options.clock, {
      ...listener,
      message: () => this.#noteActivity(),
      eose: (hints) => {
        this.#hasAnswered = true;
        listener.eose(hints);
      },
      verify: (event) => this.#verify(event),
      over: () => {
        this.#subscriptions.delete(subscription);
        if (this.#subscriptions.size === 0) this.#keepalive.stop();
        releaseSlot();
      },
      flood: (error) => this.end(error),
    });
    this.#subscriptions.add(subscription);
    subscription.place = this.#subscriptions.size;
    if (this.#subscriptions.size === 1) this.#keepalive.start();
    if (this.#ended || !this.#relay) subscription.end(this.#ended!);
    else subscription.start(this.#relay);
    return subscription;
  }

  /** Counts an event that is forged or was not requested; too many end the connection. */
  countJunk(): void {
    if (this.#junkEvents.count()) return;
    const detail =
      `more than ${MAX_JUNK_EVENTS_PER_MINUTE} events a minute that are forged, or were not requested`;
    const error = new RelayFailureError(this.url, "junk", detail);
    this.end(error);
    // Where the connection has ended before, some of what came may still wait.
    for (const subscription of [...this.#subscriptions]) subscription.end(error);
  }

  /** Ends the connection and all of its subscriptions. */
  end(error: RelayFailureError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#handshake.stop();
    this.#keepalive.stop();
    for (const subscription of [...this.#subscriptions]) subscription.end(error);
    this.#close();
    this.#opened.reject(error);
    for (const listener of this.#endListeners) listener(error);
    this.#options.onEnd(error);
  }

  #close(): void {
    // Not awaited: a relay that never connected may never finish closing.
    const closing = async () => await this.#relay?.close();
    closing().catch((error: unknown) => {
      this.#options.onError(new Error(`Cannot close relay ${this.url}`, { cause: error }));
    });
  }

  /**
   * Requests an event that does not exist. That keeps the connection open; only of a relay that has
   * answered before does silence say that the connection is dead.
   */
  #probe(): () => void {
    if (!this.#hasAnswered) this.#keepalive.heard();
    if (!this.#relay) return () => {};
    const ignore = () => {};
    const filters = [{ ids: [NO_EVENT_ID], limit: 1 }];
    const probe = new RelaySubscription(this.url, filters, this.#options.clock, {
      event: ignore,
      eose: ignore,
      end: ignore,
      over: ignore,
      flood: ignore,
      verify: () => false,
      message: () => {
        this.#noteActivity();
        this.#options.onAlive?.();
      },
    });
    probe.start(this.#relay);
    return () => probe.close();
  }

  #deadError(): RelayFailureError {
    const detail = "nothing is heard on the connection any longer";
    return new RelayFailureError(this.url, "disconnected", detail);
  }

  #noteActivity(): void {
    this.#keepalive.heard();
    this.#noteOpen();
  }

  #noteOpen(): void {
    if (this.#isOpen || this.#ended) return;
    this.#isOpen = true;
    const ms = this.#handshake.stop();
    this.#opened.resolve();
    this.#options.onOpen(ms);
  }

  #handshakeIsInDoubt(): void {
    if (!this.#hasHooks) return;
    for (const listener of this.#doubtListeners) listener(this.#lateError());
  }

  #lateError(): RelayFailureError {
    const ms = this.#options.clock.now() - this.startedAt;
    const detail = `no connection within ${Math.round(ms)} ms`;
    return new RelayFailureError(this.url, "connect-timeout", detail);
  }

  #handshakeIsLate(): void {
    if (this.#hasHooks) return this.end(this.#lateError());
    // A relay object that calls no hooks shows by its answers whether it is connected.
    this.#opened.resolve();
  }

  #verify(event: NostrEvent): boolean | Promise<boolean> {
    const result = this.#options.verifyEvent(event);
    if (result instanceof Promise) {
      return result.then((isValid) => this.#counted(isValid));
    }
    return this.#counted(result);
  }

  #counted(isValid: boolean): boolean {
    if (!isValid) this.countJunk();
    return isValid;
  }

  /** Ends the subscription that a NOTICE refuses, if it refuses one. */
  #refuse(notice: string): void {
    const pending = [...this.#subscriptions].filter(({ isPending }) => isPending);
    const refused = refusedReq(notice, pending);
    if (!refused) return;
    refused.req.reasonText = notice;
    refused.req.end(new RelayFailureError(this.url, refused.failure, notice));
  }

  #hooks(): RelayHooks {
    const onStray = (length = 0) => {
      if (this.#ended) return;
      this.#noteActivity();
      if (this.#strayMessages.count(Math.max(1, Math.ceil(length / STRAY_MESSAGE_LENGTH)))) return;
      const detail =
        `more than ${MAX_STRAY_MESSAGES_PER_MINUTE} messages a minute that belong to no ` +
        `subscription, or as much in longer ones`;
      this.end(new RelayFailureError(this.url, "flood", detail));
    };
    return {
      onConnecting: () => this.#hasHooks = true,
      onOpen: () => this.#noteOpen(),
      onStray,
      onNotice: (text) => {
        if (!this.#ended) this.#refuse(text);
        onStray(text.length);
      },
      onChallenge: (challenge, answer) => {
        onStray();
        if (!this.#ended) this.#signIn?.challenged(challenge, answer);
      },
      onClose: (detail) => this.end(this.#closedError(detail)),
    };
  }

  #closedError(detail: string): RelayFailureError {
    return this.#isOpen
      ? new RelayFailureError(this.url, "disconnected", `the connection was closed (${detail})`)
      : new RelayFailureError(this.url, "unreachable", `no WebSocket could be opened (${detail})`);
  }
}
