/**
 * Abort signals: what to do when one is aborted, and waiting that can be given up.
 *
 * @module
 */

/**
 * Calls `run` once when the signal is aborted, at once where it is aborted already.
 *
 * @returns Lets go of the signal, so that `run` is not called any longer and a signal that
 * outlives its listeners keeps none of them.
 *
 * @example A controller of one's own that a signal aborts, too
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
 * Waits for a promise until the signal is aborted, and rejects with the signal's reason
 * then. Others may wait for the same promise: what comes of it later is handled, so that a
 * late rejection is no unhandled one.
 */
export function abortable<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const release = onAbort(signal, () => reject(signal.reason));
  return Promise.race([aborted, promise]).finally(release);
}
