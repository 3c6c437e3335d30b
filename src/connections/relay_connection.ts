/**
 * One connection to a relay, from its opening to its end: it counts and verifies what comes, and
 * ends when the relay floods, forges or falls silent.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NRelay } from "@nostrify/types";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/message_of.ts";
import { RateMeter } from "../base/rate_meter.ts";
import { STALL_MS } from "../base/stall_watch.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import { Keepalive } from "./keepalive.ts";
import type { OpenRelay, RelayLog } from "./open_relay.ts";
import { RelaySubscription, type SubscriptionListener } from "./relay_subscription.ts";
import { SubscriptionSlots } from "./subscription_slots.ts";

/** Dependencies of a {@link RelayConnection}, and what it reports. */
export interface RelayConnectionOptions {
  readonly open: OpenRelay;
  readonly clock: Clock;
  readonly verifyEvent: (event: NostrEvent) => boolean;
  /** Returns how many subscriptions the relay takes at once, as far as is known now. */
  readonly maxSubscriptions: () => number;
  /** Returns after how many milliseconds a connection that is not open has failed. */
  readonly connectTimeout: () => number;
  /** Called once when the connection is open, with the milliseconds that took. */
  readonly onOpen: (ms: number) => void;
  /** Called once when the connection ends. */
  readonly onEnd: (error: RelayFailureError) => void;
  /** Called with the text of each NOTICE. */
  readonly onNotice: (notice: string) => void;
  /** Called with what went wrong in closing. */
  readonly onError: (error: Error) => void;
}

/** Messages that belong to no subscription; some are on their way when a subscription is closed. */
const MAX_STRAY_MESSAGES_PER_MINUTE = 20_000;
/** An id that no event has. */
const NO_EVENT_ID = "0".repeat(64);
/** How often a connection that is being opened is compared with its timeout. */
const HANDSHAKE_CHECK_MS = 1_000;
/** Forged events that a connection may bring before it is closed. */
const MAX_FORGED_EVENTS = 100;

/** One connection to one relay. */
export class RelayConnection {
  /** The relay's URL. */
  readonly url: string;
  /** When opening it was begun, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Its users: counted up when it is handed out, and counted down by each user. */
  users = 0;
  readonly #options: RelayConnectionOptions;
  readonly #subscriptions = new Set<RelaySubscription>();
  readonly #strayMessages: RateMeter;
  readonly #endListeners = new Set<(error: RelayFailureError) => void>();
  readonly #slots: SubscriptionSlots;
  readonly #keepalive: Keepalive;
  readonly #opened = Promise.withResolvers<void>();
  #cancelTimeout = () => {};
  /** Milliseconds of the handshake in which the program itself did not run. */
  #stalledMs = 0;
  #relay?: NRelay;
  #forgedEvents = 0;
  /** Whether the relay object logs what happens on the wire, and whether it verifies events. */
  #hasLog = false;
  #relayVerifies = false;
  #isOpen = false;
  /** Whether a subscription came to its EOSE. */
  #hasAnswered = false;
  #ended?: RelayFailureError;

