/**
 * Keeps the lists of people fresh that a live feed is about.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";

/** What a watch needs. */
export interface ListRefresherOptions {
  readonly clock: Clock;
  /** Dice in [0, 1). */
  readonly random: () => number;
  /** Whether somebody is to be asked for anew. */
  readonly isDue: (pubkey: string) => boolean;
  /** Asks for people anew. */
  readonly refresh: (pubkeys: readonly string[]) => void;
}

/** How often to look who is due, in milliseconds, give or take a quarter. */
const OFTEN = 60_000;
/** Most people who are asked for at a time: 100,000 have had their turn after 100 minutes. */
const MOST_AT_ONCE = 1_000;

/** People, and one timer for all of them. */
export class ListRefresher {
  readonly #options: ListRefresherOptions;
  /** How often each is watched; those who were asked for last at the end. */
  readonly #watched = new Map<string, number>();
  #cancel?: () => void;

  /** Watches nobody yet. */
  constructor(options: ListRefresherOptions) {
    this.#options = options;
  }

  /** Keeps these people's lists fresh, until the answer is called. */
  watch(pubkeys: Iterable<string>): () => void {
    const people = new Set(pubkeys);
    for (const pubkey of people) {
      this.#watched.set(pubkey, (this.#watched.get(pubkey) ?? 0) + 1);
    }
    if (people.size > 0) this.#wait();
    return () => {
      for (const pubkey of people) {
        const left = this.#watched.get(pubkey)! - 1;
        if (left > 0) this.#watched.set(pubkey, left);
        else this.#watched.delete(pubkey);
      }
      people.clear();
      if (this.#watched.size === 0) this.close();
    };
  }

  /** Ends the timer. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(): void {
    const { clock, random } = this.#options;
    this.#cancel ??= clock.after(OFTEN * (0.75 + random() / 2), () => this.#look());
  }

  #look(): void {
    this.#cancel = undefined;
    const { isDue, refresh } = this.#options;
    const due: string[] = [];
    for (const pubkey of this.#watched.keys()) {
      if (isDue(pubkey)) due.push(pubkey);
      if (due.length === MOST_AT_ONCE) break;
    }
    // Those who cannot be asked for are not to keep others from their turn.
    for (const pubkey of due) {
      const times = this.#watched.get(pubkey)!;
      this.#watched.delete(pubkey);
      this.#watched.set(pubkey, times);
    }
    this.#wait();
    if (due.length > 0) refresh(due);
  }
}
