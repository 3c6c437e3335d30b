/**
 * Waiting by a clock.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** Waits for so many milliseconds; less if the signal is aborted, which is no error. */
export async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => resolve();
  const cancel = clock.after(ms, wake);
  signal.addEventListener("abort", wake, { once: true });
  await promise;
  signal.removeEventListener("abort", wake);
  cancel();
}
