/**
 * Arbitrary records of relays, and a record store that a test controls.
 *
 * @module
 */

import fc from "fast-check";
import type { RecordStore, RecordTopic } from "../../src/base/record_store.ts";
import { ANSWER_PROOFS } from "../../src/nostr/answer_proof.ts";
import type { RelayFailure } from "../../src/nostr/relay_failure.ts";
import { type RelayRecord, UNKNOWN_RELAY } from "../../src/relays/relay_record.ts";
import { PREFIXES } from "../../testing/faults/refusals.ts";
import { START } from "../../testing/test_clock.ts";

/** A relay. */
export const A = "wss://a.example/";
/** Another. */
export const B = "wss://b.example/";
/** A third. */
export const C = "wss://c.example/";

/** When tests begin, in milliseconds since 1970. */
export const NOW_MS = START * 1000;
/** Milliseconds. */
export const SECOND_MS = 1_000, MINUTE_MS = 60_000, HOUR_MS = 3_600_000, DAY_MS = 24 * HOUR_MS;

/** Every kind of failure. */
export const FAILURES: readonly RelayFailure[] = [
  "unreachable",
  "connect-timeout",
  "no-answer",
  "no-ok",
  "disconnected",
  "flood",
  "junk",
  ...PREFIXES,
  "closed",
];

/** A record that differs from an unknown relay's in this. */
export function recordOf(known: Partial<RelayRecord>): RelayRecord {
  return { ...UNKNOWN_RELAY, ...known };
}

const count = fc.nat({ max: 1_000 });
const time = fc.oneof(
  fc.constant(0),
  fc.integer({ min: NOW_MS - 100 * DAY_MS, max: NOW_MS + DAY_MS }),
);
const share = fc.nat({ max: 200_000 }).map((n) => n / 1000);
const timing = fc.record({ mean: share, dev: share }, { noNullPrototype: true });
const limit = fc.integer({ min: 1, max: 1_000_000 });

/** Any record that can occur. */
export const records: fc.Arbitrary<RelayRecord> = fc.record({
  attempts: count,
  successes: count,
  failures: fc.dictionary(fc.constantFrom(...FAILURES), fc.integer({ min: 1, max: 99 }), {
    noNullPrototype: true,
  }),
  inARow: fc.nat({ max: 20 }),
  unproven: fc.nat({ max: 20 }),
  downSince: time,
  outageSince: time,
  lastSuccess: time,
  answeredAt: time,
  lastFailure: time,
  retryAt: time,
  noEose: fc.nat({ max: 5 }),
  inVain: fc.nat({ max: 5 }),
  events: count,
  hits: share,
  misses: share,
  learnedAt: time,
  limits: fc.record(
    { maxFilters: limit, maxLimit: limit, cutAt: limit, authRequired: fc.boolean() },
    { requiredKeys: [], noNullPrototype: true },
  ),
  infoAt: time,
  reports: fc.constantFrom(0.3, 1),
  reportedAt: time,
  connectMs: timing,
  eoseMs: timing,
  lastProof: fc.constantFrom(...ANSWER_PROOFS),
}, { noNullPrototype: true })
  .chain((record) =>
    fc.boolean().map((isTimed) => {
      if (isTimed) return record;
      const { connectMs: _, eoseMs: __, lastProof: ___, ...untimed } = record;
      return untimed;
    })
  );

/** One call of the store that waits for the test. */
export interface HeldCall {
  /** What is to be written; absent for a read. */
  readonly records?: ReadonlyMap<string, string>;
  readonly go: () => void;
  readonly fail: (error: Error) => void;
}

/** Records of one topic, as a database would hold them. */
export class RecordMap implements RecordStore {
  /** The stored records, the latest written at the end. */
  readonly records: Map<string, string>;
  /** What was written, call by call. */
  readonly writes: ReadonlyMap<string, string>[] = [];
  /** The topics that were read or written. */
  readonly topics = new Set<RecordTopic>();
  /** How often the records were read. */
  reads = 0;
  /** Whether calls wait for the test. */
  held = false;
  /** The calls that wait, oldest first. */
  readonly calls: HeldCall[] = [];
  /** The error of every call; absent if calls work. */
  broken?: Error;

  constructor(records: Iterable<readonly [string, string]> = []) {
    this.records = new Map(records);
  }

  async readRecords(topic: RecordTopic): Promise<ReadonlyMap<string, string>> {
    this.reads++;
    this.topics.add(topic);
    await this.#turn();
    return new Map([...this.records].reverse());
  }

  async writeRecords(topic: RecordTopic, records: ReadonlyMap<string, string>): Promise<void> {
    this.topics.add(topic);
    await this.#turn(records);
    this.writes.push(records);
    for (const [url, record] of records) {
      this.records.delete(url);
      if (record !== "") this.records.set(url, record);
    }
  }

  async #turn(records?: ReadonlyMap<string, string>): Promise<void> {
    if (this.broken) throw this.broken;
    if (!this.held) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.calls.push({ records, go: resolve, fail: reject });
    await promise;
  }
}
