/**
 * Tells a relay that fails from a network that is gone: only relays that work bear
 * witness against one that does not.
 *
 * @module
 */

import type { RelayFailure } from "../nostr/types.ts";

/** Something failed at a relay. Times are milliseconds since 1970. */
export interface Incident {
  readonly url: string;
  readonly failure: RelayFailure;
  /** When what failed was begun. */
  readonly startedAt: number;
  /** When it failed. */
  readonly failedAt: number;
}

/** All failures of a relay since any relay showed life. */
interface HeldFailures {
  /** The last of them. */
  readonly incident: Incident;
  /** When the first was begun. */
  readonly since: number;
  readonly times: number;
}

/** How long it may take until another relay shows life, in milliseconds. */
const MAX_HOLD_MS = 60_000;
/** Most relays whose failures are held. */
const MAX_HELD_RELAYS = 1_000;

/**
 * Holds failures until another relay shows that the network is there. A failure
 * counts if another did so after what failed was begun, or within a minute of it.
 *
 * Where the other one had failed as well, and works again, it shows something else:
 * that the network is back. Then all failures meanwhile were the network's.
 */
export class OutageDetector {
  /** The last relay that showed life, and the last but it. */
  #lastAlive = { url: "", at: -Infinity };
  #otherAlive = { url: "", at: -Infinity };
  readonly #held = new Map<string, HeldFailures>();

  /** Whether a failure counts at once; otherwise it is held. */
  failed(incident: Incident): boolean {
    const { url, startedAt, failedAt } = incident;
    const { at } = this.#lastAlive.url === url ? this.#otherAlive : this.#lastAlive;
    // Later than now: the clock was set back, and nobody knows.
    if (at >= startedAt && at <= failedAt) {
      this.#held.delete(url);
      return true;
    }
    const { since = startedAt, times = 0 } = this.#held.get(url) ?? {};
    this.#held.delete(url);
    this.#held.set(url, { incident, since, times: times + 1 });
    if (this.#held.size > MAX_HELD_RELAYS) this.#held.delete(this.#held.keys().next().value!);
    return false;
  }

  /** A relay shows life; the failures of others that count now. */
  lives(url: string, now: number): Incident[] {
    if (this.#lastAlive.url !== url) this.#otherAlive = this.#lastAlive;
    this.#lastAlive = { url, at: now };
    if (this.#held.size === 0) return [];
    const goneSince = this.#held.get(url)?.since ?? Infinity;
    this.#held.delete(url);
    const others = [...this.#held.values()].map(({ incident }) => incident);
    this.#held.clear();
    return others.filter(({ failedAt }) =>
      failedAt < goneSince && failedAt <= now && now - failedAt <= MAX_HOLD_MS
    );
  }

  /** How often a relay failed for all we know, and when last; absent if nothing is held. */
  held(url: string): { readonly times: number; readonly failedAt: number } | undefined {
    const held = this.#held.get(url);
    return held && { times: held.times, failedAt: held.incident.failedAt };
  }
}
