/**
 * Reads what monitors (NIP-66) report of relays, in the background, and hands it to
 * the memory as far as it may count.
 *
 * @module
 */

import type { NostrEvent, NostrFilter } from "@nostrify/types";
import type { Clock } from "../base/clock.ts";
import { MONITOR_KIND, RELAY_REPORT_KIND } from "../nostr/kinds.ts";
import { monitorFactors, readMonitorReports } from "./monitor_reports.ts";
import type { RelayMemory } from "./relay_memory.ts";

/** What a reader needs. */
export interface MonitorReaderOptions {
  /** Whose reports count. None: nothing is read. */
  readonly monitors: readonly string[];
  readonly clock: Clock;
  readonly memory: RelayMemory;
  /** Asks relays that may have the reports. */
  readonly query: (filters: NostrFilter[]) => Promise<NostrEvent[]>;
  readonly onError: (error: Error) => void;
}

/** How often reports are read, and how old they may be, in milliseconds: a day. */
const EVERY = 86_400_000;
/** Most relays that are judged. */
const MOST_RELAYS = 10_000;

/** Keeps reports, and judges the relays that come into question by them. */
export class MonitorReader {
  readonly #options: MonitorReaderOptions;
  /** The relays that came into question, and for how many people. */
  readonly #met = new Map<string, number>();
  /** Absent until they are read: what is remembered from before counts as long. */
  #events?: readonly NostrEvent[];
  #readAt = -Infinity;
  #judged = 0;

  constructor(options: MonitorReaderOptions) {
    this.#options = options;
  }

  /** Relays came into question, each for so many people. */
  meet(relays: Iterable<readonly [url: string, people: number]>): void {
    if (this.#options.monitors.length === 0) return;
    for (const [url, people] of relays) {
      if (this.#met.size >= MOST_RELAYS) return;
      this.#met.set(url, Math.max(people, this.#met.get(url) ?? 0));
    }
  }

  /** Has reports read once a day, and judges relays that are new. Waits for nothing. */
  refresh(): void {
    const { monitors, clock, onError } = this.#options;
    if (monitors.length === 0) return;
    const now = clock.now();
    if (Math.abs(now - this.#readAt) > EVERY) {
      this.#readAt = now;
      this.#read().catch((cause: unknown) => {
        onError(new Error("Cannot read the reports of relay monitors", { cause }));
      });
    }
    if (this.#events && this.#met.size > this.#judged) this.#judge(this.#events);
  }

  async #read(): Promise<void> {
    const { monitors, clock, query } = this.#options;
    const since = Math.floor((clock.now() - EVERY) / 1000);
    const authors = [...monitors];
    this.#events = await query([
      { kinds: [RELAY_REPORT_KIND], authors, since },
      { kinds: [MONITOR_KIND], authors, limit: authors.length },
    ]);
    this.#judge(this.#events);
  }

  /** Judges all relays anew: how many would be held for dead matters, too. */
  #judge(events: readonly NostrEvent[]): void {
    const { monitors, memory } = this.#options;
    this.#judged = this.#met.size;
    // As of when they were read: what monitors have said since is not known.
    const now = Math.floor(this.#readAt / 1000);
    const liveness = readMonitorReports(events, { monitors, now });
    const factors = monitorFactors(liveness, this.#met);
    for (const url of this.#met.keys()) memory.report(url, factors.get(url) ?? 1);
  }
}
