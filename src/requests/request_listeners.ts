/**
 * Who listens to a request, relay by relay, and where the events of the request go.
 *
 * @module
 */

import type {
  NostrEvent,
  NostrRelayCLOSED,
  NostrRelayEOSE,
  NostrRelayEVENT,
} from "@nostrify/types";
import { AsyncQueue, type Reading } from "../base/async_queue.ts";

/** What a relay sends for a subscription. */
export type RelayMessage = NostrRelayEVENT | NostrRelayEOSE | NostrRelayCLOSED;

/** Whoever reads the messages of one relay of a request. */
export interface Listener {
  /** Takes a message. */
  readonly push: (message: RelayMessage) => void;
  /** Is aborted when nobody listens any longer. */
  readonly signal: AbortSignal;
  /** Lets go of the relay; the listener still gets events of other relays. */
  readonly end: () => void;
  /** Is aborted when the relay is let go, at the latest when nobody listens any longer. */
  readonly ended: AbortSignal;
}

/** Called as a request goes on. */
export interface RequestWatcher {
  /** Somebody listens. */
  readonly begun: () => void;
  /** The stored events are over. */
  readonly done: () => void;
  /** Nobody listens any longer. */
  readonly ended: () => void;
}

/** The listeners of one request, by relay index. */
export class RequestListeners {
  readonly #listeners = new Map<number, Listener>();
  /** One of them, who was found to listen. */
  #any?: Listener;

  /** How many there are. */
  get size(): number {
    return this.#listeners.size;
  }

  /** The relays that somebody listens to. */
  get relayIndexes(): number[] {
    return [...this.#listeners.keys()];
  }

  /** Somebody listens to a relay. */
  add(relayIndex: number, listener: Listener): void {
    this.#listeners.set(relayIndex, listener);
  }

  /** Nobody listens to a relay any longer. */
  delete(relayIndex: number): void {
    this.#listeners.delete(relayIndex);
    this.#any = undefined;
  }

  /** Hands an event to the listener of a relay, or else to any who still listens. */
  event(relayIndex: number, event: NostrEvent): void {
    const listener = this.#listeners.get(relayIndex);
    if (!listener || listener.signal.aborted) return this.eventOfAny(event);
    listener.push(["EVENT", SUBSCRIPTION_ID, event]);
  }

  /** Hands an event to any who still listens. */
  eventOfAny(event: NostrEvent): void {
    if (!this.#any || this.#any.signal.aborted) {
      this.#any = [...this.#listeners.values()].find(({ signal }) => !signal.aborted);
    }
    this.#any?.push(["EVENT", SUBSCRIPTION_ID, event]);
  }

  /** Sends the EOSE of a relay to its listener. */
  eose(relayIndex: number): void {
    this.#listeners.get(relayIndex)?.push(["EOSE", SUBSCRIPTION_ID]);
  }

  /** Lets go of a relay. */
  end(relayIndex: number): void {
    this.#listeners.get(relayIndex)?.end();
  }

  /** Lets go of all relays. */
  endAll(): void {
    for (const { end } of this.#listeners.values()) end();
  }
}

/**
 * The messages that a listener is pushed, until the signal is aborted, or `listen` has ended and they
 * are read.
 *
 * @param listen Pushes messages until `listening` is aborted: when nobody reads any longer, or by
 * `listen` itself.
 */
export function messagesOf(
  listen: (listening: AbortController, push: Listener["push"]) => Promise<void>,
  signal: AbortSignal,
): Reading<RelayMessage> {
  const queue = new AsyncQueue<RelayMessage>();
  return queue.read(signal, () => {
    const listening = new AbortController();
    const running = listen(listening, (message) => queue.push(message))
      .finally(() => queue.close());
    // Whoever reads hears of it at the end.
    void Promise.allSettled([running]);
    return async () => {
      listening.abort(signal.aborted ? signal.reason : undefined);
      await running;
    };
  });
}

/** What a listener is told when there is no more to come. */
export function closedMessage({ message }: Error): NostrRelayCLOSED {
  return ["CLOSED", SUBSCRIPTION_ID, `error: ${message}`];
}

/** `NPool` does not look at it. */
const SUBSCRIPTION_ID = "outbox";
