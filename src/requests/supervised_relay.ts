/**
 * A relay as `NPool` sees it: it never hangs, never throws out of turn, and sends EOSE
 * when there is no more to wait for.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter, NRelay } from "@nostrify/types";
import type { Reading } from "../base/async_queue.ts";
import { Closing } from "../base/closing.ts";
import type { publishToRelay } from "../connections/publish_to_relay.ts";
import type { RelayConnector } from "../connections/relay_connector.ts";
import type { RelayRequestOptions } from "../connections/relay_request.ts";
import { unsendableFault } from "../nostr/check_event.ts";
import { exactFilters, invalidError } from "../nostr/exact_filters.ts";
import { matchesNothing } from "../nostr/filter_subjects.ts";
import {
  closedMessage,
  type Listener,
  messagesOf,
  type RelayMessage,
} from "./request_listeners.ts";
import type { Supervisor } from "./supervisor.ts";

/** What a relay under supervision needs. */
export interface RelayOptions extends RelayRequestOptions {
  /** Offers an event to a relay. */
  readonly publish: typeof publishToRelay;
  /** Called with each event that the relay accepted, and awaited. */
  readonly onPublished?: (event: NostrEvent, url: string) => unknown;
  /**
   * Called to offer an event that a caller publishes: it may do more before and after, and settles
   * as the offer does.
   * @default it offers the event, and nothing else
   */
  readonly carry?: (event: NostrEvent, url: string, offer: () => Promise<void>) => Promise<void>;
  /** Called with values that no event can match, in filters of no plan. */
  readonly onError?: (error: Error) => void;
  /** The end of the outbox. @default it never ends */
  readonly closing?: Closing;
}

/** A relay under supervision; what `createOutbox().open()` returns. */
export class SupervisedRelay implements NRelay {
  #latest: RelayConnector;
  /** The end of the pool, which closes its relays. */
  readonly #closing = new Closing();
  readonly #outboxClosing: Closing;
  readonly #supervisor: Supervisor;
  readonly #options: RelayOptions;
  readonly #pool: NPool;

  /** Nothing is connected before it is used. */
  constructor(connector: RelayConnector, supervisor: Supervisor, options: RelayOptions) {
    this.#latest = connector;
    this.#supervisor = supervisor;
    this.#options = options;
    this.#outboxClosing = options.closing ?? new Closing();
    const { url } = connector;
    this.#pool = new NPool({
      open: () => this,
      reqRouter: (filters) => new Map([[url, filters]]),
      eventRouter: () => [url],
      eoseTimeout: 0,
    });
  }

  /** The connector; another one if it was forgotten while nobody used it. */
  get #connector(): RelayConnector {
    const { isClosed, url } = this.#latest;
    if (isClosed && !this.#closing.isClosed) this.#latest = this.#supervisor.connector(url);
    return this.#latest;
  }

  /**
   * Stored events, an EOSE once there are no more to wait for, then new events until the signal
   * is aborted. Never throws for what the relay does. If the pool or the outbox is closed, now
   * or later, it says CLOSED and ends.
   */
  req(
    filters: NostrFilter[],
    { signal = NEVER }: { signal?: AbortSignal } = {},
  ): Reading<RelayMessage> {
    return messagesOf((listening, push) => this.#listen(filters, listening, push), signal);
  }

  /** Pushes what belongs to a request, until that is given up or the pool or the outbox is closed. */
  async #listen(
    filters: readonly NostrFilter[],
    listening: AbortController,
    push: Listener["push"],
  ): Promise<void> {
    const refusal = this.#refusal("send a request");
    if (refusal) return push(closedMessage(refusal));
    const connector = this.#connector;
    const exact = this.#exact(filters);
    if (exact instanceof Error) return push(closedMessage(exact));
    const { request, relayIndex } = this.#supervisor.take(exact, connector.url);
    const end = () => listening.abort();
    const releases = [this.#closing.onClose(end), this.#outboxClosing.onClose(end)];
    try {
      await request.listen(relayIndex, connector, exact, listening.signal, push);
    } finally {
      for (const release of releases) release();
    }
    push(closedMessage(new Error("the pool or the outbox was closed")));
  }

  /**
   * Stored events, newest first, as `NPool.query()` gives them.
   *
   * @throws {Error} If the pool or the outbox is closed.
   */
  async query(filters: NostrFilter[], opts: { signal?: AbortSignal } = {}): Promise<NostrEvent[]> {
    const refusal = this.#refusal("send a request");
    if (refusal) throw refusal;
    return await this.#pool.query(filters, opts);
  }

  /**
   * Publishes an event; resolves once the relay has accepted it.
   *
   * @throws {RelayFailureError} If it does not.
   * @throws {TypeError} If the event is malformed or not signed.
   * @throws {Error} If the pool or the outbox is closed.
   */
  async event(
    event: NostrEvent,
    { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
  ): Promise<void> {
    const refusal = this.#refusal("publish an event");
    if (refusal) throw refusal;
    const fault = unsendableFault(event);
    if (fault !== undefined) throw new TypeError(`Cannot publish an event: ${fault}`);
    const connector = this.#connector;
    const { carry, onPublished, publish } = this.#options;
    const offer = async () => {
      await publish(event, connector, this.#options, signal);
      await onPublished?.(event, connector.url);
    };
    const publishing = carry ? carry(event, connector.url, offer) : offer();
    connector.track(publishing);
    await publishing;
  }

  /**
   * Filters without values that no event can match, if they are of no plan, which has none. An
   * error if nothing else is left.
   */
  #exact(given: readonly NostrFilter[]): readonly NostrFilter[] | TypeError {
    if (this.#supervisor.isPlanned(given)) return given;
    const { filters, invalid } = exactFilters(given);
    if (invalid.length === 0) return given;
    const rest = filters.filter((filter) => !matchesNothing(filter));
    const action = rest.length > 0 ? "request some of what a filter names" : "send a request";
    const error = invalidError(action, invalid);
    this.#options.onError?.(error);
    return rest.length > 0 ? rest : error;
  }

  /** The error of what comes after the pool or the outbox was closed. */
  #refusal(action: string): Error | undefined {
    if (this.#outboxClosing.isClosed) return this.#outboxClosing.error(action, "outbox");
    return this.#closing.isClosed ? this.#outboxClosing.error(action, "pool") : undefined;
  }

  /**
   * Closes the connections to this relay, for good: its requests end. Events under way have
   * three seconds to be published.
   */
  async close(): Promise<void> {
    this.#closing.close();
    const { url } = this.#latest;
    const isHere = (_: unknown, other: string) => other === url;
    await Promise.all([this.#latest.close(), this.#supervisor.endNamed(isHere)]);
  }

  /** The same as {@link SupervisedRelay.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A signal that nobody aborts. */
const NEVER = new AbortController().signal;
