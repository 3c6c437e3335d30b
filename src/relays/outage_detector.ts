/**
 * Tells a relay that fails from a network that is down: a failure counts against a relay only if
 * another relay shows that the network works.
 *
 * @module
 */

import { BoundedMap } from "../base/bounded_map.ts";
import type { RelayFailure } from "../nostr/relay_failure.ts";

/** A failure of a relay. Times are milliseconds since 1970. */
export interface Incident {
  readonly url: string;
  readonly failure: RelayFailure;
  /** When the operation that failed was begun. */
  readonly startedAt: number;
  /** When it failed. */
  readonly failedAt: number;
}

/** The failures of one relay since any relay last worked. */
interface HeldFailures {
  /** The last failure. */
  readonly incident: Incident;
  /** When the operation that failed first was begun, in milliseconds since 1970. */
  readonly since: number;
  /** When that failed. */
  readonly firstFailedAt: number;
}

/** How long a failure is held until another relay works. */
const MAX_HOLD_MS = 60_000;
/** Most relays whose failures are held; those that failed longest ago go first. */
const MAX_HELD_RELAYS = 1_000;

/**
 * Holds failures until another relay shows that the network works. A failure counts if another
 * relay worked after the failed operation was begun, or within a minute after the failure.
 *
 * If that other relay had failed as well and works again, it shows that the network was down and is
 * back. Then all failures meanwhile were the network's.
 */
export class OutageDetector {
  /** The last relay that worked, and the last one before it. */
  #lastAlive = { url: "", at: -Infinity };
  #otherAlive = { url: "", at: -Infinity };
  readonly #held = new BoundedMap<string, HeldFailures>({ max: MAX_HELD_RELAYS });

  /** Takes a failure, and returns whether it counts at once; otherwise it is held. */
  failed(incident: Incident): boolean {
    const { url, startedAt, failedAt } = incident;
    const { at } = this.#lastAlive.url === url ? this.#otherAlive : this.#lastAlive;
    // A time after the failure shows that the clock was set back: then it says nothing.
    if (at >= startedAt && at <= failedAt) {
      this.#held.delete(url);
      return true;
    }
    const { since = startedAt, firstFailedAt = failedAt } = this.#held.get(url) ?? {};
    this.#held.set(url, { incident, since, firstFailedAt });
    return false;
  }

  /** A relay works. Returns the failures of other relays that count now. */
  lives(url: string, now: number): Incident[] {
    if (this.#lastAlive.url !== url) this.#otherAlive = this.#lastAlive;
    this.#lastAlive = { url, at: now };
    if (this.#held.size === 0) return [];
    const downSince = this.#held.get(url)?.since ?? Infinity;
    this.#held.delete(url);
    const others = [...this.#held.values()].map(({ incident }) => incident);
    this.#held.clear();
    return others.filter(({ failedAt }) =>
      failedAt < downSince && failedAt <= now && now - failedAt <= MAX_HOLD_MS
    );
  }

  /** When the first and the last held failure of a relay were; absent if none is held. */
  held(url: string): { readonly firstFailedAt: number; readonly failedAt: number } | undefined {
    const held = this.#held.get(url);
    return held && { firstFailedAt: held.firstFailedAt, failedAt: held.incident.failedAt };
  }
}
