/**
 * Checks the options that an app sets.
 *
 * @module
 */

/**
 * An integer option, or its default.
 *
 * @throws {RangeError} If it is no integer >= `least`.
 */
export function integer(
  name: string,
  value: number | undefined,
  fallback: number,
  least: number,
): number {
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(
    `Cannot use option "${name}": it must be an integer >= ${least}, got ${show(value)}`,
  );
}

/**
 * Checks an option that is a function, or absent.
 *
 * @throws {TypeError} If an optional function is something else.
 */
export function checkFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === "function") return;
  throw new TypeError(`Cannot use option "${name}": it must be a function, got ${show(value)}`);
}

/**
 * A value as errors show it: at most 200 of its characters, and only the type of what is not a
 * primitive, since strangers send objects that cannot be made strings.
 */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 200));
  const isPrimitive = value === null || !["object", "function", "symbol"].includes(typeof value);
  return isPrimitive ? String(value).slice(0, 200) : `a value of type ${typeof value}`;
}
