/**
 * Fires when an answer has been silent for too long.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** A timer that runs this much too late shows that the program was busy. */
const BUSY_MS = 100;

/** What the timer watches. */
export interface Activity {
  /** When something was last received, in milliseconds since 1970. */
  readonly heardAt: () => number;
  /** Whether an answer is due: no relay is to blame while a REQ is not sent yet. */
  readonly isPending: () => boolean;
}

/**
 * Calls `act` once nothing has been received for `ms` milliseconds; the function it returns
 * cancels that.
 */
export function startInactivityTimer(
  clock: Clock,
  ms: number,
  { heardAt, isPending }: Activity,
  act: () => void,
): () => void {
  const arm = (wait: number): () => void => {
    const due = clock.now() + wait;
    return clock.after(wait, () => {
      const now = clock.now();
      // What came while the program did not run is read by the time that it has run as long.
      const stalledMs = now - due > BUSY_MS ? now - due : 0;
      // At most `ms`, or a clock that is set back would delay the timer for ever.
      const rest = isPending() ? Math.min(ms, Math.max(stalledMs, heardAt() + ms - now)) : ms;
      if (rest > 0) cancel = arm(rest);
      else act();
    });
  };
  let cancel = arm(ms);
  return () => cancel();
}
