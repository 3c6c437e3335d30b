/**
 * A relay as `NPool` sees it: it never hangs, never throws out of turn, and says
 * EOSE when there is no more to wait for.
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
  /** Told of each event that the relay took. */
  readonly onPublished?: (event: NostrEvent, url: string) => void;
}

/** A relay under supervision; what `createOutbox().open()` returns. */
export class SupervisedRelay implements NRelay {
  #known: RelayConnector;
  #isClosed = false;
  readonly #supervisor: Supervisor;
  readonly #options: RelayOptions;
  readonly #pool: NPool;

  /** Nothing is connected before it is used. */
  constructor(link: RelayConnector, supervisor: Supervisor, options: RelayOptions) {
    this.#known = link;
    this.#supervisor = supervisor;
    this.#options = options;
    const { url } = link;
    this.#pool = new NPool({
      open: () => this,
      reqRouter: (filters) => new Map([[url, filters]]),
      eventRouter: () => [url],
      eoseTimeout: 0,
    });
  }

  /** The link; another one if that was forgotten while nobody used it. */
  get #link(): RelayConnector {
    const link = this.#known;
    if (link.isClosed && !this.#isClosed) this.#known = this.#supervisor.connector(link.url);
    return this.#known;
  }

  /**
   * Stored events, an EOSE once there are no more to be waited for, then new events
   * until the signal is aborted. Never throws for what the relay does.
   */
  req(
    filters: NostrFilter[],
    { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<RelayMessage, void> {
    const link = this.#link;
    const { request, relayIndex } = this.#supervisor.take(filters, link.url);
    return request.join(relayIndex, link, filters, signal);
  }

  /** Stored events, newest first, as `NPool.query()` gives them. */
  query(filters: NostrFilter[], opts: { signal?: AbortSignal } = {}): Promise<NostrEvent[]> {
    return this.#pool.query(filters, opts);
  }

  /**
   * Publishes an event; resolves once the relay has said that it took it.
   *
   * @throws {RelayFailureError} If it did not.
   */
  event(
    event: NostrEvent,
    { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
  ): Promise<void> {
    const link = this.#link;
    const publishing = publishToRelay(event, link, this.#options, signal)
      .then(() => this.#options.onPublished?.(event, link.url));
    link.track(publishing);
    return publishing;
  }

  /**
   * Closes the connections to this relay, for good. Events under way have three seconds
   * to be published.
   */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#known.close();
  }

  /** The same as {@link SupervisedRelay.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
