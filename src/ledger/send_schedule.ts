/**
 * What is to be offered to which relay, and when. Pure: every method is given the time.
 *
 * Each relay has a lane. A relay that could not be reached is tried with one event at a time, after
 * pauses that count for all of its events: however many wait for it, they cost one attempt. A relay
 * that has answered gets many at once.
 *
 * @module
 */

import { BACKOFFS, waitMs } from "../relays/backoff.ts";
import { MAX_PROBES } from "./max_probes.ts";

/** An event for a relay. */
export interface ScheduledOffer {
  readonly relay: string;
  /** The id of the event. */
  readonly id: string;
  /** When it may be offered, in milliseconds since 1970. */
  readonly at: number;
  /** Whether it goes before others. */
  readonly isUrgent?: boolean;
  /** What versions of it share, of which one is offered at a time. */
  readonly address?: string;
}

/** Most events that one relay is offered at once. */
const MAX_IN_FLIGHT = 20;

/** The state of one relay. */
class Lane {
  /** What may be offered: urgent ones, and then all others, each in order. */
  readonly ready: [Map<string, ScheduledOffer>, Map<string, ScheduledOffer>] = [
    new Map(),
    new Map(),
  ];
  /** What is offered later, and a time before which none of it is. */
  readonly later = new Map<string, ScheduledOffer>();
  laterAt = Infinity;
  readonly inFlight = new Map<string, string | undefined>();
  /** What waits until another version of it was offered. */
  readonly held = new Map<string, ScheduledOffer>();
  /** Whether the relay has answered, and not failed since. */
  isProven = false;
  /** Failures in a row, when the last was, and when the relay is tried again. */
  failures = 0;
  failedAt = 0;
  pausedUntil = 0;

  get isEmpty(): boolean {
    const { held, inFlight, later, ready: [urgent, others] } = this;
    return urgent.size + others.size + later.size + inFlight.size + held.size === 0;
  }

  get isProbing(): boolean {
    return this.failures > 0 && this.inFlight.size > 0;
  }

  get isFull(): boolean {
    return this.inFlight.size >= (this.isProven ? MAX_IN_FLIGHT : 1);
  }

  put(offer: ScheduledOffer, now: number): void {
    this.delete(offer.id);
    if (offer.at > now) {
      this.later.set(offer.id, offer);
      this.laterAt = Math.min(this.laterAt, offer.at);
    } else this.ready[offer.isUrgent ? 0 : 1].set(offer.id, offer);
  }

  delete(id: string): void {
    for (const offers of [...this.ready, this.later, this.held]) offers.delete(id);
    if (this.later.size === 0) this.laterAt = Infinity;
  }

  /** When something can be offered; `Infinity` if only the end of an offer brings that. */
  get nextAt(): number {
    if (this.isFull) return Infinity;
    const [urgent, others] = this.ready;
    const at = urgent.size + others.size > 0 ? 0 : this.laterAt;
    return Math.max(at, this.pausedUntil);
  }

  /** Takes what may be offered now into a list; returns whether there is anything. */
  offer(now: number, due: ScheduledOffer[]): boolean {
    const offer = this.take(now);
    if (offer) due.push(offer);
    return offer !== undefined;
  }

  /** Takes what may be offered now; `undefined` if nothing may. */
  take(now: number): ScheduledOffer | undefined {
    this.#ripen(now);
    for (const offers of this.ready) {
      for (const offer of offers.values()) {
        offers.delete(offer.id);
        if (offer.address !== undefined && [...this.inFlight.values()].includes(offer.address)) {
          this.held.set(offer.id, offer);
          continue;
        }
        this.inFlight.set(offer.id, offer.address);
        return offer;
      }
    }
  }

  #ripen(now: number): void {
    if (this.laterAt > now) return;
    this.laterAt = Infinity;
    for (const offer of [...this.later.values()]) {
      if (offer.at <= now) this.put(offer, now);
      else this.laterAt = Math.min(this.laterAt, offer.at);
    }
  }
}

/** All that is still to be offered. */
export class SendSchedule {
  readonly #lanes = new Map<string, Lane>();
  readonly #random: () => number;

