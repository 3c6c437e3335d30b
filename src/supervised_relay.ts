/**
 * A relay as `NPool` sees it: it never hangs, never throws out of turn, and says
 * EOSE when there is no more to wait for.
 *
 * @module
 */

import { NPool } from "@nostrify/nostrify";
import type { NostrEvent, NostrFilter, NRelay } from "@nostrify/types";
import type { RelayMessage } from "./request_listeners.ts";
import { publish } from "./publish.ts";
import type { RelayLink } from "./relay_link.ts";
import type { Supervisor } from "./supervisor.ts";
import type { LegOptions } from "./relay_leg.ts";

/** What a relay under supervision needs. */
export interface RelayOptions extends LegOptions {
  /** Told of each event that the relay took. */
  readonly onPublished?: (event: NostrEvent, url: string) => void;
}

/** A relay under supervision; what `createOutbox().open()` returns. */
export class SupervisedRelay implements NRelay {
  readonly #link: RelayLink;
  readonly #supervisor: Supervisor;
  readonly #options: RelayOptions;
  readonly #pool: NPool;

  /** Nothing is connected before it is used. */
  constructor(link: RelayLink, supervisor: Supervisor, options: RelayOptions) {
    this.#link = link;
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

  /**
   * Stored events, an EOSE once there are no more to be waited for, then new events
   * until the signal is aborted. Never throws for what the relay does.
   */
  req(
    filters: NostrFilter[],
    { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<RelayMessage, void> {
    const { request, place } = this.#supervisor.take(filters, this.#link.url);
    return request.join(place, this.#link, filters, signal);
  }

  /** Stored events, newest first, as `NPool.query()` gives them. */
  query(filters: NostrFilter[], opts: { signal?: AbortSignal } = {}): Promise<NostrEvent[]> {
    return this.#pool.query(filters, opts);
  }

  /**
   * Publishes an event; resolves once the relay has said that it took it.
   *
   * @throws {RelayError} If it did not.
   */
  event(
    event: NostrEvent,
    { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
  ): Promise<void> {
    const { url } = this.#link;
    const publishing = publish(event, this.#link, this.#options, signal)
      .then(() => this.#options.onPublished?.(event, url));
    this.#link.track(publishing);
    return publishing;
  }

  /**
   * Closes the connections to this relay, for good. Events under way have three seconds
   * to be published.
   */
  close(): Promise<void> {
    return this.#link.close();
  }

  /** The same as {@link SupervisedRelay.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
