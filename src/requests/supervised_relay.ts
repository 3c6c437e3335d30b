/**
 * A relay as `NPool` sees it: it never hangs, never throws out of turn, and sends EOSE
 * when there is no more to wait for.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter, NRelay } from "@nostrify/types";
import { publishToRelay } from "../connections/publish_to_relay.ts";
import type { RelayConnector } from "../connections/relay_connector.ts";
import type { RelayRequestOptions } from "../connections/relay_request.ts";
import type { RelayMessage } from "./request_listeners.ts";
import type { Supervisor } from "./supervisor.ts";

/** What a relay under supervision needs. */
export interface RelayOptions extends RelayRequestOptions {
  /** Called with each event that the relay accepted. */
  readonly onPublished?: (event: NostrEvent, url: string) => void;
}

/** A relay under supervision; what `createOutbox().open()` returns. */
export class SupervisedRelay implements NRelay {
  #latest: RelayConnector;
  #isClosed = false;
  readonly #supervisor: Supervisor;
  readonly #options: RelayOptions;
  readonly #pool: NPool;

  /** Nothing is connected before it is used. */
  constructor(connector: RelayConnector, supervisor: Supervisor, options: RelayOptions) {
    this.#latest = connector;
    this.#supervisor = supervisor;
    this.#options = options;
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
    if (isClosed && !this.#isClosed) this.#latest = this.#supervisor.connector(url);
    return this.#latest;
  }

  /**
   * Stored events, an EOSE once there are no more to wait for, then new events
   * until the signal is aborted. Never throws for what the relay does.
   */
  req(
    filters: NostrFilter[],
    { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<RelayMessage, void> {
    const connector = this.#connector;
    const { request, relayIndex } = this.#supervisor.take(filters, connector.url);
    return request.join(relayIndex, connector, filters, signal);
  }

  /** Stored events, newest first, as `NPool.query()` gives them. */
  query(filters: NostrFilter[], opts: { signal?: AbortSignal } = {}): Promise<NostrEvent[]> {
    return this.#pool.query(filters, opts);
  }

  /**
   * Publishes an event; resolves once the relay has accepted it.
   *
   * @throws {RelayFailureError} If it does not.
   */
  event(
    event: NostrEvent,
    { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
  ): Promise<void> {
    const connector = this.#connector;
    const publishing = publishToRelay(event, connector, this.#options, signal)
      .then(() => this.#options.onPublished?.(event, connector.url));
    connector.track(publishing);
    return publishing;
  }

  /**
   * Closes the connections to this relay, for good. Events under way have three seconds
   * to be published.
   */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#latest.close();
  }

  /** The same as {@link SupervisedRelay.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