  /** @param random Random numbers in [0, 1), for the jitter of pauses. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Adds an event for a relay, or changes when it is offered. Does nothing while it is offered. */
  put(offer: ScheduledOffer, now: number): void {
    const lane = this.#lane(offer.relay);
    if (!lane.inFlight.has(offer.id)) lane.put(offer, now);
  }

  /** Removes an event for a relay; an offer under way goes on. */
  remove(relay: string, id: string): void {
    const lane = this.#lanes.get(relay);
    lane?.delete(id);
    this.#forget(relay, lane);
  }

  /** Takes all that is to be offered now, and counts it as under way. */
  due(now: number): ScheduledOffer[] {
    const due: ScheduledOffer[] = [];
    const failing: Lane[] = [];
    let probes = 0;
    for (const lane of this.#lanes.values()) {
      if (lane.isProbing) probes++;
      if (lane.failures > 0) failing.push(lane);
      else while (lane.nextAt <= now && lane.offer(now, due));
    }
    // Whichever waits longest is first: else those behind would never have their turn.
    failing.sort((a, b) => a.pausedUntil - b.pausedUntil);
    for (const lane of failing) {
      if (probes >= MAX_PROBES) break;
      if (lane.nextAt <= now && lane.offer(now, due)) probes++;
    }
    return due;
  }

  /** Counts an event as under way that others offer. */
  started(relay: string, id: string, address?: string): void {
    const lane = this.#lane(relay);
    lane.delete(id);
    lane.inFlight.set(id, address);
  }

  /**
   * An offer ended: the relay answered, or it could not be reached. Call {@link tidy} once what
   * follows from that is put.
   */
  ended(relay: string, id: string, hasAnswered: boolean, now: number): void {
    const lane = this.#lane(relay);
    lane.inFlight.delete(id);
    for (const offer of [...lane.held.values()]) lane.put(offer, now);
    if (hasAnswered) {
      lane.isProven = true;
      lane.failures = 0;
      lane.pausedUntil = 0;
    } else {
      lane.isProven = false;
      // Offers that were under way together failed for one cause.
      if (lane.failures > 0 && now < lane.pausedUntil) return;
      lane.failures++;
      lane.failedAt = now;
      lane.pausedUntil = now + waitMs(BACKOFFS.unreachedByEvent, lane.failures, this.#random);
    }
  }

  /** Forgets a relay for which nothing is left. */
  tidy(relay: string): void {
    this.#forget(relay, this.#lanes.get(relay));
  }

  /** A relay wants to be left alone until a time. */
  pause(relay: string, until: number): void {
    const lane = this.#lane(relay);
    lane.pausedUntil = Math.max(lane.pausedUntil, until);
  }

  /** A relay is connected: what waits for it may be offered. */
  connected(relay: string): void {
    const lane = this.#lanes.get(relay);
    if (!lane || lane.failures === 0) return;
    lane.pausedUntil = 0;
  }

  /** When something is to be offered next, in milliseconds since 1970; `Infinity` for never. */
  nextAt(): number {
    let next = Infinity;
    let probes = 0;
    for (const lane of this.#lanes.values()) if (lane.isProbing) probes++;
    for (const lane of this.#lanes.values()) {
      if (lane.failures > 0 && probes >= MAX_PROBES) continue;
      next = Math.min(next, lane.nextAt);
    }
    return next;
  }

  /** Until when all of a relay's events wait; 0 if they do not. */
  pausedUntil(relay: string): number {
    return this.#lanes.get(relay)?.pausedUntil ?? 0;
  }

  /** When a relay last could not be reached, if it has not answered since; else 0. */
  failedAt(relay: string): number {
    const lane = this.#lanes.get(relay);
    return lane && lane.failures > 0 ? lane.failedAt : 0;
  }

  #lane(relay: string): Lane {
    let lane = this.#lanes.get(relay);
    if (!lane) this.#lanes.set(relay, lane = new Lane());
    return lane;
  }

  #forget(relay: string, lane?: Lane): void {
    if (lane?.isEmpty) this.#lanes.delete(relay);
  }
}
