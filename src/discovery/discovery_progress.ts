/**
 * Counts how far the search for lists has come, for apps that show it.
 *
 * @module
 */

import { BoundedMap } from "../base/bounded_map.ts";
import type { Clock } from "../base/clock.ts";

/** People by the state of their lists; each person counts once for each kind of list. */
export interface DiscoveryProgress {
  /** People who already had a list when it was first needed. */
  readonly known: number;
  /** People whose list was or is requested from relays, whatever the result. */
  readonly asked: number;
  /** People whose list was found. */
  readonly found: number;
  /** People who have no list, as far as relays answered. */
  readonly missing: number;
}

/** How a {@link ProgressCounter} reports. */
export interface ProgressCounterOptions {
  readonly clock: Clock;
  /** Called with the counts after changes, at most every 100 milliseconds. */
  readonly onProgress?: (progress: DiscoveryProgress) => void;
  /** Called with what `onProgress` throws. */
  readonly onError: (error: Error) => void;
}

/** Shortest time between two reports, unless a caller wants one. */
const REPORT_INTERVAL_MS = 100;
/** Most people who are remembered for one kind of list; others count again if they return. */
const MAX_REMEMBERED_PEOPLE = 100_000;

/** The state of one person's list. */
export type ListState = keyof DiscoveryProgress;

/** Counts people, each once. */
export class ProgressCounter {
  readonly #options: ProgressCounterOptions;
  /** By kind and pubkey. */
  readonly #states = new Map<number, BoundedMap<string, ListState>>();
  readonly #counts: Record<ListState, number> = { known: 0, asked: 0, found: 0, missing: 0 };
  #reportedAt = -Infinity;
  #hasNews = false;

  constructor(options: ProgressCounterOptions) {
    this.#options = options;
  }

  /** The counts so far. */
  get progress(): DiscoveryProgress {
    return { ...this.#counts };
  }

  /**
   * Sets the state of somebody's list. `known` and `asked` keep counting whatever follows;
   * of `found` and `missing` the last one counts.
   */
  set(kind: number, pubkey: string, state: ListState): void {
    const states = this.#statesOf(kind);
    const before = states.get(pubkey);
    const isResult = state === "found" || state === "missing";
    if (before === state || before === "known" || (before !== undefined && !isResult)) return;
    if (before === "found" || before === "missing") this.#counts[before]--;
    this.#counts[state]++;
    states.set(pubkey, state);
    this.#hasNews = true;
    const sinceReport = Math.abs(this.#options.clock.now() - this.#reportedAt);
    if (sinceReport >= REPORT_INTERVAL_MS) this.report();
  }

  /** Calls `onProgress` if anything has changed since the last call. */
  report(): void {
    if (!this.#hasNews) return;
    this.#hasNews = false;
    this.#reportedAt = this.#options.clock.now();
    try {
      this.#options.onProgress?.(this.progress);
    } catch (cause) {
      this.#options.onError(new Error("Cannot report the progress of discovery", { cause }));
    }
  }

  #statesOf(kind: number): BoundedMap<string, ListState> {
    let states = this.#states.get(kind);
    if (!states) {
      states = new BoundedMap({ max: MAX_REMEMBERED_PEOPLE });
      this.#states.set(kind, states);
    }
    return states;
  }
}
