/**
 * What is known of relays, from one request to the next, and over restarts.
 *
 * @module
 */

import { BoundedMap } from "../base/bounded_map.ts";
import type { Clock } from "../base/clock.ts";
import type { PersistentMap } from "../base/persistent_map.ts";
import type { RecordStore } from "../base/record_store.ts";
import type { RelayFailure } from "../nostr/types.ts";
import { BACKOFFS, maxWaitMs, waitMs } from "./backoff.ts";
import { type Incident, OutageDetector } from "./outage_detector.ts";
import { type Deadlines, deadlines } from "./relay_health.ts";
import { learnLimits, reportLimits } from "./relay_limits.ts";
import { type RelayRecord, UNKNOWN_RELAY } from "./relay_record.ts";
import { relayRecords } from "./relay_record_store.ts";
import { answered, connected, delivered, failed, isAnswer } from "./relay_record_updates.ts";
import type { ReportedLimits } from "./relay_replies.ts";
import { deliveryFactor, learn, relayWeight } from "./relay_weight.ts";

/** What a memory of relays is made of. */
export interface RelayMemoryOptions {
  readonly clock: Clock;
  /** Random numbers in [0, 1), for the jitter of back-offs. */
  readonly random: () => number;
  /** Where records survive a restart. Absent: nowhere. */
  readonly backend?: RecordStore;
  /** Told of what goes wrong with the backend; the memory goes on without. */
  readonly onError: (error: Error) => void;
  /** Most relays; those that were changed least recently are forgotten. @default 5_000 */
  readonly max?: number;
  /** Whether delivery counts in weights. @default true */
  readonly learning?: boolean;
}

/** Most relays, by default: all lists that one program reads name a few thousand. */
const MAX_RELAYS = 5_000;
/** How long what delivery contributes to weights stays the same, so that plans are stable. */
const DELIVERY_HOLD_MS = 3_600_000;
/** Reports that say the same again are taken down once in so many milliseconds. */
const REPORT_WRITE_INTERVAL_MS = 86_400_000;

const NO_LIMITS: ReportedLimits = Object.freeze({});

/**
 * A memory of relays.
 *
 * A failure counts only if another relay worked at about that time: where the network
 * is gone, no relay is to blame. Relays that cannot be used back off and come back by
 * themselves, and no weight is ever 0.
 */
export class RelayMemory {
  readonly #options: RelayMemoryOptions;
  readonly #records: PersistentMap<RelayRecord>;
  readonly #outages = new OutageDetector();
  /** What delivery contributes to weights in this hour. */
  readonly #deliveryFactors: BoundedMap<string, number>;
  readonly #startedAt: number;
  #hour = 0;

  /** Reads nothing before {@link RelayMemory.ready}. */
  constructor(options: RelayMemoryOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    const { max = MAX_RELAYS } = options;
    this.#records = relayRecords({ ...options, max });
    this.#deliveryFactors = new BoundedMap({ max });
  }

  /** Resolves once what was written before is read, or could not be. Never rejects. */
  ready(): Promise<void> {
    return this.#records.ready();
  }

  /** What is known of a relay. */
  record(url: string): RelayRecord | undefined {
    return this.#records.get(url);
  }

