/**
 * How far the search for lists has come, for apps that show it.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";

/** People by what is known of their lists; each counts once for each kind of list. */
export interface DiscoveryProgress {
  /** Those who had a list already when it was first wanted. */
  readonly known: number;
  /** Those for whom relays are asked or were, whatever comes of it. */
  readonly asked: number;
  /** Those whose list was found. */
  readonly found: number;
  /** Those who have none, as far as relays answered. */
  readonly missing: number;
}

/** What a tally tells, and to whom. */
export interface TallyOptions {
  readonly clock: Clock;
  readonly onProgress?: (progress: DiscoveryProgress) => void;
  /** Told of what `onProgress` throws. */
  readonly onError: (error: Error) => void;
}

/** How often progress is told of at the most, in milliseconds. */
const OFTEN = 100;
/** Most people of one kind of list who are remembered; the oldest count anew if they come again. */
const MOST_PEOPLE = 100_000;

/** What became of one person. */
export type Fate = keyof DiscoveryProgress;

/** Counts people, each once. */
export class Tally {
  readonly #options: TallyOptions;
  /** By kind and pubkey. */
  readonly #fates = new Map<number, Map<string, Fate>>();
  readonly #counts: Record<Fate, number> = { known: 0, asked: 0, found: 0, missing: 0 };
  #toldAt = -Infinity;
  #isTold = true;

  /** Counts nobody yet. */
  constructor(options: TallyOptions) {
    this.#options = options;
  }

  /** The counts so far. */
  get progress(): DiscoveryProgress {
    return { ...this.#counts };
  }

  /**
   * Something became of somebody's list. Who had one, or was asked for, stays so; of what
   * was found and what was not, the last counts.
   */
  enter(kind: number, pubkey: string, fate: Fate): void {
    let fates = this.#fates.get(kind);
    if (!fates) this.#fates.set(kind, fates = new Map());
    const before = fates.get(pubkey);
    const isAnswer = fate === "found" || fate === "missing";
    if (before === fate || before === "known" || (before !== undefined && !isAnswer)) return;
    if (before === "found" || before === "missing") this.#counts[before]--;
    this.#counts[fate]++;
    fates.set(pubkey, fate);
    if (fates.size > MOST_PEOPLE) fates.delete(fates.keys().next().value!);
    this.#isTold = false;
    if (Math.abs(this.#options.clock.now() - this.#toldAt) >= OFTEN) this.report();
  }

  /** Tells what has changed since it was last told, if anything has. */
  report(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#toldAt = this.#options.clock.now();
    try {
      this.#options.onProgress?.(this.progress);
    } catch (cause) {
      this.#options.onError(new Error("Cannot tell how far discovery has come", { cause }));
    }
  }
}
