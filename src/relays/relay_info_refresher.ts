/**
 * Learns relays' limits from their descriptions (NIP-11), in the background and at most once a
 * week.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { Semaphore } from "../base/semaphore.ts";
import { BACKOFFS } from "./backoff.ts";
import { fetchRelayInfo } from "./relay_info.ts";
import type { RelayMemory } from "./relay_memory.ts";

/** Dependencies of a {@link RelayInfoRefresher}. */
export interface RelayInfoRefresherOptions {
  readonly clock: Clock;
  readonly memory: RelayMemory;
  readonly fetch: typeof fetch;
  /** How long fetching one description may take, in milliseconds. */
  readonly timeout: number;
  /** Whether the user has blocked a relay, whose description is then not fetched. */
  readonly isBlocked?: (url: string) => boolean;
}

/** Descriptions fetched at once. */
const MAX_CONCURRENT_FETCHES = 4;

/** Fetches each relay's description at most once a week. */
export class RelayInfoRefresher {
  readonly #options: RelayInfoRefresherOptions;
  readonly #semaphore = new Semaphore(MAX_CONCURRENT_FETCHES);
  readonly #pending = new Set<string>();
  readonly #closing = new AbortController();

  constructor(options: RelayInfoRefresherOptions) {
    this.#options = options;
  }

  /** Call it when a relay has been connected: its limits are of use soon. */
  connected(url: string): void {
    const { clock, memory } = this.#options;
    const infoAt = memory.record(url)?.infoAt ?? 0;
    if (this.#pending.has(url) || Math.abs(clock.now() - infoAt) < BACKOFFS.relayInfo.firstMs) {
      return;
    }
    this.#pending.add(url);
    this.#refresh(url).finally(() => this.#pending.delete(url));
  }

  /** Ends all fetches. */
  close(): void {
    this.#closing.abort();
  }

  async #refresh(url: string): Promise<void> {
    const { signal } = this.#closing;
    if (signal.aborted) return;
    const release = await this.#semaphore.acquire(0, signal).catch(() => () => {});
    try {
      if (signal.aborted || this.#options.isBlocked?.(url)) return;
      const { limits } = await fetchRelayInfo(url, { ...this.#options, signal });
      // A relay without a description is not asked again before a week has passed either.
      if (!signal.aborted) this.#options.memory.informed(url, limits ?? {});
    } finally {
      release();
    }
  }
}
