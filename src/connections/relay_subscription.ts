/**
 * One REQ on one connection, and all that its answer may do.
 *
 * @module
 */

import type { NostrEvent, NostrFilter, NRelay } from "@nostrify/types";
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/message_of.ts";
import { RateMeter } from "../base/rate_meter.ts";
import { RelayFailureError } from "../nostr/errors.ts";
import { failureOf } from "../relays/relay_replies.ts";

/** Who asked. */
export interface SubscriptionListener {
  /** An event came. It may not be one that was asked for. */
  readonly event: (event: NostrEvent) => void;
  /** The stored events are over. */
  readonly eose: () => void;
  /** It is over, and not because it was closed here. */
  readonly end: (error: RelayFailureError) => void;
}

/** What the session wants to know besides. */
interface ConnectionListener extends SubscriptionListener {
  readonly message: () => void;
  readonly verify: (event: NostrEvent) => boolean;
  readonly over: () => void;
  readonly flood: (error: RelayFailureError) => void;
}

/** Most stored events that a filter without a smaller `limit` may be answered with. */
const MOST_STORED = 10_000;
/** Events in an answer that were not asked for after which a relay is not listened to. */
const MOST_UNASKED = 100;
/** Most events that may come in a minute once the stored ones are over. */
const MOST_LIVE = 20_000;

/** A subscription, from its REQ to its CLOSE. */
export class RelaySubscription {
  /** What was asked. */
  readonly filters: NostrFilter[];
  /** Its id on the wire, where that is known. */
  id?: string;
  /** What the relay's last CLOSED for it says. */
  reasonText?: string;
  readonly #url: string;
  readonly #listener: ConnectionListener;
  readonly #controller = new AbortController();
  readonly #live: RateMeter;
  /** How many more stored events may come. */
  #left: number;
  /** Whether events are counted on the wire already. */
  #isTapped = false;
  /** Events on the wire, and those of them that were handed on: `NRelay1` drops what was not asked for. */
  #onWire = 0;
  #handedOn = 0;
  /** How many there were on the wire when the stored ones were over there. */
  #storedOnWire = 0;
  #isStored = true;
  #isOver = false;

  constructor(url: string, filters: NostrFilter[], clock: Clock, listener: ConnectionListener) {
    this.#url = url;
    this.filters = filters;
    this.#listener = listener;
    this.#live = new RateMeter(clock, MOST_LIVE);
    this.#left = filters.reduce(
      (sum, { limit = MOST_STORED }) => sum + Math.min(limit, MOST_STORED),
      MOST_STORED,
    );
  }

  /** Sends it. */
  start(relay: NRelay): void {
    this.#listen(relay).then(
      () => {
        // chorus ends an answer so that cannot go on, as to a filter of ids.
        if (this.reasonText === "") this.#eose();
        this.end(this.#closed());
      },
      (cause: unknown) => {
        const detail = messageOf(cause);
        this.end(
          cause instanceof RelayFailureError
            ? cause
            : new RelayFailureError(this.#url, "disconnected", detail, { cause }),
        );
      },
    );
  }

  /** Closes it; the listener hears nothing more. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.over();
    this.#controller.abort();
  }

  /** Ends it from the other side. */
  end(error: RelayFailureError): void {
    if (this.#isOver) return;
    this.close();
    this.#listener.end(error);
  }

  /** Counts an event on the wire, wanted or not. */
  countOnWire(): void {
    this.#isTapped = true;
    this.#onWire++;
    this.#count();
  }

  /** The stored events are over on the wire; some may be on their way here still. */
  endOnWire(): void {
    if (this.#storedOnWire === 0) this.#storedOnWire = this.#onWire;
  }

  #count(): void {
    const isFlood = this.#isStored ? --this.#left < 0 : !this.#live.count();
    if (!isFlood) return;
    const detail = this.#isStored
      ? "more events than any answer may hold"
      : `more than ${MOST_LIVE} events a minute`;
    this.#listener.flood(new RelayFailureError(this.#url, "flood", detail));
  }

  async #listen(relay: NRelay): Promise<void> {
    const { signal } = this.#controller;
    for await (const message of relay.req(this.filters, { signal })) {
      if (this.#isOver) return;
      this.#listener.message();
      if (message[0] === "EVENT") this.#event(message[2]);
      else if (message[0] === "EOSE") this.#eose();
      else if (message[0] === "CLOSED") {
        this.reasonText = message[2];
        return;
      }
    }
  }

  #eose(): void {
    if (!this.#isStored || this.#isOver) return;
    this.#isStored = false;
    const dropped = this.#storedOnWire - this.#handedOn;
    if (dropped < MOST_UNASKED) return this.#listener.eose();
    const detail = `${dropped} events that were not asked for, or are forged`;
    this.#listener.flood(new RelayFailureError(this.#url, "junk", detail));
  }

  #event(event: NostrEvent): void {
    this.#handedOn++;
    if (!this.#isTapped) this.#count();
    if (!this.#isOver && this.#listener.verify(event)) this.#listener.event(event);
  }

  #closed(): RelayFailureError {
    const words = this.reasonText ?? "the relay ended the subscription";
    return new RelayFailureError(this.#url, failureOf(words), words);
  }
}
