/**
 * Checks options, and shows values in errors.
 *
 * @module
 */

import { nearestName } from "./nearest_name.ts";

/** The names of all options of an interface, which the compiler holds complete. */
export type OptionNames<T> = Readonly<Record<keyof T, true>>;

/**
 * Checks that an object of options has no option of a name that does not exist.
 *
 * @param prefix What stands before each name in errors, such as `policy.`.
 * @throws {TypeError} If it has one. The error names the option that is spelled most like it.
 */
export function checkNames(options: object, names: object, prefix = ""): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(names, name)) continue;
    throw new TypeError(
      `Cannot use option ${show(prefix + name)}: there is no option of that name; ` +
        `the nearest is "${prefix}${
          nearestName(name.slice(0, MAX_NAME_LENGTH), Object.keys(names))
        }"`,
    );
  }
}

/** Most characters of a wrong name that are compared with the right ones. */
const MAX_NAME_LENGTH = 100;

/** The options of these names alone. */
export function pickOptions<T extends object>(options: T, names: OptionNames<T>): T {
  const picked = (Object.keys(names) as (keyof T)[]).map((name) => [name, options[name]]);
  return Object.fromEntries(picked);
}

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
  const isRight = Number.isSafeInteger(value) && value >= min;
  checkOption(name, isRight, `be an integer >= ${min}`, value, RangeError);
  return value;
}

/**
 * Checks an option.
 *
 * @param rule What it must do, such as `be an object`.
 * @throws {TypeError} If it is not right; or another error.
 */
export function checkOption(
  name: string,
  isRight: boolean,
  rule: string,
  value: unknown,
  ErrorClass: new (message: string) => Error = TypeError,
): asserts isRight {
  if (isRight) return;
  throw new ErrorClass(`Cannot use option "${name}": it must ${rule}, got ${show(value)}`);
}

/**
 * Checks an option that must be a boolean or absent.
 *
 * @throws {TypeError} If it is anything else.
 */
export function checkBoolean(name: string, value: unknown): void {
  checkOption(name, ["undefined", "boolean"].includes(typeof value), "be a boolean", value);
}

/**
 * Checks an option that must be a function or absent.
 *
 * @throws {TypeError} If it is anything else.
 */
export function checkFunction(name: string, value: unknown): void {
  checkOption(name, ["undefined", "function"].includes(typeof value), "be a function", value);
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
