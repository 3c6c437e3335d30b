/**
 * Who listens to a request: where its events go, and who has been told that the stored
 * ones are over.
 *
 * @module
 */

import type {
  NostrEvent,
  NostrRelayCLOSED,
  NostrRelayEOSE,
  NostrRelayEVENT,
} from "@nostrify/types";

/** What relays say of a subscription. */
export type RelayMessage = NostrRelayEVENT | NostrRelayEOSE | NostrRelayCLOSED;

/** Where the messages of one leg go. */
export interface Listener {
  readonly push: (message: RelayMessage) => void;
  /** When nobody listens any longer. */
  readonly signal: AbortSignal;
  /** Ends the leg. */
  readonly end: () => void;
  /** When the leg ends: not after nobody listens any longer. */
  readonly ended: AbortSignal;
}

/** The listeners of one request, by place. */
export class RequestListeners {
  readonly #listeners = new Map<number, Listener>();
  /** The places whose EOSE is out. */
  readonly #said = new Set<number>();

  /** How many there are. */
  get size(): number {
    return this.#listeners.size;
  }

  /** Somebody listens at a place. */
  add(place: number, listener: Listener): void {
    this.#listeners.set(place, listener);
  }

  /** Nobody listens at a place any longer. */
  delete(place: number): void {
    this.#listeners.delete(place);
  }

  /** A place that has not been told that the stored events are over; if there is none, any. */
  get waiting(): number | undefined {
    const places = [...this.#listeners.keys()];
    return places.find((place) => !this.#said.has(place)) ?? places[0];
  }

  /** Hands an event to whoever listens at a place, or else to anybody. */
  event(place: number, event: NostrEvent): void {
    let listener = this.#listeners.get(place);
    if (!listener || listener.signal.aborted) {
      listener = [...this.#listeners.values()].find(({ signal }) => !signal.aborted);
    }
    listener?.push(["EVENT", SUBSCRIPTION, event]);
  }

  /** Tells a place, once, that the stored events are over. */
  eose(place: number): void {
    if (this.#said.has(place)) return;
    this.#said.add(place);
    this.#listeners.get(place)?.push(["EOSE", SUBSCRIPTION]);
  }

  /** Tells every place. */
  eoseToAll(): void {
    for (const place of this.#listeners.keys()) this.eose(place);
  }

  /** Ends the leg of a place. */
  end(place: number): void {
    this.#listeners.get(place)?.end();
  }

  /** Ends all legs. */
  endAll(): void {
    for (const { end } of this.#listeners.values()) end();
  }
}

/** `NPool` does not look at it. */
const SUBSCRIPTION = "outbox";
