/**
 * Waiting that can be given up.
 *
 * @module
 */

/** Waits for what others may wait for, too: aborting ends this waiting alone. */
export function unlessAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([promise, aborted])
    .finally(() => signal.removeEventListener("abort", abort));
}
