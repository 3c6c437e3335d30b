/**
 * One connection to a relay, from its opening to its end, whatever it does.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NRelay } from "@nostrify/types";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/message_of.ts";
import { RateMeter } from "../base/rate_meter.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import { Keepalive } from "./keepalive.ts";
import type { OpenRelay, RelayLog } from "./open_relay.ts";
import { RelaySubscription, type SubscriptionListener } from "./relay_subscription.ts";
import { SubscriptionSlots } from "./subscription_slots.ts";

/** What a session needs of those who open it. */
export interface RelayConnectionOptions {
  readonly open: OpenRelay;
  readonly clock: Clock;
  readonly verifyEvent: (event: NostrEvent) => boolean;
  /** How many subscriptions the relay takes at once, by what is known now. */
  readonly maxSubscriptions: () => number;
  /** After how many milliseconds a connection that is not open has failed, by what is known now. */
  readonly connectTimeout: () => number;
  /** Told once that it is open, and after how many milliseconds. */
  readonly onOpen: (ms: number) => void;
  /** Told once that it is over. */
  readonly onEnd: (error: RelayFailureError) => void;
  /** Told what the relay says to nobody in particular. */
  readonly onNotice: (words: string) => void;
  /** Told what went wrong in closing. */
  readonly onError: (error: Error) => void;
}

/** Messages a minute that answer no subscription: some are on their way when one is closed. */
const MOST_STRAYS = 20_000;
/** The id of no event. */
const NOBODY = "0".repeat(64);
/** How often to look whether a connection is late, in milliseconds. */
const LOOK = 1_000;
/** Forged events after which a relay is not listened to any longer. */
const MOST_FORGED = 100;

