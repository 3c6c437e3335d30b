/**
 * Reports an outage of a store once, however many requests meet it.
 *
 * @module
 */

/** From the first failure of a store until it answers again; stands for nothing but itself. */
export interface Outage {
  /** When it began, in milliseconds since 1970. */
  readonly since: number;
}

/** The outage that an error was met in. */
const outages = new WeakMap<Error, Outage>();

/** Marks an error as met in an outage; returns it. */
export function markOutage<T>(error: T, outage: Outage): T {
  if (error instanceof Error) outages.set(error, outage);
  return error;
}

/** The outage in which an error, or a cause of it, was met. */
export function outageOf(error: unknown): Outage | undefined {
  let cause = error;
  // A chain of causes could be a loop.
  for (let depth = 0; depth < 10 && cause instanceof Error; depth++) {
    const outage = outages.get(cause);
    if (outage) return outage;
    cause = cause.cause;
  }
}

/** Passes errors on to `onError`, but of each outage only the first. */
export function oncePerOutage(onError: (error: Error) => void): (error: Error) => void {
  const reported = new WeakSet<Outage>();
  return (error) => {
    const outage = outageOf(error);
    if (outage && reported.has(outage)) return;
    if (outage) reported.add(outage);
    onError(error);
  };
}
