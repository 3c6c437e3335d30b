/**
 * The search for one person's list of one kind.
 *
 * @module
 */

import { abortable } from "../base/abortable.ts";
import type { Clock } from "../base/clock.ts";

/** What a search came to: `unknown` where too few relays answered to say that there is none. */
export type Verdict = "found" | "none" | "unknown";

/** What one relay did for a search. */
export type Outcome =
  /** It answered, and nothing was cut off. */
  | "complete"
  /** It answered, and something may have been cut off. */
  | "cut"
  /** It did not answer, or may not be asked. */
  | "failed"
  /** It was not asked, since nobody wanted the list any more. */
  | "unwanted"
  /** What it answered could not be stored. */
  | "unstored";

/** Who is told of a search. */
export interface SearchListener {
  /** There is a list, or the search is over. Told once. */
  readonly settled?: () => void;
  /** The search is over. */
  readonly over?: (verdict: Verdict, search: ListSearch) => void;
}

/** Its state; who asks relays moves it on. */
export class ListSearch {
  /** The kind of the list. */
  readonly kind: number;
  /** Whose list it is. */
  readonly pubkey: string;
  /** Who is told. */
  readonly listeners: Set<SearchListener> = new Set();
  /** How many callers want it still. */
  callers = 0;
  /** Whether there is a list: it is looked whether there is a newer one. */
  hasList: boolean;
  /** The relays of the first round. */
  first: readonly string[] = [];
  /** Which round it is, counted from 0. */
  round = 0;
  /** How many relays are to be waited for before the next round. */
  open = 0;
  /** How many relays are being asked, those that are late among them. */
  asking = 0;
  /** The id of the list that was found last. */
  foundId?: string;
  /** Whether a relay had a list. */
  found = false;
  /** How many indexers answered. */
  #answered = 0;
  /** How many of them answered completely. */
  #complete = 0;
  /** Whether there may be a list that could not be stored, or was not asked for. */
  #isLost = false;
  #isSettled: boolean;

  /** `hasList`: whether there is one already, so that nobody waits. */
  constructor(kind: number, pubkey: string, hasList: boolean) {
    this.kind = kind;
    this.pubkey = pubkey;
    this.hasList = hasList;
    this.#isSettled = hasList;
  }

  /** A relay is done; whether there is nothing, answers of indexers alone can say. */
  answered(outcome: Outcome, isIndexer: boolean): void {
    if (outcome === "unstored" || outcome === "unwanted") this.#isLost = true;
    if (!isIndexer) return;
    if (outcome !== "failed") this.#answered++;
    if (outcome === "complete") this.#complete++;
  }

  /** Whether an indexer answered completely, and had none. */
  get isDoubtful(): boolean {
    return this.#complete > 0;
  }

  /** There is a list, or there is no more to wait for. */
  settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    for (const listener of [...this.listeners]) listener.settled?.();
  }

  /** It is over. */
  end(verdict: Verdict): void {
    this.settle();
    for (const listener of [...this.listeners]) listener.over?.(verdict, this);
  }

  /** Whether it is waited for: there is no list yet. */
  get isAwaited(): boolean {
    return !this.#isSettled;
  }

  /**
   * What it came to. To say that somebody has none takes the complete answer of one
   * indexer, of two if two answered.
   */
  get verdict(): Verdict {
    if (this.found) return "found";
    if (this.#isLost || this.#complete === 0) return "unknown";
    return this.#complete >= Math.min(2, this.#answered) ? "none" : "unknown";
  }
}

/** What {@link waitFor} waits for. */
export interface WaitOptions {
  readonly clock: Clock;
  /** Gives the searches up, as far as this caller goes. */
  readonly signal?: AbortSignal;
  /** Most milliseconds to wait. Absent: as long as it takes. */
  readonly wait?: number;
  /** Told of each search that is over. Absent: until each is settled is long enough. */
  readonly onOver?: (verdict: Verdict, search: ListSearch) => void;
}

/**
 * Waits for searches, of each of which the caller is counted.
 *
 * @throws The reason of the signal.
 */
export async function waitFor(
  searches: readonly ListSearch[],
  { clock, signal, wait, onOver }: WaitOptions,
): Promise<void> {
  const awaited = onOver ? searches : searches.filter(({ isAwaited }) => isAwaited);
  let left = awaited.length;
  if (left === 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const settled = () => --left === 0 ? resolve() : undefined;
  const over = (verdict: Verdict, search: ListSearch) => {
    onOver?.(verdict, search);
    settled();
  };
  const listener = onOver ? { over } : { settled };
  for (const { listeners } of awaited) listeners.add(listener);
  const cancel = wait === undefined ? () => {} : clock.after(wait, resolve);
  try {
    await abortable(promise, signal);
  } catch (error) {
    for (const search of searches) search.callers--;
    throw error;
  } finally {
    cancel();
    for (const { listeners } of awaited) listeners.delete(listener);
  }
}
