/**
 * What is known of relays, from one request to the next and over restarts: one
 * {@link RelayRecord} per relay, and what follows from it for deadlines, back-off and weight.
 *
 * This room knows relays by what they did and said; it connects to none. The other files read
 * and change records (`relay_record_updates`, `relay_limits`), judge them (`relay_health`,
 * `relay_weight`, `backoff`), read what relays send (`relay_replies`), publish about themselves
 * (`relay_info`, NIP-11), and what monitors report (`monitor_reports`, NIP-66).
 *
 * @module
 */

import { BoundedMap } from "../base/bounded_map.ts";
import type { Clock } from "../base/clock.ts";
import type { PersistentMap } from "../base/persistent_map.ts";
import type { RecordStore } from "../base/record_store.ts";
import type { AnswerProof } from "../nostr/answer_proof.ts";
import type { RelayFailure } from "../nostr/relay_failure.ts";
import { BACKOFFS, maxWaitMs, outageWaitMs } from "./backoff.ts";
import { type Incident, OutageDetector } from "./outage_detector.ts";
import { type Deadlines, deadlines } from "./relay_health.ts";
import { learnLimits, reportLimits } from "./relay_limits.ts";
import { type RelayRecord, UNKNOWN_RELAY } from "./relay_record.ts";
import { relayRecords } from "./relay_record_store.ts";
import { answered, connected, delivered, failed, isAnswer } from "./relay_record_updates.ts";
import type { ReportedLimits } from "./relay_replies.ts";
import { deliveryFactor, learn, relayWeight } from "./relay_weight.ts";

/** Dependencies and settings of a {@link RelayMemory}. */
export interface RelayMemoryOptions {
  readonly clock: Clock;
  /** Random numbers in [0, 1), for the jitter of back-offs. */
  readonly random: () => number;
  /** Where records are kept over restarts; absent: nowhere. */
  readonly backend?: RecordStore;
  /** Called with what goes wrong with the backend; the memory goes on without it. */
  readonly onError: (error: Error) => void;
  /** Most relays; those changed least recently are forgotten. @default 5_000 */
  readonly max?: number;
  /**
   * Whether the program itself did not run for a while at any time after `since`, in milliseconds
   * since 1970: then no relay is to blame. @default it always ran
   */
  readonly hasStalledSince?: (since: number) => boolean;
  /** Whether delivery counts in weights. @default true */
  readonly learning?: boolean;
}

/** The default of `max`: all lists that one program reads name a few thousand relays. */
const MAX_RELAYS = 5_000;
/** How long what delivery contributes to weights stays the same, so that plans are stable. */
const DELIVERY_HOLD_MS = 3_600_000;
/** How often a report that says the same again is written. */
const REPORT_WRITE_INTERVAL_MS = 86_400_000;

const NO_LIMITS: ReportedLimits = Object.freeze({});

/**
 * A memory of relays.
 *
 * A failure counts only if another relay worked at about that time: if the network is down, no
 * relay is to blame. Relays that cannot be used back off and come back by themselves, and no weight
 * is ever 0.
 */
export class RelayMemory {
  readonly #options: RelayMemoryOptions;
  readonly #records: PersistentMap<RelayRecord>;
  readonly #outages = new OutageDetector();
  /** What delivery contributes to weights in this hour. */
  readonly #deliveryFactors: BoundedMap<string, number>;
  readonly #startedAt: number;
  #hour = 0;

  /** Reads nothing from the backend before {@link RelayMemory.ready}. */
  constructor(options: RelayMemoryOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    const { max = MAX_RELAYS } = options;
    this.#records = relayRecords({ ...options, max });
    this.#deliveryFactors = new BoundedMap({ max });
  }

  /** Resolves once the backend was read, or could not be. Never rejects. */
  ready(): Promise<void> {
    return this.#records.ready();
  }

  /** What is known of a relay; absent if nothing is. */
  record(url: string): RelayRecord | undefined {
    return this.#records.get(url);
  }

