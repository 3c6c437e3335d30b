/**
 * A ledger on a network of relays that a test scripts, with a database that can be cut off.
 *
 * @module
 */

import type { NostrEvent } from "@nostrify/types";
import type { RecordStore, RecordTopic } from "../../src/base/record_store.ts";
import { Ledger, type LedgerOptions } from "../../src/ledger/ledger.ts";
import type { NewTarget } from "../../src/ledger/publication.ts";
import { RelayFailureError } from "../../src/nostr/errors.ts";
import { failureOf } from "../../src/relays/relay_replies.ts";
import { TestClock } from "../../testing/test_clock.ts";

/** What a relay does with an event: a reason to refuse it, `"away"`, `"hang"`, or `"ok"`. */
export type RelayAnswer = (event: NostrEvent) => string;

/** How long an attempt takes at a relay that hangs, in milliseconds. */
const HANG_MS = 10_000;

/** A store that keeps publications and no other records, and fails when a test says so. */
export class CutStore implements RecordStore {
  readonly texts = new Map<string, string>();
  /** How many writes succeed before all fail. */
  writesLeft = Infinity;
  /** Whether calls never answer. */
  hangs = false;
  writes = 0;

  async readRecords(topic: RecordTopic): Promise<Map<string, string>> {
    if (this.hangs) await new Promise(() => {});
    if (topic !== "publication") return new Map();
    return new Map(this.texts);
  }

  async writeRecords(topic: RecordTopic, records: ReadonlyMap<string, string>): Promise<void> {
    if (this.hangs) await new Promise(() => {});
    await Promise.resolve();
    if (topic !== "publication") return;
    if (this.writesLeft <= 0) throw new Error("disk full");
    this.writesLeft--;
    this.writes++;
    for (const [key, text] of records) {
      if (text === "") this.texts.delete(key);
      else this.texts.set(key, text);
    }
  }
}

/** A ledger and its relays. */
export class PublishingWorld {
  readonly clock: TestClock = new TestClock();
  readonly store: CutStore = new CutStore();
  readonly errors: Error[] = [];
  /** What each relay does; one that is not named takes everything. */
  readonly answers = new Map<string, RelayAnswer>();
  /** The ids that each relay has, in the order in which they came, doubles included. */
  readonly held = new Map<string, string[]>();
  /** Offers that are under way, and how many were so at once for one relay and event. */
  readonly underWay = new Map<string, number>();
  mostUnderWay = 0;
  /** Every offer, also of those that failed: relay, id, time. */
  readonly offers: { readonly relay: string; readonly id: string; readonly at: number }[] = [];
  /** Called before each offer. */
  onOffer: (relay: string, event: NostrEvent) => void = () => {};
  /** How long an offer takes, in milliseconds. */
  latency = 0;

  /** A ledger over the same store, as after a restart. */
  ledger(options: Partial<LedgerOptions> = {}): Ledger {
    // A program that was killed offers nothing any more.
    const epoch = ++this.#epoch;
    return new Ledger({
      clock: this.clock,
      random: () => 0.5,
      backend: this.store,
      onError: (error) => this.errors.push(error),
      send: (url, event) => epoch === this.#epoch ? this.#offer(url, event) : new Promise(() => {}),
      days: 7,
      ...options,
    });
  }

  /** Kills the program: nothing that it still does has an effect. */
  kill(): void {
    this.#epoch++;
  }

  #epoch = 0;

  async #offer(relay: string, event: NostrEvent): Promise<void> {
    this.onOffer(relay, event);
    this.offers.push({ relay, id: event.id, at: this.clock.now() });
    const key = `${relay} ${event.id}`;
    const count = (this.underWay.get(key) ?? 0) + 1;
    this.underWay.set(key, count);
    this.mostUnderWay = Math.max(this.mostUnderWay, count);
    if (this.latency > 0) {
      await new Promise<void>((resolve) => void this.clock.after(this.latency, resolve));
    } else await Promise.resolve();
    this.underWay.set(key, count - 1);
    const answer = this.answers.get(relay)?.(event) ?? "ok";
    if (answer === "ok") {
      this.held.set(relay, [...this.held.get(relay) ?? [], event.id]);
      return;
    }
    if (answer === "hang") {
      await new Promise<void>((resolve) => void this.clock.after(HANG_MS, resolve));
    }
    if (answer === "away" || answer === "hang") {
      throw new RelayFailureError(relay, "unreachable", "no connection");
    }
    const cause = new Error(answer);
    throw new RelayFailureError(relay, failureOf(answer), answer, { cause });
  }
}

/** Targets that are the author's own relays. */
export function own(...relays: string[]): NewTarget[] {
  return relays.map((relay) => ({ relay, why: "own" }));
}