  /** What is known of the relays that were ever tried. */
  *entries(): Generator<[string, RelayRecord]> {
    for (const entry of this.#records.entries()) if (entry[1].attempts > 0) yield entry;
  }

  /** A connection stands, after so many milliseconds. */
  connected(url: string, ms: number): void {
    const now = this.#noteAlive(url);
    this.#change(url, (record) => connected(record, ms, now));
  }

  /** An answer came to its EOSE, so many milliseconds after it was asked for. */
  answered(url: string, ms: number): void {
    const now = this.#noteAlive(url);
    this.#change(url, (record) => answered(record, ms, now));
  }

  /** The deadline of an answer passed without an EOSE. Tell first what was delivered. */
  unanswered(url: string): void {
    const { hard } = this.deadlines(url);
    this.failed(url, "no-answer", this.#options.clock.now() - hard);
  }

  /** So many events came. */
  delivered(url: string, events: number): void {
    if (!(events > 0 && events < Infinity)) return;
    const now = this.#noteAlive(url);
    this.#change(url, (record) => delivered(record, events, now));
  }

  /**
   * Something failed.
   *
   * @param startedAt When what failed was begun, in milliseconds since 1970.
   */
  failed(url: string, failure: RelayFailure, startedAt: number): void {
    const failedAt = this.#options.clock.now();
    const begunAt = startedAt <= failedAt ? startedAt : failedAt;
    const incident = { url, failure, startedAt: begunAt, failedAt };
    if (isAnswer(failure)) this.#noteAlive(url);
    else if (!this.#outages.failed(incident)) return;
    this.#fail(incident);
  }

  /**
   * What one request showed of delivery.
   *
   * @param hits People's worth of events that others had and this relay had, too.
   * @param misses The same that it had not.
   */
  learned(url: string, hits: number, misses: number): void {
    if (!(hits >= 0 && misses >= 0 && hits + misses > 0 && hits + misses < Infinity)) return;
    const now = this.#options.clock.now();
    this.#change(url, (record) => ({ ...record, ...learn(record, hits, misses, now) }));
  }

  /** What a relay accepts and answers, as far as it is known. */
  limits(url: string): ReportedLimits {
    return this.#records.get(url)?.limits ?? NO_LIMITS;
  }

  /** Something was learned of a relay's limits by asking it. */
  learnLimits(url: string, lesson: ReportedLimits): void {
    this.#change(url, (record) => ({ ...record, limits: learnLimits(record.limits, lesson) }));
  }

  /** A relay's description of itself (NIP-11) was asked for; `{}` if there is none. */
  informed(url: string, told: ReportedLimits): void {
    const now = this.#options.clock.now();
    this.#change(url, (record) => {
      const limits = reportLimits(record.limits, told, record.infoAt === 0);
      return { ...record, limits, infoAt: now };
    });
  }

  /** How long to wait for a relay. */
  deadlines(url: string): Deadlines {
    return deadlines(this.#records.get(url));
  }

  /** When a relay may be connected to again, in milliseconds since 1970; 0 for at once. */
  retryAt(url: string): number {
    const now = this.#options.clock.now();
    // A clock that was set back must not keep anybody waiting for long.
    const retryAt = Math.min(
      this.#records.get(url)?.retryAt ?? 0,
      now + maxWaitMs(BACKOFFS.unusable),
    );
    const held = this.#outages.held(url);
    if (!held) return retryAt;
    const wait = waitMs(BACKOFFS.networkInDoubt, held.times, this.#options.random);
    return Math.max(retryAt, Math.min(held.failedAt, now) + wait);
  }

  /**
   * How much a relay counts when relays are chosen: above 0; 1 is an ordinary relay of
   * which nothing is known.
   */
  weight(url: string, isOpen: boolean): number {
    const record = this.#records.get(url);
    const delivery = record ? this.#delivery(url, record) : 1;
    return relayWeight({ record, now: this.#options.clock.now(), isOpen, delivery });
  }

  /** Monitors (NIP-66) want a relay's weight multiplied with this, in (0, 1]. */
  report(url: string, factor: number): void {
    if (!(factor > 0 && factor <= 1)) return;
    const record = this.#records.get(url);
    const { reports = 1, reportedAt = 0 } = record ?? {};
    const now = this.#options.clock.now();
    const isFresh = factor === 1 || Math.abs(now - reportedAt) < REPORT_WRITE_INTERVAL_MS;
    if (factor === reports && isFresh) return;
    // What others say drives out nothing that was seen here.
    if (!record && this.#records.isFull) return;
    this.#change(url, (record) => ({ ...record, reports: factor, reportedAt: now }));
  }

  /** Writes down what has changed. Never rejects. */
  flush(): Promise<void> {
    return this.#records.flush();
  }

  /** Writes down what has changed, for the last time. Never rejects. */
  close(): Promise<void> {
    return this.#records.close();
  }

  #noteAlive(url: string): number {
    const now = this.#options.clock.now();
    for (const incident of this.#outages.lives(url, now)) this.#fail(incident);
    return now;
  }

  #fail({ url, failure, startedAt, failedAt: now }: Incident): void {
    // A change may be made twice, and has to be the same.
    const dice = this.#options.random();
    this.#change(url, (record) => failed(record, failure, { startedAt, now }, () => dice));
  }

  #change(url: string, change: (record: RelayRecord) => RelayRecord): void {
    const isNew = !this.#records.get(url);
    this.#records.change(url, change, UNKNOWN_RELAY);
    // A new relay keeps its weight, or plans would change with its first answer.
    if (isNew && this.#records.get(url)) this.#deliveryFactors.set(url, 1);
  }

  /** What delivery contributes to a weight. All relays' contributions change once an hour. */
  #delivery(url: string, record: RelayRecord): number {
    const { clock, learning = true } = this.#options;
    if (!learning) return 1;
    const now = clock.now();
    const hour = Math.floor((now - this.#startedAt) / DELIVERY_HOLD_MS);
    if (hour !== this.#hour) this.#deliveryFactors.clear();
    this.#hour = hour;
    const held = this.#deliveryFactors.get(url);
    if (held !== undefined) return held;
    const factor = deliveryFactor(record, now);
    this.#deliveryFactors.set(url, factor);
    return factor;
  }
}
