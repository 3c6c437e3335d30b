/**
 * Listens to abort signals, and makes waiting abortable.
 *
 * @module
 */

/**
 * Calls `run` once when the signal is aborted; at once if it is aborted already.
 *
 * @returns Removes the listener: `run` is not called any more, and a long-lived signal does
 * not keep it in memory.
 *
 * @example A controller that a signal aborts, too
 * ```ts
 * import assert from "node:assert/strict";
 * import { onAbort } from "./abortable.ts";
 *
 * const outer = new AbortController();
 * const own = new AbortController();
 * const release = onAbort(outer.signal, () => own.abort(outer.signal.reason));
 * outer.abort();
 * release();
 * assert.ok(own.signal.aborted);
 * ```
 */
export function onAbort(signal: AbortSignal | undefined, run: () => void): () => void {
  if (!signal) return () => {};
  if (signal.aborted) {
    run();
    return () => {};
  }
  signal.addEventListener("abort", run, { once: true });
  return () => signal.removeEventListener("abort", run);
}

/**
 * Waits for a promise, but rejects with the signal's reason as soon as the signal is
 * aborted. Others may wait for the same promise. If it rejects later, that counts as handled.
 */
export function abortable<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const release = onAbort(signal, () => reject(signal.reason));
  return Promise.race([aborted, promise]).finally(release);
}
