/**
 * One REQ on one connection, from REQ to CLOSE, within bounds on what may come.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/message_of.ts";
import { RateMeter } from "../base/rate_meter.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import type { RelayFailure } from "../nostr/relay_failure.ts";
import { type EoseHint, eoseHints } from "../nostr/relay_frame.ts";
import type { VerifyEvent } from "../nostr/verification_cache.ts";
import { failureOf } from "../relays/relay_replies.ts";
import type { ReadRelay } from "./relay_log_reader.ts";
import { VerifiedOrder } from "./verified_order.ts";

/** What a {@link RelaySubscription} reports to whoever opened it. */
export interface SubscriptionListener {
  /** An event came, which may not match the filters. */
  readonly event: (event: NostrEvent) => void;
  /** The stored events are over; `hints` is what the relay says of them besides (NIP-67). */
  readonly eose: (hints: readonly EoseHint[]) => void;
  /** The subscription is over, and not because it was closed from this side. */
  readonly end: (error: RelayFailureError) => void;
}

/** What it reports to its connection besides, and asks of it. */
interface ConnectionListener extends SubscriptionListener {
  readonly message: () => void;
  readonly verify: VerifyEvent;
  readonly over: () => void;
  readonly flood: (error: RelayFailureError) => void;
}

/** Most stored events for a filter without a smaller `limit`. */
const MAX_STORED_EVENTS = 10_000;
/** Most events per minute after the stored ones. */
const MAX_LIVE_EVENTS_PER_MINUTE = 20_000;

/** Failures with which nothing more of a relay is wanted, not even what it sent before. */
const CUTS: readonly RelayFailure[] = ["junk", "flood", "blocked-by-user"];

/** A subscription to one relay. */
export class RelaySubscription {
  /** The filters of the REQ. */
  readonly filters: NostrFilter[];
  /** The text of the CLOSED that ended it, or of the NOTICE that was about it. */
  reasonText?: string;
  /** How many subscriptions of its connection were open when it was sent, with itself. */
  place = 1;
  /** Whether any event has come. */
  hasEvents = false;
  readonly #url: string;
  readonly #listener: ConnectionListener;
  readonly #controller = new AbortController();
  readonly #liveEvents: RateMeter;
  /** How many more stored events may come before it is a flood. */
  #storedEventsLeft: number;
  #isStored = true;
  /** Whether its EOSE has come, be it that events before that wait to be verified. */
  #isAnswered = false;
  #isOver = false;
  /** Whether nothing more comes: it is over once what came is verified. */
  #isEnding = false;
  readonly #order: VerifiedOrder;

  constructor(url: string, filters: NostrFilter[], clock: Clock, listener: ConnectionListener) {
    this.#url = url;
    this.filters = filters;
    this.#listener = listener;
    this.#order = new VerifiedOrder({
      verify: listener.verify,
      onEvent: (event) => listener.event(event),
      onError: (cause) => this.#end(this.#disconnected(cause)),
    });
    this.#liveEvents = new RateMeter(clock, MAX_LIVE_EVENTS_PER_MINUTE);
    this.#storedEventsLeft = filters.reduce(
      (sum, { limit = MAX_STORED_EVENTS }) => sum + Math.min(limit, MAX_STORED_EVENTS),
      MAX_STORED_EVENTS,
    );
  }

  /** Sends the REQ. */
  start(relay: ReadRelay): void {
    this.#listen(relay).then(
      () => {
        // chorus ends an answer that is complete for good with an empty CLOSED, as to `ids`.
        if (this.reasonText === "") this.#order.then(() => this.#eose([]));
        this.end(this.#closedError());
      },
      (cause: unknown) => {
        this.end(cause instanceof RelayFailureError ? cause : this.#disconnected(cause));
      },
    );
  }

  /** Closes the subscription; the listener is not called any more. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#order.clear();
    this.#listener.over();
    this.#controller.abort();
  }

  /**
   * Ends the subscription from the other side, once what came before is verified; at once if the
   * relay floods or forges.
   */
  end(error: RelayFailureError): void {
    if (CUTS.includes(error.reason)) return this.#end(error);
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#order.then(() => this.#end(error));
  }

  /** Whether neither EOSE nor an end has come, so that the relay may still refuse it. */
  get isPending(): boolean {
    return !this.#isAnswered && !this.#isOver && !this.#isEnding;
  }

  /** Whether events wait to be verified. */
  get isVerifying(): boolean {
    return this.#order.isWaiting;
  }

  /** Resolves once what came so far is verified, and reported unless the subscription is over. */
  verified(): Promise<void> {
    return this.#order.settled();
  }

  #end(error: RelayFailureError): void {
    if (this.#isOver) return;
    this.close();
    this.#listener.end(error);
  }

  #disconnected(cause: unknown): RelayFailureError {
    return new RelayFailureError(this.#url, "disconnected", messageOf(cause), { cause });
  }

  #count(): void {
    const isFlood = this.#isStored ? --this.#storedEventsLeft < 0 : !this.#liveEvents.count();
    if (!isFlood) return;
    const detail = this.#isStored
      ? "more events than any answer may hold"
      : `more than ${MAX_LIVE_EVENTS_PER_MINUTE} events a minute`;
    this.#listener.flood(new RelayFailureError(this.#url, "flood", detail));
  }

  async #listen(relay: ReadRelay): Promise<void> {
    const { signal } = this.#controller;
    for await (const message of relay.req(this.filters, { signal })) {
      if (this.#isOver || this.#isEnding) return;
      this.#listener.message();
      if (message[0] === "EVENT") this.#event(message[2]);
      else if (message[0] === "EOSE") {
        this.#isAnswered = true;
        this.#order.then(() => this.#eose(eoseHints(message)));
      } else if (message[0] === "CLOSED") {
        this.reasonText = message[2];
        return;
      }
    }
  }

  #eose(hints: readonly EoseHint[]): void {
    if (!this.#isStored || this.#isOver) return;
    this.#isStored = false;
    this.#listener.eose(hints);
  }

  #event(event: NostrEvent): void {
    this.hasEvents = true;
    this.#count();
    if (!this.#isOver) this.#order.event(event);
  }

  #closedError(): RelayFailureError {
    const reasonText = this.reasonText ?? "the relay ended the subscription";
    return new RelayFailureError(this.#url, failureOf(reasonText), reasonText);
  }
}