  /** Nothing happens before {@link RelayConnection.start}. */
  constructor(url: string, options: RelayConnectionOptions) {
    this.url = url;
    this.#options = options;
    this.startedAt = options.clock.now();
    this.#slots = new SubscriptionSlots(options.maxSubscriptions);
    this.#strayMessages = new RateMeter(options.clock, MAX_STRAY_MESSAGES_PER_MINUTE);
    this.#keepalive = new Keepalive({
      clock: options.clock,
      probe: () => this.#probe(),
      onDead: () => this.end(this.#deadError()),
    });
  }

  /** Opens the relay; what `open` throws ends the connection. */
  start(): void {
    const { open } = this.#options;
    this.#watchHandshake();
    try {
      this.#relay = open(this.url, {
        log: (entry) => this.#log(entry),
        verifyEvent: (event) => {
          this.#relayVerifies = true;
          return this.#verify(event);
        },
        backoff: false,
        idleTimeout: false,
      });
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
      eose: () => {
        this.#hasAnswered = true;
        listener.eose();
      },
      verify: (event) => this.#relayVerifies || this.#verify(event),
      over: () => {
        this.#subscriptions.delete(subscription);
        if (this.#subscriptions.size === 0) this.#keepalive.stop();
        releaseSlot();
      },
      flood: (error) => this.end(error),
    });
    this.#subscriptions.add(subscription);
    if (this.#subscriptions.size === 1) this.#keepalive.start();
    if (this.#ended || !this.#relay) subscription.end(this.#ended!);
    else subscription.start(this.#relay);
    return subscription;
  }

  /** Ends the connection and all of its subscriptions. */
  end(error: RelayFailureError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#cancelTimeout();
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

  /** Requests an event that does not exist, if the relay is one that answers. */
  #probe(): () => void {
    if (!this.#relay || !this.#hasAnswered) {
      this.#keepalive.heard();
      return () => {};
    }
    const ignore = () => {};
    const filters = [{ ids: [NO_EVENT_ID], limit: 1 }];
    const probe = new RelaySubscription(this.url, filters, this.#options.clock, {
      event: ignore,
      eose: ignore,
      end: ignore,
      over: ignore,
      flood: ignore,
      verify: () => false,
      message: () => this.#noteActivity(),
    });
    probe.start(this.#relay);
    return () => probe.close();
  }

  #deadError(): RelayFailureError {
    return new RelayFailureError(
      this.url,
      "disconnected",
      "nothing is heard on the connection any longer",
    );
  }

  #noteActivity(): void {
    this.#keepalive.heard();
    this.#noteOpen();
  }

  #noteOpen(): void {
    if (this.#isOpen || this.#ended) return;
    this.#isOpen = true;
    this.#cancelTimeout();
    this.#opened.resolve();
    this.#options.onOpen(this.#options.clock.now() - this.startedAt);
  }

  /**
   * Waits for the connection to open. Meanwhile other connections may show how long that usually
   * takes, so the timeout is read again and again.
   */
  #watchHandshake(): void {
    const { clock, connectTimeout } = this.#options;
    const left = connectTimeout() - (clock.now() - this.startedAt - this.#stalledMs);
    // A timer for less than a millisecond may not move a clock at all.
    if (left < 1) return this.#handshakeIsLate();
    const checkedAt = clock.now(), wait = Math.min(left, HANDSHAKE_CHECK_MS);
    this.#cancelTimeout = clock.after(wait, () => {
      const took = clock.now() - checkedAt;
      // What came while the program was busy or asleep is only read now.
      if (took - wait > STALL_MS) this.#stalledMs += took;
      this.#watchHandshake();
    });
  }

  #handshakeIsLate(): void {
    if (this.#hasLog) {
      const ms = this.#options.clock.now() - this.startedAt;
      const detail = `no connection within ${Math.round(ms)} ms`;
      return this.end(new RelayFailureError(this.url, "connect-timeout", detail));
    }
    // A relay object without a log shows by its answers whether it is connected.
    this.#opened.resolve();
  }

  #verify(event: NostrEvent): boolean {
    if (this.#ended) return false;
    if (this.#options.verifyEvent(event)) return true;
    if (++this.#forgedEvents > MAX_FORGED_EVENTS) {
      const detail = `${this.#forgedEvents} events that their authors did not sign`;
      this.end(new RelayFailureError(this.url, "junk", detail));
    }
    return false;
  }

  #log({ ns, state, data }: RelayLog): void {
    this.#hasLog = true;
    if (this.#ended) return;
    if (ns === "relay.ws.state" && state === "open") this.#noteOpen();
    else if (ns === "relay.ws.state" && state === "close") this.end(this.#closedError());
    else if (ns === "relay.ws.error" && !this.#isOpen) this.end(this.#closedError());
    else if (ns === "relay.ws.message") this.#noteMessage(Array.isArray(data) ? data : []);
    else if (ns === "relay.ws.send" && Array.isArray(data) && data[0] === "REQ") {
      this.#noteReq(data);
    }
  }

  #closedError(): RelayFailureError {
    return this.#isOpen
      ? new RelayFailureError(this.url, "disconnected", "the connection was closed")
      : new RelayFailureError(this.url, "unreachable", "no WebSocket could be opened");
  }

  /**
   * Finds the subscription that a REQ on the wire belongs to, by the identity of its first filter.
   * Several subscriptions may have the same filter: their REQs are logged one after the other. A
   * REQ that is sent again keeps its id.
   */
  #noteReq([, id, first]: unknown[]): void {
    const all = [...this.#subscriptions];
    if (all.some((subscription) => subscription.id === id)) return;
    const sent = all.find((other) => other.id === undefined && other.filters[0] === first);
    if (sent) sent.id = String(id);
  }

  #noteMessage(message: unknown[]): void {
    this.#noteActivity();
    const [verb, id, reasonText] = message;
    if (verb === "NOTICE") this.#options.onNotice(String(id));
    for (const subscription of this.#subscriptions) {
      if (subscription.id === undefined || subscription.id !== id) continue;
      if (verb === "EVENT") subscription.countOnWire();
      if (verb === "EOSE") subscription.endOnWire();
      if (verb === "CLOSED") subscription.reasonText = String(reasonText);
      return;
    }
    if (!this.#strayMessages.count()) {
      const detail =
        `more than ${MAX_STRAY_MESSAGES_PER_MINUTE} messages a minute that belong to no subscription`;
      this.end(new RelayFailureError(this.url, "flood", detail));
    }
  }
}
