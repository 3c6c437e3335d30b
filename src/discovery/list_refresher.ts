/**
 * Keeps the lists of the people in live feeds fresh.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";

/** What a {@link ListRefresher} needs. */
export interface ListRefresherOptions {
  readonly clock: Clock;
  /** A random number in [0, 1). */
  readonly random: () => number;
  /** Whether somebody's list is to be requested again. */
  readonly isDue: (pubkey: string) => boolean;
  /** Requests the lists of these people again. */
  readonly refresh: (pubkeys: readonly string[]) => void;
}

/** Time between two checks of who is due, give or take a quarter. */
const CHECK_INTERVAL_MS = 60_000;
/** Most people who are refreshed at a time: after 100 minutes 100,000 had their turn. */
const MAX_PEOPLE_PER_CHECK = 1_000;

/** Checks all watched people with one timer. */
export class ListRefresher {
  readonly #options: ListRefresherOptions;
  /** How many watches include each person; those who were refreshed last are at the end. */
  readonly #watches = new Map<string, number>();
  #cancel?: () => void;

  constructor(options: ListRefresherOptions) {
    this.#options = options;
  }

  /** Keeps these people's lists fresh until the returned function is called. */
  watch(pubkeys: Iterable<string>): () => void {
    const people = new Set(pubkeys);
    for (const pubkey of people) {
      this.#watches.set(pubkey, (this.#watches.get(pubkey) ?? 0) + 1);
    }
    if (people.size > 0) this.#schedule();
    return () => {
      for (const pubkey of people) {
        const left = this.#watches.get(pubkey)! - 1;
        if (left > 0) this.#watches.set(pubkey, left);
        else this.#watches.delete(pubkey);
      }
      people.clear();
      if (this.#watches.size === 0) this.close();
    };
  }

  /** Stops the timer. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(): void {
    const { clock, random } = this.#options;
    this.#cancel ??= clock.after(CHECK_INTERVAL_MS * (0.75 + random() / 2), () => this.#check());
  }

  #check(): void {
    this.#cancel = undefined;
    const { isDue, refresh } = this.#options;
    const due: string[] = [];
    for (const pubkey of this.#watches.keys()) {
      if (isDue(pubkey)) due.push(pubkey);
      if (due.length === MAX_PEOPLE_PER_CHECK) break;
    }
    // People whose lists cannot be requested must not keep others from their turn.
    for (const pubkey of due) {
      const count = this.#watches.get(pubkey)!;
      this.#watches.delete(pubkey);
      this.#watches.set(pubkey, count);
    }
    this.#schedule();
    if (due.length > 0) refresh(due);
  }
}
