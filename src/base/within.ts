/**
 * Waits for a promise, but not for longer than it may take.
 *
 * @module
 */

import { onAbort } from "./abortable.ts";
import { type Clock, sleep } from "./clock.ts";

/**
 * What the promise resolves with; `undefined` if that takes over `ms` milliseconds, or the signal
 * is aborted first. The promise goes on; if it rejects later, that counts as handled.
 */
export async function within<T>(
  promise: Promise<T>,
  clock: Clock,
  ms: number,
  signal?: AbortSignal,
): Promise<T | undefined> {
  const waiting = new AbortController();
  const release = onAbort(signal, () => waiting.abort());
  const late = sleep(clock, ms, waiting.signal).then(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    release();
    waiting.abort();
  }
}