  /** The records of all relays that were ever tried. */
  *entries(): Generator<[string, RelayRecord]> {
    for (const entry of this.#records.entries()) if (entry[1].attempts > 0) yield entry;
  }

  /** A connection was opened after `ms` milliseconds; `undefined` if that is not known. */
  connected(url: string, ms?: number): void {
    const now = this.#noteAlive(url);
    this.#change(url, (record) => connected(record, ms, now));
  }

  /**
   * An answer came to its EOSE, `ms` milliseconds after it was requested; `undefined` if that is not
   * known.
   */
  answered(url: string, ms?: number, proof?: AnswerProof): void {
    const now = this.#noteAlive(url);
    this.#change(url, (record) => answered(record, ms, now, proof));
  }

  /** The hard deadline of an answer passed without an EOSE. Call `delivered` first. */
  unanswered(url: string): void {
    const { hard } = this.deadlines(url);
    this.failed(url, "no-answer", this.#options.clock.now() - hard);
  }

  /** Some events came. */
  delivered(url: string, events: number): void {
    if (!(events > 0 && events < Infinity)) return;
    const now = this.#noteAlive(url);
    this.#change(url, (record) => delivered(record, events, now));
  }

  /**
   * An operation failed.
   *
   * @param startedAt When the operation was begun, in milliseconds since 1970.
   */
  failed(url: string, failure: RelayFailure, startedAt: number): void {
    const failedAt = this.#options.clock.now();
    const begunAt = startedAt <= failedAt ? startedAt : failedAt;
    const incident = { url, failure, startedAt: begunAt, failedAt };
    if (isAnswer(failure)) this.#noteAlive(url);
    // A machine that was suspended has lost its connections, whatever the relays did.
    else if (this.#options.hasStalledSince?.(begunAt)) return;
    else if (!this.#outages.failed(incident)) return;
    this.#fail(incident);
  }

  /**
   * Learns what one request showed of delivery. All events of one subject count as 1.
   *
   * @param hits How much of what other relays delivered this relay delivered, too.
   * @param misses How much of it this relay did not deliver.
   */
  learned(url: string, hits: number, misses: number): void {
    if (!(hits >= 0 && misses >= 0 && hits + misses > 0 && hits + misses < Infinity)) return;
    const now = this.#options.clock.now();
    this.#change(url, (record) => ({ ...record, ...learn(record, hits, misses, now) }));
  }

  /** What a relay accepts, and where it cuts answers, as far as that is known. */
  limits(url: string): ReportedLimits {
    return this.#records.get(url)?.limits ?? NO_LIMITS;
  }

  /** A request showed a limit of a relay. */
  learnLimits(url: string, lesson: ReportedLimits): void {
    this.#change(url, (record) => ({ ...record, limits: learnLimits(record.limits, lesson) }));
  }

  /** A relay's description of itself (NIP-11) was requested; `{}` if there is none. */
  informed(url: string, described: ReportedLimits): void {
    const now = this.#options.clock.now();
    this.#change(url, (record) => {
      const limits = reportLimits(record.limits, described, record.infoAt === 0);
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
    // After a clock was set back, no wait may be longer than the longest back-off.
    const retryAt = Math.min(
      this.#records.get(url)?.retryAt ?? 0,
      now + maxWaitMs(BACKOFFS.unusable),
    );
    const held = this.#outages.held(url);
    if (!held) return retryAt;
    const { firstFailedAt, failedAt } = held;
    const { networkInDoubt } = BACKOFFS;
    const wait = outageWaitMs(networkInDoubt, failedAt - firstFailedAt, this.#options.random);
    return Math.max(retryAt, Math.min(failedAt, now) + wait);
  }

  /**
   * How much a relay counts when relays are chosen: above 0, and 1 for a relay of which nothing is
   * known.
   */
  weight(url: string, isOpen: boolean): number {
    const record = this.#records.get(url);
    const delivery = record ? this.#delivery(url, record) : 1;
    return relayWeight({ record, now: this.#options.clock.now(), isOpen, delivery });
  }

  /**
   * Takes the factor in (0, 1] for a relay's weight that follows from reports of monitors (NIP-66).
   */
  report(url: string, factor: number): void {
    if (!(factor > 0 && factor <= 1)) return;
    const record = this.#records.get(url);
    const { reports = 1, reportedAt = 0 } = record ?? {};
    const now = this.#options.clock.now();
    const isFresh = factor === 1 || Math.abs(now - reportedAt) < REPORT_WRITE_INTERVAL_MS;
    if (factor === reports && isFresh) return;
    // A report of others must not drive out a record of what was seen here.
    if (!record && this.#records.isFull) return;
    this.#change(url, (record) => ({ ...record, reports: factor, reportedAt: now }));
  }

  /** Writes what has changed to the backend. Never rejects. */
  flush(): Promise<void> {
    return this.#records.flush();
  }

  /** Writes what has changed to the backend, for the last time. Never rejects. */
  close(): Promise<void> {
    return this.#records.close();
  }

  /** A relay answered a probe: the network works, and failures of other relays count. */
  alive(url: string): void {
    this.#noteAlive(url);
  }

  #noteAlive(url: string): number {
    const now = this.#options.clock.now();
    for (const incident of this.#outages.lives(url, now)) this.#fail(incident);
    return now;
  }

  #fail({ url, failure, startedAt, failedAt: now }: Incident): void {
    // The change may be applied twice, and must be the same then.
    const random = this.#options.random();
    this.#change(url, (record) => failed(record, failure, { startedAt, now }, () => random));
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
