/**
 * Two kinds of records behind one interface, so that each law of `PersistentMap` is tested
 * with both.
 *
 * @module
 */

import { PersistentMap, type PersistentMapOptions } from "../../src/base/persistent_map.ts";
import type { RecordStore, RecordTopic } from "../../src/base/record_store.ts";
import { UNKNOWN_RELAY } from "../../src/relays/relay_record.ts";
import {
  formatRelayRecord,
  parseRelayRecord,
  relayRecords,
} from "../../src/relays/relay_record_store.ts";
import { TestClock } from "../../testing/test_clock.ts";
import { NOW_MS, recordOf } from "./relay_records.ts";

type Options = Pick<PersistentMapOptions<unknown>, "clock" | "backend" | "onError" | "max">;

/** A kind of records that count their changes. */
export interface RecordKind {
  readonly topic: RecordTopic;
  /** What error messages call the records. */
  readonly name: string;
  /** The text of a record. */
  text(count: number, changedAt?: number): string;
  /** How often the record in a text was changed. */
  count(text: string | undefined): number | undefined;
  open(options: Options): {
    /** The records themselves, for what does not depend on the kind. */
    readonly records: PersistentMap<unknown>;
    /** Changes a record, or begins one. */
    bump(key: string): void;
    /** How often a record was changed. */
    count(key: string): number | undefined;
  };
}

const relays: RecordKind = {
  topic: "relay",
  name: "relays",
  text: (attempts, lastSuccess = NOW_MS) => formatRelayRecord(recordOf({ attempts, lastSuccess })),
  count: (text) => parseRelayRecord(text)?.attempts,
  open(options) {
    const records = relayRecords(options);
    return {
      records: records as PersistentMap<unknown>,
      bump(key) {
        records.change(key, (r) => ({ ...r, attempts: r.attempts + 1 }), UNKNOWN_RELAY);
      },
      count: (key) => records.get(key)?.attempts,
    };
  },
};

/** The simplest records: a number, and when it was changed. */
const numbers: RecordKind = {
  topic: "spread",
  name: "numbers",
  text: (count, changedAt = NOW_MS) => `${count} ${changedAt}`,
  count: (text) => text === undefined ? undefined : parse(text)?.count,
  open(options) {
    const records = new PersistentMap<Counted>({
      ...options,
      topic: "spread",
      name: "numbers",
      isKey: (key) => key.startsWith("wss://") && key.length <= 256,
      parse,
      format: ({ count, changedAt }) => `${count} ${changedAt}`,
      changedAt: ({ changedAt }) => changedAt,
    });
    return {
      records: records as PersistentMap<unknown>,
      bump(key) {
        records.change(key, (r) => ({ ...r, count: r.count + 1 }), { count: 0, changedAt: 0 });
      },
      count: (key) => records.get(key)?.count,
    };
  },
};

interface Counted {
  readonly count: number;
  readonly changedAt: number;
}

function parse(text: string): Counted | undefined {
  const [, count, changedAt] = /^(\d+) (\d+)$/.exec(text) ?? [];
  return count === undefined ? undefined : { count: +count, changedAt: +changedAt };
}

const RECORD_KINDS: readonly RecordKind[] = [relays, numbers];

/** Records of a kind, with a clock and a backend that a test controls. */
export function setUp(kind: RecordKind, backend?: RecordStore, max = 100) {
  const clock = new TestClock();
  const errors: Error[] = [];
  const onError = (error: Error) => errors.push(error);
  return { clock, errors, ...kind.open({ clock, backend, onError, max }) };
}

/** Tests a claim with records of each kind. */
export function law(claim: string, test: (kind: RecordKind) => Promise<void>): void {
  for (const kind of RECORD_KINDS) {
    Deno.test(`PersistentMap of ${kind.name} ${claim}`, () => test(kind));
  }
}
