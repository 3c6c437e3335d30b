/**
 * Reads the reports of relay monitors (NIP-66) in the background, and passes them to the memory of
 * relays as far as they are believed.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { Clock } from "../base/clock.ts";
import { MONITOR_KIND, RELAY_REPORT_KIND } from "../nostr/kinds.ts";
import { monitorFactors, readMonitorReports } from "./monitor_reports.ts";
import type { RelayMemory } from "./relay_memory.ts";

/** Dependencies of a {@link MonitorReader}. */
export interface MonitorReaderOptions {
  /** Pubkeys of the monitors whose reports count; without any, nothing is read. */
  readonly monitors: readonly string[];
  readonly clock: Clock;
  readonly memory: RelayMemory;
  /** Queries relays that may have the reports. */
  readonly query: (filters: NostrFilter[]) => Promise<NostrEvent[]>;
  readonly onError: (error: Error) => void;
}

/** How often reports are read, and how old they may be. */
const READ_INTERVAL_MS = 86_400_000;
/** Most relays that are judged. */
const MAX_JUDGED_RELAYS = 10_000;

/** Keeps the reports, and judges candidate relays by them. */
export class MonitorReader {
  readonly #options: MonitorReaderOptions;
  /**
   * The candidates, and how many users list each. When the map is full, further ones are left out
   * instead of driving others out: those that were judged stay judged.
   */
  readonly #usersByRelay = new Map<string, number>();
  /** Absent until they are read; until then the memory's older reports count. */
  #events?: readonly NostrEvent[];
  #readAt = -Infinity;
  #judgedCount = 0;

  constructor(options: MonitorReaderOptions) {
    this.#options = options;
  }

  /** Adds candidate relays, and how many users list each. */
  meet(relays: Iterable<readonly [url: string, users: number]>): void {
    if (this.#options.monitors.length === 0) return;
    for (const [url, users] of relays) {
      if (this.#usersByRelay.size >= MAX_JUDGED_RELAYS) return;
      this.#usersByRelay.set(url, Math.max(users, this.#usersByRelay.get(url) ?? 0));
    }
  }

  /**
   * Starts reading reports if that was not done for a day, and judges new relays. Does not wait.
   */
  refresh(): void {
    const { monitors, clock, onError } = this.#options;
    if (monitors.length === 0) return;
    const now = clock.now();
    if (Math.abs(now - this.#readAt) > READ_INTERVAL_MS) {
      this.#readAt = now;
      this.#read().catch((cause: unknown) => {
        onError(new Error("Cannot read the reports of relay monitors", { cause }));
      });
    }
    if (this.#events && this.#usersByRelay.size > this.#judgedCount) this.#judge(this.#events);
  }

  async #read(): Promise<void> {
    const { monitors, clock, query } = this.#options;
    const since = Math.floor((clock.now() - READ_INTERVAL_MS) / 1000);
    const authors = [...monitors];
    this.#events = await query([
      { kinds: [RELAY_REPORT_KIND], authors, since },
      { kinds: [MONITOR_KIND], authors, limit: authors.length },
    ]);
    this.#judge(this.#events);
  }

  /** Judges all relays again, since it matters how many seem dead. */
  #judge(events: readonly NostrEvent[]): void {
    const { monitors, memory } = this.#options;
    this.#judgedCount = this.#usersByRelay.size;
    // As of the time of reading: later reports are not known.
    const now = Math.floor(this.#readAt / 1000);
    const reports = readMonitorReports(events, { monitors, now });
    const factors = monitorFactors(reports, this.#usersByRelay);
    for (const url of this.#usersByRelay.keys()) memory.report(url, factors.get(url) ?? 1);
  }
}
