/**
 * Waiting that can be given up.
 *
 * @module
 */

/**
 * Waits for what others may wait for, too: aborting ends this waiting alone. Whatever
 * comes of the promise after that is taken note of, so that its failure is no error.
 */
export function abortable<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  return Promise.race([aborted, promise])
    .finally(() => signal.removeEventListener("abort", abort));
}
