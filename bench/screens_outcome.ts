/**
 * What one screen came to.
 *
 * @module
 */

import type { ScreenNetwork } from "./screens_network.ts";

/** Over all that was opened on the screen. Shares are of 1, times in seconds. */
export interface ScreenOutcome {
  /** Share found of what the screen's living relays hold: see `screens_oracle.ts`. */
  readonly found: number;
  /** Share found of what any living relay holds. */
  readonly foundOfAll: number;
  /** Share of what any living relay holds that the screen's relays hold. */
  readonly heldNear: number;
  /** Share of the threads of which nothing is missing that any living relay holds. */
  readonly whole: number;
  /** The same of what the screen's relays hold: nobody who asks these does better. */
  readonly wholeAtMost: number;
  /** Events received for each different one; of a reopened feed for each new one. */
  readonly moved: number;
  /** REQs, means over what is opened at once. */
  readonly reqs: number;
  /** Different relays that were opened or sent a REQ, the same. */
  readonly relays: number;
  /** Connections that were opened, the same. */
  readonly opened: number;
  /** Until the first page, or the median time until the first event. */
  readonly first: number;
  /** Until nine tenths of what was found were there; of a feed, what nine of ten later pages took. */
  readonly most: number;
}

/** The outcome of a client that cannot show the screen. */
export const NOT_MEASURED: ScreenOutcome = {
  found: NaN,
  foundOfAll: NaN,
  heldNear: NaN,
  whole: NaN,
  wholeAtMost: NaN,
  moved: NaN,
  reqs: NaN,
  relays: NaN,
  opened: NaN,
  first: NaN,
  most: NaN,
};

/** Seconds that the user looks at a page or a thread. */
const LOOK_S = 3;

/** The user looks at something for a while. */
export function look({ clock }: ScreenNetwork): Promise<void> {
  return new Promise((resolve) => clock.after(1000 * LOOK_S, resolve));
}

/** The share of some sets' members that others have, over all pairs together. */
export function share<T>(
  items: readonly T[],
  pair: (item: T) => [wanted: ReadonlySet<number>, had: ReadonlySetLike<number>],
): number {
  let wanted = 0, had = 0;
  for (const item of items) {
    const [all, some] = pair(item);
    wanted += all.size;
    for (const index of all) if (some.has(index)) had++;
  }
  return wanted > 0 ? had / wanted : 1;
}
