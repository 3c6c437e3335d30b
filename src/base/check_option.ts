/**
 * Checks options, and shows values in errors.
 *
 * @module
 */

/**
 * The value of an integer option, or its default.
 *
 * @throws {RangeError} If it is not an integer of at least `min`.
 */
export function integer(
  name: string,
  value: number | undefined,
  fallback: number,
  min: number,
): number {
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new RangeError(
    `Cannot use option "${name}": it must be an integer >= ${min}, got ${show(value)}`,
  );
}

/**
 * Checks an option that must be a function or absent.
 *
 * @throws {TypeError} If it is anything else.
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
