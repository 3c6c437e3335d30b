/**
 * Tells when nothing was heard of an answer for too long.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** What is listened to. */
export interface Activity {
  /** When something was last heard, in milliseconds since 1970. */
  readonly heardAt: () => number;
  /** Whether anything is to be heard: no relay is to blame for a REQ that was not sent yet. */
  readonly isPending: () => boolean;
}

/** A timer that comes so much too late, in milliseconds, shows a busy program, not a slow relay. */
const STALL = 500;

/** Runs `act` once nothing was heard for `ms` milliseconds; what it returns cancels that. */
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
      const isToBlame = isPending() && now - due <= STALL;
      // Not more than that, or a clock that is set back would stop the waiting.
      const rest = isToBlame ? Math.min(ms, heardAt() + ms - now) : ms;
      if (rest > 0) cancel = arm(rest);
      else act();
    });
  };
  let cancel = arm(ms);
  return () => cancel();
}
