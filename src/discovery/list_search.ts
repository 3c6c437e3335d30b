/**
 * The search for one person's list of one kind.
 *
 * @module
 */

import { abortable } from "../base/abortable.ts";
import type { Clock } from "../base/clock.ts";
import { startIdleTimeout } from "../base/idle_timeout.ts";
import type { WorkTime } from "../base/workload.ts";

/**
 * The result of a search; `unknown` if too few relays answered to say that there is no
 * list.
 */
export type Verdict = "found" | "none" | "unknown";

/** How one relay's part of a search ended. */
export type Outcome =
  /** It answered, and nothing was cut off. */
  | "complete"
  /** It answered, and something may have been cut off. */
  | "cut"
  /** It did not answer, or may not be asked. */
  | "failed"
  /** It was not asked, as no caller wanted the list any longer. */
  | "abandoned";

/** Hears of a search. */
export interface SearchListener {
  /** Called once, when there is a list or the search is over. */
  readonly settled?: () => void;
  /** Called when the search is over. */
  readonly over?: (verdict: Verdict, search: ListSearch) => void;
}

/** The state of a search. `SearchRounds` advances it. */
export class ListSearch {
  /** The kind of the list. */
  readonly kind: number;
  /** The author of the list. */
  readonly pubkey: string;
  /** Those who hear of the search. */
  readonly listeners: Set<SearchListener> = new Set();
  /** How many callers still want the list. */
  callers = 0;
  /** Whether a list is stored already; the search then looks for a newer one. */
  hasList: boolean;
  /** The relays of the first round. */
  firstRelays: readonly string[] = [];
  /** The index of the current round. */
  round = 0;
  /** How many relays the next round waits for. */
  pending = 0;
  /** How many relays have not finished, including the late ones. */
  unfinished = 0;
  /** The id of the list that was found last. */
  foundId?: string;
  /** Whether a relay had a list. */
  found = false;
  /** How many indexers answered. */
  #answered = 0;
  /** How many of them answered completely. */
  #complete = 0;
  /** Whether a list may exist that was not requested. */
  #isInconclusive = false;
  #isSettled: boolean;

  /** `hasList`: whether a list is stored already, so that nobody waits. */
  constructor(kind: number, pubkey: string, hasList: boolean) {
    this.kind = kind;
    this.pubkey = pubkey;
    this.hasList = hasList;
    this.#isSettled = hasList;
  }

  /** Records how a relay's part ended. Only indexers can prove that there is no list. */
  record(outcome: Outcome, isIndexer: boolean): void {
    if (outcome === "abandoned") this.#isInconclusive = true;
    if (!isIndexer) return;
    if (outcome !== "failed") this.#answered++;
    if (outcome === "complete") this.#complete++;
  }

  /** Whether an indexer answered completely: unless a list was found, there may be none. */
  get hasCompleteAnswer(): boolean {
    return this.#complete > 0;
  }

  /** Ends the waiting: there is a list, or nothing left to wait for. */
  settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    for (const listener of [...this.listeners]) {
      listener.settled?.();
      if (!listener.over) this.listeners.delete(listener);
    }
  }

  /** Ends the search. */
  end(verdict: Verdict): void {
    this.settle();
    for (const listener of [...this.listeners]) listener.over?.(verdict, this);
    this.listeners.clear();
  }

  /** Whether callers may wait for it: there is no list yet. */
  get isAwaited(): boolean {
    return !this.#isSettled;
  }

  /**
   * The result. `none` takes the complete answer of one indexer, or of two if two
   * answered.
   */
  get verdict(): Verdict {
    if (this.found) return "found";
    if (this.#isInconclusive || this.#complete === 0) return "unknown";
    return this.#complete >= Math.min(2, this.#answered) ? "none" : "unknown";
  }
}

/** What {@link waitFor} waits for. */
export interface WaitOptions {
  readonly clock: Clock;
  /** Gives the searches up for this caller. */
  readonly signal?: AbortSignal;
  /** Most milliseconds to wait in which the program is not behind. Absent: as long as it takes. */
  readonly wait?: number;
  /** @default the program is never behind */
  readonly workload?: WorkTime;
  /** Called with each search that is over. Absent: waits only until each is settled. */
  readonly onOver?: (verdict: Verdict, search: ListSearch) => void;
}

/**
 * Waits for searches. Each search must count this caller already.
 *
 * @throws The signal's reason.
 */
export async function waitFor(
  searches: readonly ListSearch[],
  { clock, signal, wait, workload, onOver }: WaitOptions,
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
  const cancel = wait === undefined ? () => {} : startIdleTimeout(clock, wait, workload, resolve);
  try {
    await abortable(promise, signal);
  } catch (error) {
    for (const search of searches) search.callers--;
    throw error;
  } finally {
    cancel();
    // Searches let go of those whom they have called.
    if (left > 0) { for (const { listeners } of awaited) listeners.delete(listener); }
  }
}
