/**
 * The relays of an open request and who is asked for there, and which of them is to be
 * preferred.
 *
 * @module
 */

import { hostOf } from "../nostr/relay_url.ts";
import type { Role } from "../nostr/types.ts";
import type { PlanSettings } from "../plan/plan_options.ts";

/** Somebody or something that a request asks for; the same object at all times. */
export interface LiveRow {
  /** Whose relays count; `open` for all filters that name neither people nor things. */
  readonly role: Role | "open";
  /** A pubkey, or the key of a thing; empty where the lane is `open`. */
  readonly subject: string;
}

/** What changed at one relay. */
export interface RouteChange {
  /** In normal form. */
  readonly url: string;
  /** What it is asked for from here on. */
  readonly gained: readonly LiveRow[];
  /** What it is asked for no longer. */
  readonly lost: readonly LiveRow[];
}

/** Where a plan asks for one row. */
export interface Seating extends LiveRow {
  /** The relays it is asked for on. */
  readonly urls: readonly string[];
}

/** The same, and where it is asked for. */
export interface Row extends LiveRow {
  /** Whether fallback relays are asked for want of another. */
  readonly hasStandIns: boolean;
  /** The usable relays of their own list. */
  list: Relay[];
  seats: Relay[];
  /** Whether the seats are relays of the list. */
  isOwn: boolean;
}

/** A relay, and what it is asked for. */
export interface Relay {
  readonly url: string;
  readonly host: string;
  weight: number;
  /** In how many rows' lists it is. */
  listed: number;
  /** The rows that it is asked for; where there are any, it is open. */
  readonly asked: Set<Row>;
  /** The rows that list it and have too few seats, while it is not open. */
  readonly wanted: Set<Row>;
  readonly gained: Set<Row>;
  readonly lost: Set<Row>;
}

/** The relays that are listed or asked, each one object. */
export class LiveRelays {
  readonly #settings: Pick<PlanSettings, "check" | "weight">;
  readonly #relays = new Map<string, Relay>();
  /** Those that may have come out of use. */
  readonly #idle = new Set<Relay>();

  /** There are none yet. */
  constructor(settings: Pick<PlanSettings, "check" | "weight">) {
    this.#settings = settings;
  }

  /** All of them. */
  all(): Iterable<Relay> {
    return this.#relays.values();
  }

  /** The relay at a URL in normal form. */
  get(url: string): Relay {
    const known = this.#relays.get(url);
    if (known) return known;
    const relay: Relay = {
      url,
      host: hostOf(url),
      weight: this.#settings.weight(url),
      listed: 0,
      asked: new Set(),
      wanted: new Set(),
      gained: new Set(),
      lost: new Set(),
    };
    this.#relays.set(url, relay);
    return relay;
  }

  /** The usable relays of a list, one of each host: the heaviest, then the shortest. */
  usable(urls: readonly string[]): Relay[] {
    const found: Relay[] = [];
    for (const value of urls) {
      const { url } = this.#settings.check(value);
      if (url === undefined) continue;
      const relay = this.get(url);
      this.#idle.add(relay);
      if (relay.weight === 0) continue;
      const twin = found.findIndex(({ host }) => host === relay.host);
      if (twin < 0) found.push(relay);
      else if (byWeight(relay, found[twin]) < 0) found[twin] = relay;
    }
    return found;
  }

  /** Weighs all anew. */
  weigh(): void {
    for (const relay of this.#relays.values()) relay.weight = this.#settings.weight(relay.url);
  }

  /** A relay may be of no use any longer. */
  release(relay: Relay): void {
    this.#idle.add(relay);
  }

  /** Forgets those that are of no use. */
  tidy(): void {
    for (const relay of this.#idle) {
      if (relay.listed === 0 && !isOpen(relay)) this.#relays.delete(relay.url);
    }
    this.#idle.clear();
  }
}

export function isOpen({ asked }: Relay): boolean {
  return asked.size > 0;
}

export function worthOf(seats: readonly Relay[]): number {
  return seats.map(({ weight }) => weight).sort((a, b) => b - a)
    .reduce((sum, weight, rank) => sum + weight / 2 ** rank, 0);
}

/** The heaviest first, then the shortest, then the smaller. */
export function byWeight(a: Relay, b: Relay): number {
  return b.weight - a.weight || a.url.length - b.url.length || (a.url < b.url ? -1 : 1);
}

/** The heaviest first; of equals those that somebody sits on, then those with most people. */
export function byWorthFor({ seats, isOwn }: Row): (a: Relay, b: Relay) => number {
  const isSeat = (relay: Relay) => Number(isOwn && seats.includes(relay));
  return (a, b) =>
    b.weight - a.weight || isSeat(b) - isSeat(a) || b.asked.size - a.asked.size || byWeight(a, b);
}

/** First those that would do most for people who have too few relays. */
export function byDemand(a: Relay, b: Relay): number {
  const demand = ({ weight, wanted }: Relay) => weight * (1 + wanted.size);
  return demand(b) - demand(a) || byWeight(a, b);
}