/** A relay that was opened. */
export class RelayConnection {
  /** The relay's URL. */
  readonly url: string;
  /** When it was begun, in milliseconds since 1970. */
  readonly startedAt: number;
  /** How many use it; counted up by who hands it out, and down by them. */
  users = 0;
  readonly #options: RelayConnectionOptions;
  readonly #subscriptions = new Set<RelaySubscription>();
  readonly #strays: RateMeter;
  readonly #endListeners = new Set<(error: RelayFailureError) => void>();
  readonly #slots: SubscriptionSlots;
  readonly #keepalive: Keepalive;
  readonly #opened = Promise.withResolvers<void>();
  #cancelTimeout = () => {};
  #relay?: NRelay;
  #forged = 0;
  /** Whether the relay tells what happens on its connection, and whether it verifies. */
  #tells = false;
  #verifies = false;
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
    this.#strays = new RateMeter(options.clock, MOST_STRAYS);
    this.#keepalive = new Keepalive({
      clock: options.clock,
      probe: () => this.#probe(),
      onDead: () => this.end(this.#silent()),
    });
  }

  /** Opens the relay; what `open` throws ends the session. */
  start(): void {
    const { open } = this.#options;
    this.#watch();
    try {
      this.#relay = open(this.url, {
        log: (entry) => this.#log(entry),
        verifyEvent: (event) => {
          this.#verifies = true;
          return this.#verify(event);
        },
        backoff: false,
        idleTimeout: false,
      });
    } catch (cause) {
      this.end(new RelayFailureError(this.url, "unreachable", messageOf(cause), { cause }));
    }
    // It may have ended before there was anything to close.
    if (this.#ended) this.#close();
  }

  /** How it ended; absent as long as it has not. */
  get ended(): RelayFailureError | undefined {
    return this.#ended;
  }

  /** Whether the connection is known to stand. */
  get isOpen(): boolean {
    return this.#isOpen && !this.#ended;
  }

  /**
   * Whether the connection was of use and then fell silent: it may be gone without a
   * word.
   *
   * @param since Milliseconds since 1970: when something was asked for.
   */
  hasGoneSilent(since: number): boolean {
    return this.#hasAnswered && this.#keepalive.heardAt < since;
  }

  /** The subscriptions that are open. */
  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  /** Waits for the connection to stand. @throws {RelayFailureError} If it comes to nothing. */
  whenOpen(): Promise<void> {
    return this.#opened.promise;
  }

  /** Tells of the end, until the answer is called. */
  onEnd(listener: (error: RelayFailureError) => void): () => void {
    if (this.#ended) listener(this.#ended);
    this.#endListeners.add(listener);
    return () => this.#endListeners.delete(listener);
  }

  /** Publishes an event. @throws What the relay throws, or a {@link RelayFailureError} if the session ends. */
  async event(event: NostrEvent, signal: AbortSignal): Promise<void> {
    if (this.#ended || !this.#relay) throw this.#ended;
    await this.#relay.event(event, { signal });
    this.#hasOpened();
  }

  /** Waits until the relay takes one more subscription; the answer gives the place back. */
  enter(signal: AbortSignal, stay: boolean): Promise<() => void> {
    return this.#slots.acquire(signal, stay);
  }

  /** Whether so many subscriptions may stay open, and nobody has to wait for that. */
  mayStay(count: number): boolean {
    return this.#slots.mayStay(count);
  }

  /** Whether one more user had better go elsewhere. */
  get isFull(): boolean {
    return this.#slots.isFullWith(this.users);
  }

  /**
   * Asks the relay; the listener is told how it ends, but not if it closes it itself.
   *
   * @param leave Gives the subscription's place back, once it is over in whichever way.
   */
  subscribe(
    filters: NostrFilter[],
    listener: SubscriptionListener,
    leave: () => void,
  ): RelaySubscription {
    const subscription = new RelaySubscription(this.url, filters, this.#options.clock, {
      ...listener,
      message: () => this.#isHeard(),
      eose: () => {
        this.#hasAnswered = true;
        listener.eose();
      },
      verify: (event) => this.#verifies || this.#verify(event),
      over: () => {
        this.#subscriptions.delete(subscription);
        if (this.#subscriptions.size === 0) this.#keepalive.stop();
        leave();
      },
      flood: (error) => this.end(error),
    });
    this.#subscriptions.add(subscription);
    if (this.#subscriptions.size === 1) this.#keepalive.start();
    if (this.#ended || !this.#relay) subscription.end(this.#ended!);
    else subscription.start(this.#relay);
    return subscription;
  }

  /** Ends it: all that is open on it, too. */
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

  /** Asks for what nobody has, if the relay is one that answers. */
  #probe(): () => void {
    if (!this.#relay || !this.#hasAnswered) {
      this.#keepalive.heard();
      return () => {};
    }
    const nothing = () => {};
    const filters = [{ ids: [NOBODY], limit: 1 }];
    const probe = new RelaySubscription(this.url, filters, this.#options.clock, {
      event: nothing,
      eose: nothing,
      end: nothing,
      over: nothing,
      flood: nothing,
      verify: () => false,
      message: () => this.#isHeard(),
    });
    probe.start(this.#relay);
    return () => probe.close();
  }

  #silent(): RelayFailureError {
    return new RelayFailureError(this.url, "disconnected", "nothing is heard on it any longer");
  }

  #isHeard(): void {
    this.#keepalive.heard();
    this.#hasOpened();
  }

  #hasOpened(): void {
    if (this.#isOpen || this.#ended) return;
    this.#isOpen = true;
    this.#cancelTimeout();
    this.#opened.resolve();
    this.#options.onOpen(this.#options.clock.now() - this.startedAt);
  }

  /** Waits for the connection; while it does, others may show how long that usually takes. */
  #watch(): void {
    const { clock, connectTimeout } = this.#options;
    const rest = connectTimeout() - (clock.now() - this.startedAt);
    // Less than a millisecond need not move any clock.
    if (rest < 1) return this.#isLate();
    this.#cancelTimeout = clock.after(Math.min(rest, LOOK), () => this.#watch());
  }

  #isLate(): void {
    if (this.#tells) {
      const ms = this.#options.clock.now() - this.startedAt;
      const detail = `no connection within ${Math.round(ms)} ms`;
      return this.end(new RelayFailureError(this.url, "connect-timeout", detail));
    }
    // It never tells; whether it is connected, its answers will show.
    this.#opened.resolve();
  }

  #verify(event: NostrEvent): boolean {
    if (this.#ended) return false;
    if (this.#options.verifyEvent(event)) return true;
    if (++this.#forged > MOST_FORGED) {
      const detail = `${this.#forged} events that their authors did not sign`;
      this.end(new RelayFailureError(this.url, "junk", detail));
    }
    return false;
  }

  #log({ ns, state, data }: RelayLog): void {
    this.#tells = true;
    if (this.#ended) return;
    if (ns === "relay.ws.state" && state === "open") this.#hasOpened();
    else if (ns === "relay.ws.state" && state === "close") this.end(this.#lost());
    else if (ns === "relay.ws.error" && !this.#isOpen) this.end(this.#lost());
    else if (ns === "relay.ws.message") this.#heard(Array.isArray(data) ? data : []);
    else if (ns === "relay.ws.send" && Array.isArray(data) && data[0] === "REQ") this.#sent(data);
  }

  #lost(): RelayFailureError {
    return this.#isOpen
      ? new RelayFailureError(this.url, "disconnected", "the connection was closed")
      : new RelayFailureError(this.url, "unreachable", "no WebSocket came about");
  }

  /**
   * Which subscription a REQ on the wire is: it has the very filters. Of several with
   * the same, one is told of after the other; a REQ that is sent again keeps its id.
   */
  #sent([, id, first]: unknown[]): void {
    const all = [...this.#subscriptions];
    if (all.some((subscription) => subscription.id === id)) return;
    const its = all.find((own) => own.id === undefined && own.filters[0] === first);
    if (its) its.id = String(id);
  }

  #heard(message: unknown[]): void {
    this.#isHeard();
    const [verb, id, words] = message;
    if (verb === "NOTICE") this.#options.onNotice(String(id));
    for (const subscription of this.#subscriptions) {
      if (subscription.id === undefined || subscription.id !== id) continue;
      if (verb === "EVENT") subscription.countOnWire();
      if (verb === "EOSE") subscription.endOnWire();
      if (verb === "CLOSED") subscription.reasonText = String(words);
      return;
    }
    if (!this.#strays.count()) {
      const detail = `more than ${MOST_STRAYS} messages a minute that nobody asked for`;
      this.end(new RelayFailureError(this.url, "flood", detail));
    }
  }
}
